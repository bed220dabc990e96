/* page_checks.c - sections of the page: expectations, audit, warm-up, faults. */
#include "report/page/page_state.h"

#include "base/text.h"

#include <math.h>
#include <string.h>

/* ---- counting ------------------------------------------------------------------------------- */

struct tally {
    unsigned held, total;
};

static void count_verdict(struct tally *n, bool held)
{
    n->total++;
    n->held += held;
}

static struct tally count_expectations(const struct sim__page *page)
{
    struct tally n = {0, 0};
    const char *name;
    json_t *it, *claim;
    size_t i;
    json_object_foreach (page->cases, name, it)
        json_array_foreach (json_object_get(it, "expect"), i, claim)
            count_verdict(&n, sim__page_true(claim, "held"));
    return n;
}

static json_t *checks_of(json_t *it)
{
    return json_object_get(json_object_get(it, "audit"), "checks");
}

/* Counts the results of one check, or of all. */
static struct tally count_audit(const struct sim__page *page, const char *only)
{
    struct tally n = {0, 0};
    const char *name, *check;
    json_t *it, *count;
    json_object_foreach (page->cases, name, it) {
        json_object_foreach (checks_of(it), check, count) {
            if (only && strcmp(only, check) != 0)
                continue;
            n.total += sim__page_count(count, "checked");
            n.held += sim__page_count(count, "held");
        }
    }
    return n;
}

static json_t *warmups_of(json_t *it)
{
    return json_object_get(json_object_get(it, "warmup"), "mser5");
}

/* Counts the checked series and those with a long enough warm-up. */
static struct tally count_warmup(const struct sim__page *page)
{
    struct tally n = {0, 0};
    const char *name, *series;
    json_t *it, *said;
    json_object_foreach (page->cases, name, it)
        json_object_foreach (warmups_of(it), series, said)
            count_verdict(&n, sim__page_true(said, "enough"));
    return n;
}

/* Counts the stations with a judged closed form and those that agree with it. */
static struct tally count_theory(const struct sim__page *page)
{
    struct tally n = {0, 0};
    const char *name, *station;
    json_t *it, *said;
    json_object_foreach (page->cases, name, it)
        json_object_foreach (json_object_get(it, "theory"), station, said)
            if (json_is_boolean(json_object_get(said, "agrees")))
                count_verdict(&n, sim__page_true(said, "agrees"));
    return n;
}

/* ---- at a glance ---------------------------------------------------------------------------- */

static void glance(struct sim__page *page, struct tally n, const char *id, const char *what,
                   const char *held)
{
    if (n.total == 0)
        return;
    sim__page_put(page, "<li><a href=\"#%s\">%s</a>: ", id, what);
    sim__page_mark(page, n.held == n.total, "");
    sim__page_put(page, "%u of %u %s</li>\n", n.held, n.total, held);
}

void sim__page_glance(struct sim__page *page)
{
    const json_t *incomplete = json_object_get(page->summary, "incomplete");
    const json_t *until = json_object_get(page->summary, "until");
    sim__page_put(page, "<h2 id=\"glance\">At a glance</h2>\n<ul class=\"glance\">\n");
    if (incomplete) {
        sim__page_put(page, "<li>");
        sim__page_mark(page, false, "Incomplete:");
        sim__page_put(page, " %u of %u runs finished (%s). The numbers are of those.</li>\n",
                      sim__page_count(incomplete, "finished"), sim__page_count(incomplete, "of"),
                      sim__page_string(incomplete, "why"));
    }
    struct tally claims = count_expectations(page);
    glance(page, claims, "expectations", "Expectations", "held");
    if (claims.total == 0)
        sim__page_put(page, "<li>Expectations: none were judged</li>\n");
    glance(page, count_audit(page, NULL), "audit", "Audit", "checks held");
    glance(page, count_theory(page), "theory", "Theory", "stations agree with their closed form");
    glance(page, count_warmup(page), "warmup", "Warm-up", "series had settled when it ended");
    if (until) {
        double target = sim__page_double(until, "target");
        char text[80];
        snprintf(text, sizeof text, "±%s %%", sim_number_human(100 * target, "1").s);
        sim__page_put(page, "<li>Precision asked for, %s: ", text);
        bool reached = sim__page_true(until, "reached");
        sim__page_mark(page, reached, reached ? "reached" : "not reached");
        sim__page_put(page, "</li>\n");
    }
    sim__page_put(page, "</ul>\n");
}

/* ---- expectations --------------------------------------------------------------------------- */

/* A time of a span; with all digits if three are too few to distinguish it from the other. */
static struct sim_number time_of(double time, double other)
{
    struct sim_number text = sim_number_human(time, "s");
    if (fabs(time - other) < 0.01 * fmax(time, other))
        snprintf(text.s, sizeof text.s, "%s s", sim_number_text(time).s);
    return text;
}

static void put_claim(struct sim__page *page, const char *variant, const json_t *claim)
{
    bool held = sim__page_true(claim, "held");
    sim__page_put(page, "<tr class=\"%s\"><td class=\"t\">", held ? "held" : "failed");
    sim__page_mark(page, held, held ? "held" : "failed");
    sim__page_put(page, "</td><th scope=\"row\">%s</th><td class=\"t\"><code>%s</code>", variant,
                  sim__page_string(claim, "that"));
    double from = sim__page_double(claim, "from"), to = sim__page_double(claim, "to");
    if (!isnan(from))
        sim__page_put(page, " from %s", time_of(from, to).s);
    if (!isnan(to))
        sim__page_put(page, " to %s", time_of(to, from).s);
    sim__page_put(page, " <span class=\"bound\">%s</span></td>", sim__page_string(claim, "bound"));
    sim__page_estimate(page, claim, "observed", sim__page_string(claim, "unit"));
    sim__page_put(page, "<td class=\"t wide\">%s", sim__page_string(claim, "because"));
    const char *note = sim__page_string(claim, "note");
    if (*note)
        sim__page_put(page, " <em>Note: %s.</em>", note);
    sim__page_put(page, "</td></tr>\n");
}

void sim__page_expectations(struct sim__page *page)
{
    const char *name;
    json_t *it, *claim;
    size_t i;
    if (count_expectations(page).total == 0)
        return;
    sim__page_section(page, "expectations", "Expectations");
    sim__page_put(page,
                  "<p>The scenario says beforehand what should come out, and why. Failed ones "
                  "stand first. A note says where more replications would be needed to "
                  "tell.</p>\n");
    sim__page_put(page, "<div class=\"claims\">\n");
    sim__page_table(page, "Claims and what was observed");
    sim__page_column(page, "Verdict", "");
    sim__page_column(page, "Variant", "");
    sim__page_column(page, "Claim", "");
    sim__page_number_column(page, "Observed", "");
    sim__page_column(page, "Why it is expected", "");
    sim__page_rows(page);
    for (int held = 0; held < 2; held++) {
        json_object_foreach (page->cases, name, it) {
            json_array_foreach (json_object_get(it, "expect"), i, claim) {
                if (sim__page_true(claim, "held") == (held == 1))
                    put_claim(page, name, claim);
            }
        }
    }
    sim__page_table_end(page);
    sim__page_put(page, "</div>\n</section>\n");
}

/* ---- audit ---------------------------------------------------------------------------------- */

static const char *meaning_of(const char *check)
{
    static const char *const rows[][2] = {
        {"invariants", "what each model says must always hold of itself"},
        {"conservation", "what came to a component was answered, refused, lost, or is still there"},
        {"little", "Little's law: the mean number present is arrival rate times time there"},
        {"utilisation", "no server was busy more than all the time"},
        {"calls", "every attempt begun has ended or is still awaited"},
        {"requests", "requests sent have arrived, found nobody, were lost, or are on their way"},
        {"answers", "answers sent were awaited, unwanted, lost, or are on their way"},
        {"causality", "nothing happened before its cause"},
        {"operations", "calls with retries or hedges have ended or are still open"},
        {"stuck", "every open call has a timer or an attempt that can end it"},
        {"slots", "slots of concurrency limits taken are the attempts under way"},
        {"ledger", "what is booked is what the meters say, and line items add up to the total"},
        {"attribution", "the parts of a latency add up to it"},
        {"copies", "the register of copies says what walking the stores finds"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(rows[i][0], check) == 0)
            return rows[i][1];
    }
    return "";
}

static void put_failed_checks(struct sim__page *page)
{
    const char *name;
    json_t *it, *line;
    size_t i;
    sim__page_table(page, "Checks that failed");
    sim__page_column(page, "Variant", "");
    sim__page_column(page, "Check", "");
    sim__page_column(page, "Component", "");
    sim__page_number_column(page, "Replication", "");
    sim__page_column(page, "What was found", "");
    sim__page_rows(page);
    json_object_foreach (page->cases, name, it) {
        json_array_foreach (json_object_get(json_object_get(it, "audit"), "failed"), i, line)
            sim__page_put(
                page,
                "<tr class=\"failed\"><th scope=\"row\">%s</th><td class=\"t\">%s</td>"
                "<td class=\"t\">%s</td><td class=\"n\">%u</td><td class=\"t wide\">%s</td>"
                "</tr>\n",
                name, sim__page_string(line, "check"), sim__page_string(line, "component"),
                sim__page_count(line, "replication"), sim__page_string(line, "text"));
    }
    sim__page_table_end(page);
}

static bool has_check(json_t *it, const void *check)
{
    return json_object_get(checks_of(it), check) != NULL;
}

void sim__page_audit(struct sim__page *page)
{
    const char *name, *check;
    json_t *it, *count;
    struct tally all = count_audit(page, NULL);
    sim__page_section(page, "audit", "Audit");
    sim__page_put(
        page, "<p>At the end of every run what happened is counted a second time, "
              "independently. A failed check means that the numbers cannot be relied on.</p>\n");
    sim__page_table(page, "Checks over all variants, components and replications");
    sim__page_column(page, "Check", "");
    sim__page_column(page, "What it says", "");
    sim__page_column(page, "Result", "");
    sim__page_rows(page);
    json_object_foreach (page->cases, name, it) {
        json_object_foreach (checks_of(it), check, count) {
            if (!sim__page_is_new(page, it, has_check, check))
                continue;
            struct tally n = count_audit(page, check);
            sim__page_put(page,
                          "<tr><th scope=\"row\">%s</th><td class=\"t\">%s</td><td class=\"t\">",
                          check, meaning_of(check));
            sim__page_mark(page, n.held == n.total, "");
            sim__page_put(page, "%u of %u held</td></tr>\n", n.held, n.total);
        }
    }
    sim__page_table_end(page);
    if (all.held < all.total)
        put_failed_checks(page);
    sim__page_put(page, "</section>\n");
}

/* ---- warm-up -------------------------------------------------------------------------------- */

static void put_warmup_row(struct sim__page *page, const char *variant, const char *series,
                           const json_t *said)
{
    const char *unit = sim__page_string(said, "unit");
    double needed = sim__page_double(said, "needed_s");
    char when[64], to[64];
    snprintf(when, sizeof when, "%s",
             isnan(needed) ? "not by the middle of the run" : sim_number_human(needed, "s").s);
    snprintf(to, sizeof to, "%s",
             isnan(needed) ? "not known"
                           : sim_number_human(sim__page_double(said, "settled"), unit).s);
    sim__page_put(page,
                  "<tr><th scope=\"row\">%s</th><td class=\"t\"><code>%s</code></td>"
                  "<td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td></tr>\n",
                  variant, series, when,
                  sim_number_human(sim__page_double(said, "measured"), unit).s, to);
}

void sim__page_warmup(struct sim__page *page)
{
    const char *name, *series;
    json_t *it, *said;
    struct tally n = count_warmup(page);
    if (n.total == 0)
        return;
    sim__page_section(page, "warmup", "Warm-up");
    double chosen = sim__page_double(json_object_get(page->first, "warmup"), "chosen_s");
    sim__page_put(page,
                  "<p>The first %s of every run are left out of the numbers (never out of the "
                  "run). MSER-5 looks at each series and says from when on it had settled.",
                  chosen > 0 ? sim_number_human(chosen, "s").s : "0 s");
    if (n.held == n.total) {
        sim__page_put(page, " For all %u series that was soon enough.</p>\n</section>\n", n.total);
        return;
    }
    sim__page_put(page,
                  " For those below it was later, and it moves the mean. A run that never "
                  "settles, as one with a fault or a periodic load in it, is no mistake: then "
                  "the mean is one over the time shown.</p>\n");
    sim__page_table(page, "Series that had not settled when the warm-up ended");
    sim__page_column(page, "Variant", "");
    sim__page_column(page, "Series", "");
    sim__page_number_column(page, "Settled after", "");
    sim__page_number_column(page, "Mean as measured", "");
    sim__page_number_column(page, "Mean once settled", "");
    sim__page_rows(page);
    json_object_foreach (page->cases, name, it) {
        json_object_foreach (warmups_of(it), series, said) {
            if (!sim__page_true(said, "enough"))
                put_warmup_row(page, name, series, said);
        }
    }
    sim__page_table_end(page);
    sim__page_put(page, "</section>\n");
}

/* ---- faults --------------------------------------------------------------------------------- */

static void put_faults_of(struct sim__page *page, const char *variant, const json_t *timeline)
{
    size_t i;
    json_t *fault;
    json_array_foreach (json_object_get(timeline, "first"), i, fault) {
        const json_t *node = json_object_get(fault, "node");
        sim__page_put(
            page, "<tr><th scope=\"row\">%s</th><td class=\"t\">%s</td><td class=\"t\">%s", variant,
            sim__page_string(fault, "fault"), sim__page_string(fault, "component"));
        if (node)
            sim__page_put(page, "/%u", sim__page_count(fault, "node"));
        double to = sim__page_double(fault, "to_s");
        char from_text[64];
        snprintf(from_text, sizeof from_text, "%s",
                 sim_number_human(sim__page_double(fault, "from_s"), "s").s);
        sim__page_put(page, "</td><td class=\"n\">%s</td><td class=\"n\">%s</td></tr>\n", from_text,
                      isnan(to) ? "the end" : sim_number_human(to, "s").s);
    }
}

void sim__page_faults(struct sim__page *page)
{
    const char *name;
    json_t *it;
    bool same = true;
    if (!sim__page_some(page, "timeline"))
        return;
    json_t *first = json_object_get(page->first, "timeline");
    json_object_foreach (page->cases, name, it) {
        json_t *here = json_object_get(it, "timeline");
        same = same && first && here && json_equal(first, here);
    }
    sim__page_section(page, "faults", "What went wrong, and when");
    sim__page_put(page,
                  "<p>Faults of the first replication, in simulated time from the start of the "
                  "run. Those at given times are the same in every replication; those that are "
                  "drawn are not.</p>\n");
    sim__page_table(page, "Timeline of faults");
    sim__page_column(page, "Variant", "");
    sim__page_column(page, "Fault", "");
    sim__page_column(page, "On", "");
    sim__page_number_column(page, "From", "");
    sim__page_number_column(page, "To", "");
    sim__page_rows(page);
    if (same)
        put_faults_of(page,
                      page->case_count > 1 ? "all"
                                           : json_object_iter_key(json_object_iter(page->cases)),
                      first);
    else
        json_object_foreach (page->cases, name, it)
            put_faults_of(page, name, json_object_get(it, "timeline"));
    sim__page_table_end(page);
    sim__page_put(page, "</section>\n");
}
