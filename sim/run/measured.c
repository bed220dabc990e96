/* measured.c - which meters a component has: its model's, and those that the fabric keeps. */
#include "run/measured.h"

#include "parts/copies_state.h"

/* Offsets into struct sim_station_meters; every component that serves has these. */
#define STATION(member) offsetof(struct sim_station_meters, member)
static const struct sim_meter station_meters[] = {
    {"rate", SIM_COUNTER, "requests", "Calls that arrived.", STATION(rate), NULL, NULL,
     SIM_WORSE_HIGH},
    {"answered", SIM_COUNTER, "requests", "Calls answered well.", STATION(by_status[SIM_OK]), NULL,
     NULL, 0},
    {"failed", SIM_COUNTER, "requests", "Calls that failed while served.",
     STATION(by_status[SIM_ERROR]), NULL, NULL, SIM_WORSE_HIGH},
    {"refused", SIM_COUNTER, "requests", "Calls turned away unserved, also by nodes that are down.",
     STATION(by_status[SIM_REFUSED]), NULL, NULL, SIM_WORSE_HIGH},
    {"lost", SIM_COUNTER, "requests", "Calls in hand at a crash.", STATION(by_status[SIM_LOST]),
     NULL, NULL, SIM_WORSE_HIGH},
    {"wasted", SIM_COUNTER, "requests", "Calls served when nobody waited for the answer any more.",
     STATION(wasted), NULL, NULL, SIM_HEADLINE | SIM_WORSE_HIGH},
    {"dropped", SIM_COUNTER, "requests",
     "Calls turned away unserved when nobody waited for the answer any more.", STATION(dropped),
     NULL, NULL, SIM_WORSE_HIGH},
    {"down", SIM_GAUGE, "nodes", "Nodes that are down.", STATION(down), NULL, NULL,
     SIM_HEADLINE | SIM_WORSE_HIGH},
    {"in_flight", SIM_GAUGE, "requests", "Calls arrived and not yet answered.", STATION(in_flight),
     NULL, NULL, SIM_WORSE_HIGH},
    {"sojourn", SIM_HISTOGRAM, "s", "Time from arrival here to the answer, whatever it is.",
     STATION(latency), NULL, NULL, SIM_WORSE_HIGH},
    {.name = NULL},
};

#define CALLER(member) offsetof(struct sim_caller_meters, member)
static const struct sim_meter caller_meters[] = {
    {"calls", SIM_COUNTER, "calls", "Calls made, however often tried.", CALLER(calls), NULL, NULL,
     0},
    {"attempts", SIM_COUNTER, "attempts", "Attempts sent, retries included.", CALLER(attempts),
     NULL, NULL, 0},
    {"retries", SIM_COUNTER, "attempts", "Attempts after the first.", CALLER(retries), NULL, NULL,
     SIM_HEADLINE | SIM_WORSE_HIGH},
    {"timeouts", SIM_COUNTER, "attempts", "Attempts given up for want of an answer.",
     CALLER(timeouts), NULL, NULL, SIM_WORSE_HIGH},
    {"abandoned", SIM_COUNTER, "attempts", "Attempts given up as no longer needed.",
     CALLER(abandoned), NULL, NULL, SIM_WORSE_HIGH},
    {"hedges", SIM_COUNTER, "attempts", "Attempts sent beside one still out.", CALLER(hedges), NULL,
     NULL, 0},
    {"hedges_won", SIM_COUNTER, "attempts", "Such attempts that answered first.",
     CALLER(hedges_won), NULL, NULL, 0},
    {"budget_denied", SIM_COUNTER, "attempts", "Retries and hedges the retry budget forbade.",
     CALLER(budget_denied), NULL, NULL, SIM_WORSE_HIGH},
    {"breaker_refused", SIM_COUNTER, "attempts", "Attempts an open breaker refused, never sent.",
     CALLER(breaker_refused), NULL, NULL, SIM_WORSE_HIGH},
    {"breaker_open", SIM_GAUGE, "breakers", "Breakers that are open or half-open.",
     CALLER(breaker_open), NULL, NULL, SIM_WORSE_HIGH},
    {"rate_refused", SIM_COUNTER, "attempts", "Attempts the rate limit refused, never sent.",
     CALLER(rate_refused), NULL, NULL, SIM_WORSE_HIGH},
    {"concurrency_refused", SIM_COUNTER, "attempts",
     "Attempts the concurrency limit refused, never sent.", CALLER(concurrency_refused), NULL, NULL,
     SIM_WORSE_HIGH},
    {"concurrency", SIM_GAUGE, "attempts", "Attempts out under the concurrency limit.",
     CALLER(concurrency), NULL, NULL, 0},
    {"concurrency_limit", SIM_GAUGE, "attempts", "The concurrency limit in force.",
     CALLER(concurrency_limit), NULL, NULL, 0},
    {"held_back", SIM_GAUGE, "attempts", "Attempts that wait for a token or a slot.",
     CALLER(held_back), NULL, NULL, SIM_WORSE_HIGH},
    {.name = NULL},
};

/* For SIM_TRUTH_METERS, whose offsets are of a member. */
struct truth {
    struct sim_truth_meters of;
};

static const struct sim_meter truth_meters[] = {
    SIM_TRUTH_METERS(struct truth, of, "keyed_reads", 0),
    {.name = NULL},
};

const struct sim_meter *sim_meters_of(const struct sim_model *model, enum sim_meter_table table)
{
    bool called = model->serve != NULL, calls = model->ports != NULL && model->ports[0].name;
    switch (table) {
    case SIM_METERS_OWN: return model->meters;
    case SIM_METERS_STATION: return called ? station_meters : NULL;
    case SIM_METERS_CALLER: return calls ? caller_meters : NULL;
    case SIM_METERS_TRUTH: return called ? truth_meters : NULL;
    case SIM_METERS_COPIES: return model->holds != NULL ? sim__copy_meters : NULL;
    default: return NULL;
    }
}
