/* remote_cases.c - the part of a search on ranks other than 0: makes and runs the cases that rank 0
 * needs. */
#include "study/search/probe_state.h"
#include "study/work/team.h"

#include <stdlib.h>
#include <string.h>

struct remote_cases {
    struct sim_probe *probe;
    const char *variant;
    const struct sim_wanted *wanted;
    const struct sim_vary *vary;
    uint32_t vary_count;
    struct sim_case **made; /* pointers, so that cases do not move; owned */
    uint32_t count;
};

/* Searches the newest first, because rank 0 asks for one case after the other. */
static const struct sim_case *find_case(const struct remote_cases *remote, const double *values)
{
    size_t bytes = remote->vary_count * sizeof *values;
    for (uint32_t i = remote->count; i-- > 0;)
        if (memcmp(remote->made[i]->varied, values, bytes) == 0)
            return remote->made[i];
    return NULL;
}

static const struct sim_case *make_case(void *self, const double *values, uint32_t count)
{
    struct remote_cases *remote = self;
    const struct sim_case *known = count == remote->vary_count ? find_case(remote, values) : NULL;
    if (known || count != remote->vary_count)
        return known;
    struct sim_case **wider = realloc(remote->made, (remote->count + 1) * sizeof(void *));
    struct sim_case *it = wider ? calloc(1, sizeof *it) : NULL;
    remote->made = wider ? wider : remote->made;
    if (!it || sim__probe_case(remote->probe, remote->variant, remote->vary, values, count,
                               remote->wanted, it) != 0) {
        free(it);
        return NULL;
    }
    return remote->made[remote->count++] = it;
}

int sim_probe_serve(struct sim_probe *probe, const char *variant, const struct sim_vary *vary,
                    uint32_t count, const struct sim_wanted *wanted)
{
    struct sim_error error = {""};
    struct remote_cases remote = {
        .probe = probe, .variant = variant, .wanted = wanted, .vary = vary, .vary_count = count};
    const struct sim_team_cases cases = {.make = make_case, .self = &remote};
    int status = sim_team_serve(probe->session, probe->options.team, &cases, &probe->options,
                                &error);
    for (uint32_t i = 0; i < remote.count; i++)
        free(remote.made[i]);
    free(remote.made);
    return status == 0 ? 0 : sim__probe_failed(probe, error.text);
}
