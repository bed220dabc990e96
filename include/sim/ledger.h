/* ledger.h - what is used, by whom and because of what; and what it costs.
 *
 * A model says in a table what it uses (struct sim_usage); a component adds nothing but its meters,
 * which the ledger reads at the end of every window. A bill (struct sim_bill, made from a price
 * book) gives each use its price. Nothing here runs while events do. */
#ifndef SIM_LEDGER_H
#define SIM_LEDGER_H

#include "sim/component.h"
#include "sim/usage.h"

/* A month of every bill, h: 8760 h / 12. Source: AWS Pricing Calculator, pricing assumptions, "Time
 * period". */
#define SIM_MONTH_HOURS 730

/* What every component that is called uses; ended by .name == NULL. */
extern const struct sim_usage sim_station_usages[];
/* What a link between two regions, or within one, carries. */
extern const struct sim_usage sim_link_usages[];

/* The uses of a model, one after another, its own first; *index starts at 0. NULL past the last. */
const struct sim_usage *sim_usage_next(const struct sim_model *, size_t *index);
/* The meter a use is read from; NULL: the nodes there are. */
const struct sim_meter *sim_usage_meter(const struct sim_model *, const struct sim_usage *);
/* Whether its quantity is held over time (instances x hours) rather than counted. */
bool sim_usage_over_time(const struct sim_model *, const struct sim_usage *);
/* What a price of it is per, in words: "instance-h", "requests", "GB-month", "GB". */
struct sim_usage_unit {
    char s[64];
};
struct sim_usage_unit sim_usage_unit(const struct sim_model *, const struct sim_usage *);

/* ---- a bill ---------------------------------------------------------------------------------- */

/* What a unit costs up to a quantity within a month, of all that stands under one entry of a price
 * book together. Quantities are things, bytes, things x h or bytes x h; money is in dollars. */
struct sim_tier {
    double up_to, price;
};

struct sim_price {
    double free; /* of each month's quantity, before the tiers count */
    struct sim_tier *tiers;
    uint32_t tier_count; /* >= 1; the last is up to INFINITY */
    bool peak;           /* of what is held over time: the most there was so far is billed */
    const char *text;    /* as written */
    const char *date, *source;
};

/* A line of the bill: a use of one component, or what one link carries. */
struct sim_bill_item {
    const struct sim_usage *usage;
    const struct sim_price *price; /* NULL: the book has none */
    const char *place;             /* "db", or "eu>us" */
    uint32_t component;            /* of the plan; SIM_NO_COMPONENT: a link's */
    uint32_t from, to;             /* regions of a link */
    struct sim_meter cost, used;   /* as results name them: "cost_storage", "used_storage" */
    bool first_of_place;           /* the items of a place stand together */
};

#define SIM_NO_COMPONENT UINT32_MAX

struct sim_bill {
    const char *title, *date, *source; /* of the book */
    struct sim_bill_item *items;
    uint32_t item_count;
    bool broken; /* the prices are wrong, and what asks for them need not be told */
};

/* What a quantity of a month costs under a price. O(tiers). */
double sim_price_month(const struct sim_price *, double quantity);

/* Meters of the results that every bill has: those of "cost" (the total and each cause), and of
 * each component or link ("cost"). Ended by .name == NULL. */
extern const struct sim_meter sim_cost_meters[], sim_cost_place_meter[];
/* Their statistics: "per_hour", "per_month", "per_million", "max", "min"; of "used_…": "per_hour".
 * NULL-terminated. */
extern const char *const sim_cost_stats[], *const sim_used_stats[];
/* The unit of a statistic of money. */
const char *sim_cost_unit(const char *stat);

#endif
