/* arrivals.c - rates that change over time, and mixes of kinds of request.
 *
 * An arrival falls where the integral of the rate has grown by a draw of mean 1 (Cinlar 1975,
 * Introduction to Stochastic Processes, ch. 4.7). The integral of a rate in straight pieces is
 * quadratic, so it is inverted exactly; nothing is thinned, and each arrival costs one draw. */
#include "sim/arrivals.h"

#include <math.h>

const struct sim_param sim_arrivals_step_params[] = {
    {"at", SIM_TIME, offsetof(struct sim_arrivals_step, at), .flags = SIM_REQUIRED,
     .doc = "When the rate is reached."},
    {"rate", SIM_RATE, offsetof(struct sim_arrivals_step, rate), .flags = SIM_REQUIRED,
     .doc = "Requests per second from then on."},
    {"ramp", SIM_BOOL, offsetof(struct sim_arrivals_step, ramp), "false",
     .doc = "Whether the rate moves there in a straight line from the step before.",
     .source = "chosen: loads are mostly given as steps"},
    {0},
};

#define SHARE(json, member, value, text)                                                           \
    {                                                                                              \
        json, SIM_FRACTION, offsetof(struct sim_arrivals_mix, member), value, 0, 1,                \
            .doc = text, .source = "chosen: reads only, the least that can be asked"               \
    }

const struct sim_param sim_arrivals_mix_params[] = {
    SHARE("read", read, "1", "Share of reads; 1 stands for whatever the others leave."),
    SHARE("write", write, "0", "Share of writes."),
    SHARE("delete", erase, "0", "Share of deletes."),
    SHARE("scan", scan, "0", "Share of scans."),
    {0},
};

sim_time sim_arrivals_when(const struct sim_list *list, size_t *hint, sim_time from, double units)
{
    const struct sim_arrivals_step *steps = list->items;
    if (list->count == 0)
        return SIM_NEVER;
    size_t last = list->count - 1;
    if (from < steps[0].at)
        from = steps[0].at;
    while (*hint < last && steps[*hint + 1].at <= from)
        ++*hint;
    for (size_t i = *hint; i < last; i++) {
        const struct sim_arrivals_step *step = &steps[i], *next = step + 1;
        double slope = next->ramp ? (next->rate - step->rate) * 1e-9 / (double)(next->at - step->at)
                                  : 0;
        double rate = step->rate * 1e-9 + slope * (double)(from - step->at);
        double span = (double)(next->at - from);
        double area = (rate + 0.5 * slope * span) * span;
        if (units < area) {
            /* the lesser root of slope/2 t^2 + rate t = units, in the form that keeps digits */
            double root = sqrt(fmax(0, rate * rate + 2 * slope * units));
            return from + sim_time_nearest(fmin(span, 2 * units / (rate + root)));
        }
        units -= area;
        from = next->at;
    }
    double rate = steps[last].rate * 1e-9;
    return rate > 0 ? from + sim_time_nearest(units / rate) : SIM_NEVER;
}

double sim_arrivals_most(const struct sim_list *list)
{
    const struct sim_arrivals_step *steps = list->items;
    double most = 0;
    for (size_t i = 0; i < list->count; i++)
        most = fmax(most, steps[i].rate);
    return most;
}

const char *sim_arrivals_check(const struct sim_list *list)
{
    const struct sim_arrivals_step *steps = list->items;
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0 && steps[i].at <= steps[i - 1].at)
            return "the schedule's times must increase";
        if (i == 0 && steps[i].ramp)
            return "the schedule's first step has nothing to ramp from";
    }
    return NULL;
}

const char *sim_arrivals_check_mix(const struct sim_arrivals_mix *mix)
{
    double others = mix->write + mix->erase + mix->scan;
    if (others > 1 + 1e-9 || (mix->read < 1 && fabs(mix->read + others - 1) > 1e-9))
        return "the shares of the mix must add up to 1";
    return NULL;
}
