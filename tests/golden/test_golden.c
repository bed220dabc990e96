/* test_golden.c - whole results as recorded: tests/golden/NAME.json gives NAME.txt.
 *
 * A line for each run, its events and hash, and of a variant's first one each headline metric.
 * Golden files freeze mistakes as well as results, so nothing is compared, or written, of a run
 * whose audit does not hold. WEIR_GOLDEN_WRITE=1 writes them anew: in a commit of their own that
 * says why results had to change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants the above first */
#include <cmocka.h>

#include "scenario/scenario.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER WEIR_SOURCE_DIR "/tests/golden/"

static const char *const names[] = {"everything"};

/* Whether a run may become, or be held against, what is recorded. */
static bool sound(const struct sim_record *r)
{
    return r != NULL && r->outcome == SIM_REACHED && r->audit_held && r->audit_count > 0;
}

static bool put_run(FILE *out, const struct sim_case *c, uint64_t seed, uint32_t replication)
{
    struct sim_error error;
    struct sim_world *w = sim_world_new(&c->plan, seed, replication, &error);
    struct sim_record *r = w ? sim_world_run(w, NULL, NULL) : NULL;
    bool good = sound(r);
    for (uint32_t i = 0; r && i < r->audit_count; i++)
        if (!r->audit[i].held)
            print_error("%s: audit: %s of %s: %s\n", c->name, r->audit[i].name,
                        r->audit[i].component, r->audit[i].text);
    if (good)
        fprintf(out, "%s/%u: %" PRIu64 " events, hash %016" PRIx64 "\n", c->name, replication,
                r->events, r->hash);
    for (uint32_t i = 0; good && replication == 0 && i < r->metric_count; i++) {
        const struct sim_metric *m = &r->metrics[i];
        if (m->headline)
            fprintf(out, "%s.%s.%s %.17g\n", m->component, m->meter, m->stat, m->value);
    }
    sim_record_free(r);
    sim_world_free(w);
    return good;
}

/* All runs of a file as text, malloc'd. */
static char *results(const char *path)
{
    struct sim_diagnostics found = {0};
    struct sim_load_options options = {0};
    char *text = NULL;
    size_t bytes = 0;
    struct sim_scenario *s = sim_scenario_load(path, &options, &found);
    sim_diagnostics_print(&found, stderr);
    sim_diagnostics_free(&found);
    assert_non_null(s);
    FILE *out = open_memstream(&text, &bytes);
    assert_non_null(out);
    for (uint32_t v = 0; v < s->variant_count; v++)
        for (uint32_t k = 0; k < s->replications; k++)
            if (!put_run(out, &s->variants[v], s->seed, k))
                fail_msg("%s: the run of \"%s\" is not sound: nothing is recorded or compared",
                         path, s->variants[v].name);
    fclose(out);
    sim_scenario_free(s);
    return text;
}

static void golden_runs_are_audited(void **state)
{
    (void)state;
    struct sim_record r = {.outcome = SIM_REACHED, .audit_held = true, .audit_count = 1};
    assert_true(sound(&r));
    r.audit_held = false;
    assert_false(sound(&r)); /* a call dropped in silence */
    r = (struct sim_record){.outcome = SIM_REACHED, .audit_held = true};
    assert_false(sound(&r)); /* nothing was looked at */
    r = (struct sim_record){.outcome = SIM_RUNAWAY, .audit_held = true, .audit_count = 1};
    assert_false(sound(&r));
}

static void results_are_those_recorded(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[1024], line[400], *text;
        snprintf(path, sizeof path, FOLDER "%s.json", names[i]);
        text = results(path);
        snprintf(path, sizeof path, FOLDER "%s.txt", names[i]);
        FILE *file = fopen(path, getenv("WEIR_GOLDEN_WRITE") ? "w+" : "r");
        if (!file)
            fail_msg("%s cannot be opened", path);
        if (getenv("WEIR_GOLDEN_WRITE"))
            fputs(text, file);
        rewind(file);
        const char *at = text;
        for (int number = 1; fgets(line, sizeof line, file); number++) {
            size_t n = strlen(line);
            if (strncmp(line, at, n) != 0)
                fail_msg("%s:%d: recorded is %snow it is %.*s", path, number, line,
                         (int)strcspn(at, "\n"), at);
            at += n;
        }
        if (*at)
            fail_msg("%s ends before %.*s", path, (int)strcspn(at, "\n"), at);
        fclose(file);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_runs_are_audited),
        cmocka_unit_test(results_are_those_recorded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
