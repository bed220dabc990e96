/* flows_work.c - the work of a station for the requests that come to it. */
#include "study/flows.h"

#include <math.h>

bool sim_flows_work(const struct sim_queueing *q, const struct sim_flow_in *in, double *mean,
                    double *scv)
{
    double first = 0, second = 0, shares = 0;
    for (int op = 0; op < SIM_OP_COUNT; op++) {
        if (!q->work[op] || q->work[op]->kind == SIM_DIST_NONE || in->mix[op] <= 0)
            continue;
        double m = sim_dist_mean(q->work[op]);
        first += in->mix[op] * m;
        second += in->mix[op] * (sim_dist_variance(q->work[op]) + m * m);
        shares += in->mix[op];
    }
    *mean = first / shares;
    *scv = second / shares / (*mean * *mean) - 1;
    return shares > 0 && *mean > 0 && isfinite(*scv);
}

bool sim_flows_exponential(const struct sim_queueing *q, const struct sim_flow_in *in)
{
    double scale = NAN;
    for (int op = 0; op < SIM_OP_COUNT; op++) {
        if (!q->work[op] || (in->mix[op] <= 0 && !in->mixed))
            continue;
        if (q->work[op]->kind != SIM_DIST_EXPONENTIAL ||
            (!isnan(scale) && (q->work[op]->scale < scale || q->work[op]->scale > scale)))
            return false;
        scale = q->work[op]->scale;
    }
    return !isnan(scale);
}
