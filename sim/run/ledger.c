/* ledger.c - the quantities used, booked window by window, and what they cost.
 *
 * The quantity of a use in a window is what its meter counted, or the area under it. It is divided
 * among causes in proportion to the calls that arrived, or the work done, in the same window.
 *
 * Costs are computed at the end. Tiered prices apply to a month, and a run is hardly ever one. So
 * the use after the warm-up is extrapolated at its average rate to a month of 730 h, and that month
 * is priced. Its price per unit is applied to every window, so line items, causes and windows sum
 * to the total. All uses under one entry of the price book count together, as on a bill. */
#include "sim/ledger.h"

#include "fabric/link_state.h"
#include "run/record_state.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct sim_usage sim_station_usages[] = {
    SIM_ROW(.name = "instance", .noun = "instance", .split = SIM_SPLIT_WORK, .provisioned = true,
            .doc = "Nodes there are, at work or not."),
    SIM_ROW(.name = "requests", .noun = "request", .meter = "rate", .split = SIM_SPLIT_REQUESTS,
            .doc = "Calls that arrived."),
    {.name = NULL},
};

const struct sim_usage sim_link_usages[] = {
    SIM_ROW(.name = "transfer", .split = SIM_SPLIT_REQUESTS, .doc = "Bytes sent, arrived or not."),
    {.name = NULL},
};

#define MONEY "$/h"
const struct sim_meter sim_cost_meters[] = {
    SIM_ROW(.name = "total", .kind = SIM_GAUGE, .unit = MONEY, .doc = "All that has a price."),
    SIM_ROW(.name = "user", .kind = SIM_GAUGE, .unit = MONEY, .doc = "Because of users' requests."),
    SIM_ROW(.name = "retry", .kind = SIM_GAUGE, .unit = MONEY, .doc = "Because of retries."),
    SIM_ROW(.name = "hedge", .kind = SIM_GAUGE, .unit = MONEY, .doc = "Because of hedges."),
    SIM_ROW(.name = "refresh", .kind = SIM_GAUGE, .unit = MONEY, .doc = "Because of refreshes."),
    SIM_ROW(.name = "replication", .kind = SIM_GAUGE, .unit = MONEY,
            .doc = "Because of replication."),
    SIM_ROW(.name = "backup", .kind = SIM_GAUGE, .unit = MONEY, .doc = "Because of backups."),
    {.name = NULL},
};
_Static_assert(sizeof sim_cost_meters / sizeof sim_cost_meters[0] == SIM_CAUSES + 2,
               "the total and each cause");

const struct sim_meter sim_cost_place_meter[] = {
    SIM_ROW(.name = "cost", .kind = SIM_GAUGE, .unit = MONEY, .doc = "All of it that has a price."),
    {.name = NULL},
};

const char *const sim_cost_stats[] = {"per_hour", "per_month", "per_million", "max", "min", NULL};
const char *const sim_used_stats[] = {"per_hour", NULL};

const char *sim_cost_unit(const char *stat)
{
    return strcmp(stat, "per_month") == 0     ? "$/month"
           : strcmp(stat, "per_million") == 0 ? "$/million"
                                              : MONEY;
}

/* ---- what a model uses ----------------------------------------------------------------------- */

const struct sim_usage *sim_usage_next(const struct sim_model *model, size_t *index)
{
    const struct sim_usage *tables[] = {model->usages, model->serve ? sim_station_usages : NULL};
    size_t left = (*index)++;
    for (size_t t = 0; t < 2; t++)
        for (const struct sim_usage *u = tables[t]; u && u->name; u++)
            if (left-- == 0)
                return u;
    return NULL;
}

const struct sim_meter *sim_usage_meter(const struct sim_model *model, const struct sim_usage *u)
{
    if (model == NULL || u->meter == NULL)
        return NULL;
    for (int t = 0; t < SIM_METERS_TABLES; t++)
        for (const struct sim_meter *m = sim_meters_of(model, (enum sim_meter_table)t);
             m && m->name; m++)
            if (strcmp(m->name, u->meter) == 0)
                return m;
    return NULL;
}

bool sim_usage_over_time(const struct sim_model *model, const struct sim_usage *u)
{
    const struct sim_meter *m = sim_usage_meter(model, u);
    return model != NULL && (m == NULL || m->kind == SIM_GAUGE);
}

struct sim_usage_unit sim_usage_unit(const struct sim_model *model, const struct sim_usage *u)
{
    struct sim_usage_unit out;
    bool over_time = sim_usage_over_time(model, u);
    if (u->noun == NULL)
        snprintf(out.s, sizeof out.s, "%s", over_time ? "GB-month" : "GB");
    else
        snprintf(out.s, sizeof out.s, "%.48s%s", u->noun, over_time ? "-h" : "s");
    return out;
}

double sim_price_month(const struct sim_price *price, double quantity)
{
    double left = fmax(quantity - price->free, 0), below = 0, cost = 0;
    for (uint32_t i = 0; i < price->tier_count && left > below; i++) {
        const struct sim_tier *t = &price->tiers[i];
        cost += (fmin(left, t->up_to) - below) * t->price;
        below = t->up_to;
    }
    return cost;
}

/* ---- booking --------------------------------------------------------------------------------- */

struct booked {
    double whole, measured;      /* since the start; since the warm-up */
    double by_cause[SIM_CAUSES]; /* since the warm-up */
    double most;                 /* greatest level so far */
    int64_t carried[SIM_CAUSES]; /* of a link: bytes carried when the last window ended */
    double unit_price;           /* at the end */
};

struct counted {
    uint64_t calls[SIM_CAUSES], work[SIM_CAUSES]; /* when the last window ended */
    double calls_share[SIM_CAUSES], work_share[SIM_CAUSES];
};

/* A link, and the item to which it belongs. */
struct carrier {
    const struct sim__link *link;
    uint32_t item;
};

struct sim__ledger {
    struct sim_world *world;
    const struct sim_bill *bill;
    struct booked *booked;   /* by item */
    struct counted *counted; /* by component */
    double *amounts;         /* [item][window] */
    double *others;          /* [item][cause - 1][window]: for the causes other than SIM_USER */
    uint32_t windows, window;
    struct carrier *carriers;
    uint32_t carrier_count;
    double hours;        /* since the warm-up */
    uint32_t first_warm; /* the first window after it */
};

#define HOUR 3.6e12 /* ns */

/* Indexes the bill's items of links by the places of their ends. 0, or -1 when out of memory. */
static int items_of_links(const struct sim_bill *bill, struct sim_lookup *items)
{
    for (uint32_t i = 0; i < bill->item_count; i++) {
        const struct sim_bill_item *it = &bill->items[i];
        if (it->component == SIM_NO_COMPONENT &&
            sim_lookup_put_pair(items, it->from, it->to, i) == SIM_LOOKUP_NONE)
            return -1;
    }
    return 0;
}

static int by_ends(const void *a, const void *b)
{
    const struct sim__link *x = ((const struct carrier *)a)->link;
    const struct sim__link *y = ((const struct carrier *)b)->link;
    if (x->from_site != y->from_site)
        return x->from_site < y->from_site ? -1 : 1;
    return (x->to_site > y->to_site) - (x->to_site < y->to_site);
}

/* The item of a link: that of the zones that it joins, if there is one, or that of the regions. */
static uint32_t item_of(const struct sim_world *w, const struct sim_lookup *items,
                        const struct sim__link *link)
{
    const struct sim_plan_site *from = &w->sites[link->from_site].place;
    const struct sim_plan_site *to = &w->sites[link->to_site].place;
    uint32_t zones = w->plan->region_count, item = SIM_LOOKUP_NONE;
    if (from->zone != SIM_NOWHERE && to->zone != SIM_NOWHERE)
        item = sim_lookup_get_pair(items, zones + from->zone, zones + to->zone);
    return item != SIM_LOOKUP_NONE ? item : sim_lookup_get_pair(items, from->region, to->region);
}

/* Lists the links, which were made when the ports were wired. */
static int carriers_make(struct sim__ledger *l)
{
    const struct sim_world *w = l->world;
    struct sim_lookup items = {0};
    l->carriers = calloc(w->links_made_count + 1u, sizeof *l->carriers);
    bool good = l->carriers != NULL && items_of_links(w->plan->bill, &items) == 0;
    for (uint32_t i = 0; good && i < w->links_made_count; i++) {
        struct sim__link *link = w->links_made[i];
        uint32_t item = item_of(w, &items, link);
        if (item != SIM_LOOKUP_NONE)
            l->carriers[l->carrier_count++] = (struct carrier){link, item};
    }
    if (good)
        qsort(l->carriers, l->carrier_count, sizeof *l->carriers, by_ends);
    sim_lookup_free(&items);
    return good ? 0 : -1;
}

struct sim__ledger *sim__ledger_new(struct sim_world *w, uint32_t windows)
{
    struct sim__ledger *l = calloc(1, sizeof *l);
    if (l == NULL)
        return NULL;
    const struct sim_bill *bill = w->plan->bill;
    *l = (struct sim__ledger){.world = w, .bill = bill, .windows = windows, .first_warm = windows};
    l->booked = calloc(bill->item_count + 1u, sizeof *l->booked);
    l->counted = calloc(w->component_count + 1u, sizeof *l->counted);
    l->amounts = calloc((size_t)bill->item_count * windows + 1, sizeof *l->amounts);
    /* written only for causes other than users, so that otherwise these pages stay untouched */
    l->others = calloc((size_t)bill->item_count * (SIM_CAUSES - 1) * windows + 1,
                       sizeof *l->others);
    if (l->booked == NULL || l->counted == NULL || l->amounts == NULL || l->others == NULL ||
        carriers_make(l) != 0) {
        sim__ledger_free(l);
        return NULL;
    }
    return l;
}

void sim__ledger_free(struct sim__ledger *l)
{
    if (l == NULL)
        return;
    free(l->booked);
    free(l->counted);
    free(l->amounts);
    free(l->others);
    free(l->carriers);
    free(l);
}

/* Turns counts into shares that sum to one; if there are none, everything is the users'. */
static bool to_shares(double *share)
{
    double sum = 0;
    for (int c = 0; c < SIM_CAUSES; c++)
        sum += share[c];
    for (int c = 0; c < SIM_CAUSES; c++)
        share[c] = sum > 0 ? share[c] / sum : c == SIM_USER;
    return sum > 0;
}

/* Computes the causes' shares of a component's calls and work in the window. */
static void count_component(struct sim__ledger *l, uint32_t component)
{
    const struct sim_component *c = &l->world->components[component];
    struct counted *k = &l->counted[component];
    uint64_t calls[SIM_CAUSES] = {0}, work[SIM_CAUSES] = {0};
    for (uint32_t n = 0; n < c->plan->nodes; n++) {
        const struct sim_station_meters *m = c->nodes[n]->station;
        uint64_t others = 0;
        for (int cause = 0; m != NULL && cause < SIM_CAUSES; cause++) {
            calls[cause] += m->by_cause[cause];
            others += cause == SIM_USER ? 0 : m->work_by_cause[cause];
            work[cause] += cause == SIM_USER ? 0 : m->work_by_cause[cause];
        }
        work[SIM_USER] += m != NULL ? m->work - others : 0;
    }
    for (int cause = 0; cause < SIM_CAUSES; cause++) {
        k->calls_share[cause] = (double)(calls[cause] - k->calls[cause]);
        k->work_share[cause] = (double)(work[cause] - k->work[cause]);
        k->calls[cause] = calls[cause];
        k->work[cause] = work[cause];
    }
    to_shares(k->calls_share);
    if (!to_shares(k->work_share)) /* no station, or it was idle */
        memcpy(k->work_share, k->calls_share, sizeof k->work_share);
}

void sim__ledger_book(struct sim__ledger *l, uint32_t item, double amount, const double *share,
                      bool warm)
{
    struct booked *b = &l->booked[item];
    uint32_t window = l->window < l->windows ? l->window : l->windows - 1;
    b->whole += amount;
    l->amounts[(size_t)item * l->windows + window] += amount;
    for (int cause = 0; cause < SIM_CAUSES; cause++) {
        double part = amount * share[cause];
        if (part <= 0)
            continue;
        if (warm)
            b->by_cause[cause] += part;
        if (cause != SIM_USER)
            l->others[((size_t)item * (SIM_CAUSES - 1) + (size_t)cause - 1) * l->windows +
                      window] += part;
    }
    if (warm)
        b->measured += amount;
}

/* Bytes that went from one region to another in the window; *share: by cause. */
static double carried(struct sim__ledger *l, uint32_t item, double *share)
{
    double all = 0;
    for (int cause = 0; cause < SIM_CAUSES; cause++) {
        int64_t now = 0;
        for (uint32_t k = 0; k < l->carrier_count; k++)
            now += l->carriers[k].item == item ? l->carriers[k].link->bytes[cause] : 0;
        share[cause] = (double)(now - l->booked[item].carried[cause]);
        all += share[cause];
        l->booked[item].carried[cause] = now;
    }
    to_shares(share);
    return all;
}

/* The quantity of a level over the window: what it was, or the greatest so far. */
static double held(struct sim__ledger *l, uint32_t item, double area_hours, double peak,
                   double hours)
{
    const struct sim_price *price = l->bill->items[item].price;
    if (price == NULL || !price->peak)
        return area_hours;
    l->booked[item].most = fmax(l->booked[item].most, peak);
    return l->booked[item].most * hours;
}

void sim__ledger_roll(struct sim__ledger *l, const struct sim__reading *readings, sim_time length,
                      bool warm)
{
    static const double users[SIM_CAUSES] = {[SIM_USER] = 1};
    double hours = (double)length / HOUR;
    /* the run stopped exactly at the end of a window: this instant is booked in that window */
    if (length == 0 && l->window > 0)
        l->window--;
    if (warm && l->first_warm == l->windows)
        l->first_warm = l->window;
    for (uint32_t i = 0; i < l->world->component_count; i++)
        count_component(l, i);
    for (uint32_t i = 0; i < l->bill->item_count; i++) {
        const struct sim_bill_item *it = &l->bill->items[i];
        double of_link[SIM_CAUSES], amount;
        if (it->component == SIM_NO_COMPONENT) {
            amount = carried(l, i, of_link);
            sim__ledger_book(l, i, amount, of_link, warm);
            continue;
        }
        const struct sim_plan_component *c = &l->world->plan->components[it->component];
        const struct counted *k = &l->counted[it->component];
        if (it->usage->meter == NULL)
            amount = held(l, i, c->nodes * hours, c->nodes, hours);
        else if (sim_usage_over_time(c->model, it->usage))
            amount = held(l, i, readings[i].amount / HOUR, readings[i].peak, hours);
        else
            amount = readings[i].amount;
        sim__ledger_book(l, i, amount,
                         it->usage->split == SIM_SPLIT_REQUESTS ? k->calls_share
                         : it->usage->split == SIM_SPLIT_WORK   ? k->work_share
                                                                : users,
                         warm);
    }
    l->hours += warm ? hours : 0;
    l->window++;
}

/* ---- money ----------------------------------------------------------------------------------- */

/* Computes each item's price per unit, for a month at the run's rate of use. */
static void price_items(struct sim__ledger *l)
{
    for (uint32_t i = 0; i < l->bill->item_count; i++) {
        const struct sim_price *price = l->bill->items[i].price;
        double month = 0;
        for (uint32_t k = 0; price != NULL && k < l->bill->item_count; k++)
            if (l->bill->items[k].price == price)
                month += l->booked[k].measured / l->hours * SIM_MONTH_HOURS;
        l->booked[i].unit_price = month > 0 ? sim_price_month(price, month) / month : 0;
    }
}

/* A line of the costs: of the items from `first` to before `end`, for one cause or all (-1). */
struct line {
    const char *place, *meter;
    uint32_t first, end;
    int cause;
    bool headline;
};

static double others_at(const struct sim__ledger *l, uint32_t item, int cause, uint32_t window)
{
    return l->others[((size_t)item * (SIM_CAUSES - 1) + (size_t)cause - 1) * l->windows + window];
}

/* The cost of a line within a window, $. */
static double window_cost(const struct sim__ledger *l, const struct line *line, uint32_t window)
{
    double cost = 0;
    for (uint32_t i = line->first; i < line->end; i++) {
        if (l->bill->items[i].price == NULL)
            continue;
        double amount = l->amounts[(size_t)i * l->windows + window];
        if (line->cause > SIM_USER)
            amount = others_at(l, i, line->cause, window);
        for (int cause = 1; line->cause == SIM_USER && cause < SIM_CAUSES; cause++)
            amount -= others_at(l, i, cause, window);
        cost += fmax(amount, 0) * l->booked[i].unit_price; /* the users' rest may be below 0 by
                                                              rounding */
    }
    return cost;
}

/* The cost of a line since the warm-up, $. */
static double line_cost(const struct sim__ledger *l, const struct line *line)
{
    double cost = 0;
    for (uint32_t i = line->first; i < line->end; i++)
        if (l->bill->items[i].price != NULL)
            cost += l->booked[i].unit_price *
                    (line->cause >= 0 ? l->booked[i].by_cause[line->cause] : l->booked[i].measured);
    return cost;
}

static double window_hours(const struct sim__ledger *l, uint32_t window)
{
    const struct sim_plan *plan = l->world->plan;
    sim_time left = plan->duration - (sim_time)window * plan->interval;
    return (double)(left < plan->interval ? left : plan->interval) / HOUR;
}

static uint64_t windows_measured(const struct sim__ledger *l)
{
    return l->window > l->first_warm ? l->window - l->first_warm : 0;
}

static int add_line(const struct sim__ledger *l, const struct line *line, double successes,
                    struct sim_record *record)
{
    struct sim_series series = {line->place, line->meter, "per_hour", MONEY, NULL};
    double cost = line_cost(l, line), per_hour = l->hours > 0 ? cost / l->hours : (double)NAN;
    double most = NAN, least = NAN;
    series.values = malloc(l->windows * sizeof(double));
    if (series.values == NULL)
        return -1;
    for (uint32_t w = 0; w < l->windows; w++) {
        double at = w < l->window ? window_cost(l, line, w) / window_hours(l, w) : (double)NAN;
        series.values[w] = at;
        most = w >= l->first_warm ? fmax(at, most) : most;
        least = w >= l->first_warm ? fmin(at, least) : least;
    }
    const double stats[] = {per_hour, per_hour * SIM_MONTH_HOURS,
                            successes > 0 ? cost / successes * 1e6 : (double)NAN, most, least};
    for (uint32_t k = 0; sim_cost_stats[k] != NULL; k++)
        record->metrics[record->metric_count++] = (struct sim_metric){
            .component = line->place,
            .meter = line->meter,
            .stat = sim_cost_stats[k],
            .unit = sim_cost_unit(sim_cost_stats[k]),
            .value = stats[k],
            .headline = line->headline,
            .n = windows_measured(l)};
    const struct sim_plan *plan = l->world->plan;
    if (plan->all_series || line->headline || sim_plan_keeps(plan, line->place, line->meter, NULL))
        record->series[record->series_count++] = series;
    else
        free(series.values);
    return 0;
}

/* The line of all items of a place, whose first item this is. */
static struct line line_of_place(const struct sim__ledger *l, uint32_t first)
{
    const struct sim_bill_item *items = l->bill->items;
    struct line line = {items[first].place, "cost", first, first + 1, -1, true};
    while (line.end < l->bill->item_count && !items[line.end].first_of_place)
        line.end++;
    return line;
}

static bool has_price(const struct sim__ledger *l, const struct line *line)
{
    for (uint32_t i = line->first; i < line->end; i++)
        if (l->bill->items[i].price != NULL)
            return true;
    return false;
}

static int add_item(const struct sim__ledger *l, uint32_t i, double successes,
                    struct sim_record *record)
{
    const struct sim_bill_item *it = &l->bill->items[i];
    struct line line = {it->place, it->cost.name, i, i + 1, -1, false};
    if (it->first_of_place) {
        struct line place = line_of_place(l, i);
        if (has_price(l, &place) && add_line(l, &place, successes, record) != 0)
            return -1;
    }
    if (it->price != NULL && add_line(l, &line, successes, record) != 0)
        return -1;
    record->metrics[record->metric_count++] = (struct sim_metric){.component = it->place,
                                                                  .meter = it->used.name,
                                                                  .stat = sim_used_stats[0],
                                                                  .unit = it->used.unit,
                                                                  .value = l->booked[i].measured /
                                                                           l->hours,
                                                                  .n = windows_measured(l)};
    return 0;
}

int sim__ledger_finish(struct sim__ledger *l, double successes, struct sim_record *record)
{
    uint32_t lines = SIM_CAUSES + 1 + 2 * l->bill->item_count; /* at most */
    struct sim_metric *metrics = realloc(
        record->metrics, (record->metric_count + 6 * (size_t)lines) * sizeof *metrics);
    if (metrics == NULL)
        return -1;
    record->metrics = metrics;
    struct sim_series *series = realloc(record->series,
                                        (record->series_count + (size_t)lines) * sizeof *series);
    if (series == NULL)
        return -1;
    record->series = series;
    price_items(l);
    for (int k = 0; k <= SIM_CAUSES; k++) {
        struct line line = {"cost", sim_cost_meters[k].name, 0, l->bill->item_count, k - 1, k == 0};
        if (add_line(l, &line, successes, record) != 0)
            return -1;
    }
    for (uint32_t i = 0; i < l->bill->item_count; i++)
        if (add_item(l, i, successes, record) != 0)
            return -1;
    return 0;
}

/* ---- over a span of time --------------------------------------------------------------------- */

/* Finds the line of a name. False: there is none; *used then says whether it is an item's use. */
static bool find_line(const struct sim__ledger *l, const char *place, const char *meter,
                      struct line *line, bool *used)
{
    *used = false;
    for (int k = 0; k <= SIM_CAUSES && strcmp(place, "cost") == 0; k++) {
        *line = (struct line){place, meter, 0, l->bill->item_count, k - 1, false};
        if (strcmp(sim_cost_meters[k].name, meter) == 0)
            return true;
    }
    for (uint32_t i = 0; i < l->bill->item_count; i++) {
        const struct sim_bill_item *it = &l->bill->items[i];
        if (strcmp(it->place, place) != 0)
            continue;
        *line = it->first_of_place ? line_of_place(l, i) : *line;
        if (it->first_of_place && strcmp(meter, "cost") == 0)
            return true;
        *line = (struct line){place, meter, i, i + 1, -1, false};
        *used = strcmp(meter, it->used.name) == 0;
        if (*used || strcmp(meter, it->cost.name) == 0)
            return !*used;
    }
    return false;
}

/* The share of a window that is between two times. */
static double share_within(const struct sim__ledger *l, uint32_t window, sim_time from, sim_time to)
{
    const struct sim_plan *plan = l->world->plan;
    sim_time start = (sim_time)window * plan->interval, end = start + plan->interval;
    end = end < plan->duration ? end : plan->duration;
    sim_time first = from > start ? from : start, last = to < end ? to : end;
    return last > first ? (double)(last - first) / (double)(end - start) : 0;
}

void sim__ledger_over(const struct sim__ledger *l, const struct sim_plan_ask *ask,
                      struct sim_metric *m)
{
    struct line line;
    bool used, money = find_line(l, ask->place, ask->meter, &line, &used);
    double sum = 0, hours = 0, most = NAN, least = NAN;
    if (!money && !used)
        return;
    for (uint32_t w = 0; w < l->window && w < l->windows; w++) {
        double within = share_within(l, w, ask->from, ask->to), in_window = window_hours(l, w);
        if (within == 0)
            continue;
        double amount = money ? window_cost(l, &line, w)
                              : l->amounts[(size_t)line.first * l->windows + w];
        sum += within * amount;
        hours += within * in_window;
        m->n++;
        most = within == 1 ? fmax(amount / in_window, most) : most;
        least = within == 1 ? fmin(amount / in_window, least) : least;
    }
    m->unit = money ? sim_cost_unit(ask->stat) : l->bill->items[line.first].used.unit;
    m->value = hours > 0 ? sum / hours : (double)NAN;
    m->value = strcmp(ask->stat, "max") == 0 ? most : m->value;
    m->value = strcmp(ask->stat, "min") == 0 ? least : m->value;
}

/* ---- for the audit --------------------------------------------------------------------------- */

double sim__ledger_booked(const struct sim__ledger *l, uint32_t item)
{
    return l->booked[item].whole;
}

struct sim__ledger_sums sim__ledger_sums(const struct sim__ledger *l)
{
    struct sim__ledger_sums sums = {0};
    uint32_t all = l->bill->item_count;
    struct line total = {"cost", "total", 0, all, -1, false};
    sums.total = line_cost(l, &total);
    for (uint32_t i = 0; i < l->bill->item_count; i++) {
        struct line item = {l->bill->items[i].place, "", i, i + 1, -1, false};
        sums.items += line_cost(l, &item);
    }
    for (int cause = 0; cause < SIM_CAUSES; cause++) {
        struct line of = {"cost", "", 0, all, cause, false};
        sums.causes += line_cost(l, &of);
    }
    for (uint32_t w = l->first_warm; w < l->window && w < l->windows; w++)
        sums.windows += window_cost(l, &total, w);
    return sums;
}
