/* ledger.h - what each component uses, for which cause, and what it costs.
 *
 * A model lists in a table what it uses (struct sim_usage). The ledger reads the meters of these
 * uses at the end of every window. A bill (struct sim_bill, made from a price book) gives each use
 * its price. Nothing here runs between the ends of windows. */
#ifndef SIM_LEDGER_H
#define SIM_LEDGER_H

#include "sim/component.h"
#include "sim/usage.h"

/* The month of every bill, in hours: 8760 h / 12. Source: AWS Pricing Calculator, pricing
 * assumptions, "Time period". */
#define SIM_MONTH_HOURS 730

/* The uses of every component that is called; ended by .name == NULL. */
extern const struct sim_usage sim_station_usages[];
/* The uses of a link between two regions or within one. */
extern const struct sim_usage sim_link_usages[];

/* The next use of a model, its own uses first; *index starts at 0. NULL past the last. */
const struct sim_usage *sim_usage_next(const struct sim_model *, size_t *index);
/* The meter a use is read from; NULL: the nodes there are. */
const struct sim_meter *sim_usage_meter(const struct sim_model *, const struct sim_usage *);
/* Whether its quantity is held over time (instances x hours) rather than counted. */
bool sim_usage_over_time(const struct sim_model *, const struct sim_usage *);
/* The unit of its price in words: "instance-h", "requests", "GB-month", "GB". */
struct sim_usage_unit {
    char s[64];
};
struct sim_usage_unit sim_usage_unit(const struct sim_model *, const struct sim_usage *);

/* ---- a bill ---------------------------------------------------------------------------------- */

/* The price of a unit up to a quantity per month. All uses under one entry of a price book count
 * together. Quantities are things, bytes, things x h or bytes x h; money is in dollars. */
struct sim_tier {
    double up_to, price;
};

struct sim_price {
    double free; /* quantity per month that is free, before the first tier */
    struct sim_tier *tiers;
    uint32_t tier_count; /* >= 1; the last tier goes up to INFINITY */
    bool peak;           /* for uses held over time: the greatest quantity so far is billed */
    const char *text;    /* as written in the book */
    const char *date, *source;
};

/* A line of the bill: a use of one component, or what one link carries. */
struct sim_bill_item {
    const struct sim_usage *usage;
    const struct sim_price *price; /* NULL: the book has none */
    const char *place;             /* "db", "eu>us", "eu/a>eu/b" */
    uint32_t component;            /* index in the plan; SIM_NO_COMPONENT: of a link */
    uint32_t from, to;             /* places of a link: regions or zones */
    struct sim_meter cost, used;   /* the meters of the results: "cost_storage", "used_storage" */
    bool first_of_place;           /* the first item of its place; a place's items follow one
                                      another */
};

#define SIM_NO_COMPONENT UINT32_MAX

struct sim_bill {
    const char *title, *date, *source; /* of the price book */
    struct sim_bill_item *items;
    uint32_t item_count;
    bool zones;  /* what goes between two zones of a region is billed apart from what stays in
                    one */
    bool broken; /* the price book has errors: errors about asks for costs are not reported as
                    well */
};

/* What a month's quantity costs. O(tiers). */
double sim_price_month(const struct sim_price *, double quantity);

/* The meters that every bill has in the results: those of "cost" (the total and each cause), and
 * "cost" of each component or link. Ended by .name == NULL. */
extern const struct sim_meter sim_cost_meters[], sim_cost_place_meter[];
/* Their statistics: "per_hour", "per_month", "per_million", "max", "min"; of "used_…": "per_hour".
 * NULL-terminated. */
extern const char *const sim_cost_stats[], *const sim_used_stats[];
/* The unit of a statistic of money. */
const char *sim_cost_unit(const char *stat);

#endif
