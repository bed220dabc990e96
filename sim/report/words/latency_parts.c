/* latency_parts.c - prints the parts of the latency. */
#include "report/number.h"
#include "report/report.h"

#include "base/text.h"
#include "base/wrap.h"

#include <string.h>

enum { PARTS_PRINTED = 5 };

/* The attribution at p99 of the source with the most followed requests; NULL: there is none. */
static const struct sim_attributed *largest(const struct sim_aggregate *a)
{
    const struct sim_attributed *most = NULL;
    for (uint32_t i = 0; i < a->attributed_count; i++) {
        const struct sim_attributed *at = &a->attributed[i];
        if (strcmp(at->stat, "p99") == 0 && (!most || at->sampled > most->sampled))
            most = at;
    }
    return most;
}

static void print_parts(const char *name, const struct sim_attributed *a, unsigned columns,
                        FILE *out)
{
    char text[1024];
    size_t n = (size_t)snprintf(text, sizeof text, "%.100s: %s", name,
                                sim_number_human(a->latency.mean, "s").s);
    for (uint32_t k = 0; k < a->part_count && k < PARTS_PRINTED && n < sizeof text; k++) {
        double mean = a->parts[k].spent.mean;
        n += (size_t)snprintf(text + n, sizeof text - n, "%s %.60s %s %s (%.0f %%)",
                              k > 0 ? "," : " =", a->parts[k].component, a->parts[k].cause,
                              sim_number_human(mean, "s").s, 100 * mean / a->latency.mean);
    }
    if (a->part_count > PARTS_PRINTED && n < sizeof text)
        snprintf(text + n, sizeof text - n, ", %u more", a->part_count - PARTS_PRINTED);
    fputs("  ", out);
    sim_wrap_print(out, text, 4, 2, columns);
}

void sim_latency_parts_print(const struct sim_report *report, unsigned columns, FILE *out)
{
    const char *head = NULL;
    for (uint32_t at = 0; at < report->runs->case_count && !report->sweep; at++) {
        const struct sim_attributed *a = largest(&report->aggregates[at]);
        if (!a)
            continue;
        if (!head || strcmp(head, a->source) != 0)
            sim_tell(out, "Where the time of %s goes around the 99th percentile:\n", a->source);
        head = a->source;
        print_parts(report->runs->cases[at].name, a, columns, out);
    }
    if (head)
        fputc('\n', out);
}
