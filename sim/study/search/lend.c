/* lend.c - what a rank other than 0 does in a search: makes the cases it is asked for and runs
 * them. */
#include "study/search/probe_state.h"
#include "study/work/team.h"

#include <stdlib.h>
#include <string.h>

struct lender {
    struct sim_probe *probe;
    const char *variant;
    const struct sim_wanted *wanted;
    const struct sim_vary *vary;
    uint32_t vary_count;
    struct sim_case **made; /* each where it stays; owned */
    uint32_t count;
};

/* The newest first: rank 0 asks for one after the other. */
static const struct sim_case *find_case(const struct lender *lender, const double *values)
{
    size_t bytes = lender->vary_count * sizeof *values;
    for (uint32_t i = lender->count; i-- > 0;)
        if (memcmp(lender->made[i]->varied, values, bytes) == 0)
            return lender->made[i];
    return NULL;
}

static const struct sim_case *make_case(void *self, const double *values, uint32_t count)
{
    struct lender *lender = self;
    const struct sim_case *known = count == lender->vary_count ? find_case(lender, values) : NULL;
    if (known || count != lender->vary_count)
        return known;
    struct sim_case **wider = realloc(lender->made, (lender->count + 1) * sizeof(void *));
    struct sim_case *it = wider ? calloc(1, sizeof *it) : NULL;
    lender->made = wider ? wider : lender->made;
    if (!it || sim__probe_case(lender->probe, lender->variant, lender->vary, values, count,
                               lender->wanted, it) != 0) {
        free(it);
        return NULL;
    }
    return lender->made[lender->count++] = it;
}

int sim_probe_lend(struct sim_probe *probe, const char *variant, const struct sim_vary *vary,
                   uint32_t count, const struct sim_wanted *wanted)
{
    struct sim_error error = {""};
    struct lender lender = {
        .probe = probe, .variant = variant, .wanted = wanted, .vary = vary, .vary_count = count};
    const struct sim_team_cases cases = {.make = make_case, .self = &lender};
    int status = sim_team_serve(probe->session, probe->options.team, &cases, &probe->options,
                                &error);
    for (uint32_t i = 0; i < lender.count; i++)
        free(lender.made[i]);
    free(lender.made);
    return status == 0 ? 0 : sim__probe_failed(probe, error.text);
}
