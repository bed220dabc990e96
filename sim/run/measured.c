/* measured.c - which meters a component has: its model's own, and those that every component
 * has. */
#include "run/measured.h"

#include "parts/copies_state.h"

#include <string.h>

/* Offsets into struct sim_station_meters; every component that serves has these. */
#define STATION(member) offsetof(struct sim_station_meters, member)
static const struct sim_meter station_meters[] = {
    SIM_ROW(.name = "rate", .kind = SIM_COUNTER, .unit = "requests", .offset = STATION(rate),
            .flags = SIM_WORSE_HIGH, .doc = "Calls that arrived."),
    SIM_ROW(.name = "answered", .kind = SIM_COUNTER, .unit = "requests",
            .offset = STATION(by_status[SIM_OK]), .doc = "Calls answered well."),
    SIM_ROW(.name = "failed", .kind = SIM_COUNTER, .unit = "requests",
            .offset = STATION(by_status[SIM_ERROR]), .flags = SIM_WORSE_HIGH,
            .doc = "Calls that failed while served."),
    SIM_ROW(.name = "refused", .kind = SIM_COUNTER, .unit = "requests",
            .offset = STATION(by_status[SIM_REFUSED]), .flags = SIM_WORSE_HIGH,
            .doc = "Calls turned away unserved, also by nodes that are down."),
    SIM_ROW(.name = "lost", .kind = SIM_COUNTER, .unit = "requests",
            .offset = STATION(by_status[SIM_LOST]), .flags = SIM_WORSE_HIGH,
            .doc = "Calls in hand at a crash."),
    SIM_ROW(.name = "wasted", .kind = SIM_COUNTER, .unit = "requests", .offset = STATION(wasted),
            .flags = SIM_HEADLINE | SIM_WORSE_HIGH,
            .doc = "Calls served when nobody waited for the answer any more."),
    SIM_ROW(.name = "dropped", .kind = SIM_COUNTER, .unit = "requests", .offset = STATION(dropped),
            .flags = SIM_WORSE_HIGH,
            .doc = "Calls turned away unserved when nobody waited for the answer any more."),
    SIM_ROW(.name = "down", .kind = SIM_GAUGE, .unit = "nodes", .offset = STATION(down),
            .flags = SIM_HEADLINE | SIM_WORSE_HIGH, .doc = "Nodes that are down."),
    SIM_ROW(.name = "in_flight", .kind = SIM_GAUGE, .unit = "requests",
            .offset = STATION(in_flight), .flags = SIM_WORSE_HIGH,
            .doc = "Calls arrived and not yet answered."),
    SIM_ROW(.name = "sojourn", .kind = SIM_HISTOGRAM, .unit = "s", .offset = STATION(latency),
            .flags = SIM_WORSE_HIGH,
            .doc = "Time from arrival here to the answer, whatever it is."),
    {.name = NULL},
};

#define CALLER(member) offsetof(struct sim_caller_meters, member)
static const struct sim_meter caller_meters[] = {
    SIM_ROW(.name = "calls", .kind = SIM_COUNTER, .unit = "calls", .offset = CALLER(calls),
            .doc = "Calls made, however often tried."),
    SIM_ROW(.name = "attempts", .kind = SIM_COUNTER, .unit = "attempts", .offset = CALLER(attempts),
            .doc = "Attempts sent, retries included."),
    SIM_ROW(.name = "retries", .kind = SIM_COUNTER, .unit = "attempts", .offset = CALLER(retries),
            .flags = SIM_HEADLINE | SIM_WORSE_HIGH, .doc = "Attempts after the first."),
    SIM_ROW(.name = "timeouts", .kind = SIM_COUNTER, .unit = "attempts", .offset = CALLER(timeouts),
            .flags = SIM_WORSE_HIGH, .doc = "Attempts given up for want of an answer."),
    SIM_ROW(.name = "abandoned", .kind = SIM_COUNTER, .unit = "attempts",
            .offset = CALLER(abandoned), .flags = SIM_WORSE_HIGH,
            .doc = "Attempts given up as no longer needed."),
    SIM_ROW(.name = "hedges", .kind = SIM_COUNTER, .unit = "attempts", .offset = CALLER(hedges),
            .doc = "Attempts sent beside one still out."),
    SIM_ROW(.name = "hedges_won", .kind = SIM_COUNTER, .unit = "attempts",
            .offset = CALLER(hedges_won), .doc = "Such attempts that answered first."),
    SIM_ROW(.name = "budget_denied", .kind = SIM_COUNTER, .unit = "attempts",
            .offset = CALLER(budget_denied), .flags = SIM_WORSE_HIGH,
            .doc = "Retries and hedges the retry budget forbade."),
    SIM_ROW(.name = "breaker_refused", .kind = SIM_COUNTER, .unit = "attempts",
            .offset = CALLER(breaker_refused), .flags = SIM_WORSE_HIGH,
            .doc = "Attempts an open breaker refused, never sent."),
    SIM_ROW(.name = "breaker_open", .kind = SIM_GAUGE, .unit = "breakers",
            .offset = CALLER(breaker_open), .flags = SIM_WORSE_HIGH,
            .doc = "Breakers that are open or half-open."),
    SIM_ROW(.name = "rate_refused", .kind = SIM_COUNTER, .unit = "attempts",
            .offset = CALLER(rate_refused), .flags = SIM_WORSE_HIGH,
            .doc = "Attempts the rate limit refused, never sent."),
    SIM_ROW(.name = "concurrency_refused", .kind = SIM_COUNTER, .unit = "attempts",
            .offset = CALLER(concurrency_refused), .flags = SIM_WORSE_HIGH,
            .doc = "Attempts the concurrency limit refused, never sent."),
    SIM_ROW(.name = "concurrency", .kind = SIM_GAUGE, .unit = "attempts",
            .offset = CALLER(concurrency), .doc = "Attempts out under the concurrency limit."),
    SIM_ROW(.name = "concurrency_limit", .kind = SIM_GAUGE, .unit = "attempts",
            .offset = CALLER(concurrency_limit), .doc = "The concurrency limit in force."),
    SIM_ROW(.name = "held_back", .kind = SIM_GAUGE, .unit = "attempts", .offset = CALLER(held_back),
            .flags = SIM_WORSE_HIGH, .doc = "Attempts that wait for a token or a slot."),
    {.name = NULL},
};

/* SIM_TRUTH_METERS needs a struct of which the meters are a member. */
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

uint32_t sim_component_tables(const struct sim_plan_component *c)
{
    uint32_t count = SIM_METERS_TABLES;
    const struct sim_param *row = sim_plugin_next(c->model->params);
    for (; row != NULL; row = sim_plugin_next(row + 1))
        count++;
    return count;
}

const struct sim_meter *sim_component_meters(const struct sim_plan_component *c, uint32_t table)
{
    if (table < SIM_METERS_TABLES)
        return sim_meters_of(c->model, (enum sim_meter_table)table);
    const struct sim_param *row = sim__plugin_row(c->model, table);
    const struct sim_plugin_type *type = row && c->image ? sim_plugin_at(row, c->image)->type
                                                         : NULL;
    return type != NULL ? type->meters : NULL;
}

const struct sim_meter *sim_component_meter(const struct sim_plan_component *c, const char *name)
{
    uint32_t tables = sim_component_tables(c);
    for (uint32_t t = 0; t < tables; t++)
        for (const struct sim_meter *m = sim_component_meters(c, t); m != NULL && m->name != NULL;
             m++)
            if (strcmp(m->name, name) == 0)
                return m;
    return NULL;
}
