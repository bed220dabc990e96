/* bill.c - makes the bill of a plan: each use of each component and the transfer between regions,
 * with their prices in the book. */
#include "scenario/prices/price_book.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- which price ----------------------------------------------------------------------------- */

/* The later of two entries; either may be NULL. */
static const struct sim__price_entry *later(const struct sim__price_entry *a,
                                            const struct sim__price_entry *b)
{
    return a && (!b || a->number > b->number) ? a : b;
}

static const struct sim__price_entry *price_of_link(const struct sim__price_book *book,
                                                    const char *from, const char *to,
                                                    const char *usage)
{
    char pair[2 * SIM__NAME_MAX + 2];
    snprintf(pair, sizeof pair, "%s>%s", from, to);
    const struct sim__price_entry *found = sim__price_of(book, SIM__PRICED_LINK, pair, usage);
    if (!found && strcmp(from, to) == 0)
        return sim__price_of(book, SIM__PRICED_LINK, "within", usage);
    snprintf(pair, sizeof pair, "%s>*", from);
    found = found ? found : sim__price_of(book, SIM__PRICED_LINK, pair, usage);
    snprintf(pair, sizeof pair, "*>%s", to);
    found = found ? found : sim__price_of(book, SIM__PRICED_LINK, pair, usage);
    return found ? found
                 : later(sim__price_of(book, SIM__PRICED_LINK, "between", usage),
                         sim__price_of(book, SIM__PRICED_LINK, "*>*", usage));
}

/* The most specific entry; of two equally specific ones, the later. */
static const struct sim_price *price_of(const struct sim__price_book *book,
                                        const struct sim_plan *plan, const struct sim_bill_item *it)
{
    const struct sim__price_entry *found;
    const char *usage = it->usage->name;
    if (it->component == SIM_NO_COMPONENT && it->from >= plan->region_count) {
        found = sim__price_of(book, SIM__PRICED_LINK, "zones", usage);
    } else if (it->component == SIM_NO_COMPONENT) {
        found = price_of_link(book, plan->regions[it->from], plan->regions[it->to], usage);
    } else {
        const struct sim_plan_component *c = &plan->components[it->component];
        found = sim__price_of(book, SIM__PRICED_COMPONENT, c->name, usage);
        if (!found)
            found = sim__price_of(book, SIM__PRICED_MODEL, c->model->name, usage);
        if (!found)
            found = sim__price_of(book, SIM__PRICED_ANY, "*", usage);
    }
    return found ? &found->price : NULL;
}

/* ---- the items ------------------------------------------------------------------------------- */

static void finish_item(struct sim__load *load, struct sim_bill_item *it,
                        const struct sim_model *model, const struct sim__price_book *book)
{
    bool over_time = sim_usage_over_time(model, it->usage);
    const char *name = it->usage->name, *noun = it->usage->noun;
    const char *cost = sim_arena_format(load->arena, "cost_%s", name);
    const char *used = sim_arena_format(load->arena, "used_%s", name);
    const char *unit = noun ? sim_arena_format(load->arena, "%ss%s", noun, over_time ? "" : "/h")
                       : over_time ? "B"
                                   : "B/h";
    if (!cost || !used || !unit) {
        load->out_of_memory = true;
        return;
    }
    it->cost = (struct sim_meter){.name = cost, .kind = SIM_GAUGE, .unit = "$/h"};
    it->used = (struct sim_meter){.name = used, .kind = SIM_GAUGE, .unit = unit};
    it->price = price_of(book, load->plan, it);
}

/* Pairs of regions between which calls or answers go, in order. The two may be the same region; if
 * the book has a price for it, pairs of its zones are apart from it. */
struct crossed {
    struct pair {
        uint32_t from, to;
    } * pairs;
    size_t count, room;
    struct sim_lookup known;
    bool zones, failed;
};

static void cross(struct crossed *x, uint32_t from, uint32_t to)
{
    if (from == SIM_NOWHERE || to == SIM_NOWHERE ||
        sim_lookup_put_pair(&x->known, from, to, (uint32_t)x->count) != x->count)
        return;
    if (x->count == x->room) {
        size_t room = x->room ? 2 * x->room : 64;
        struct pair *grown = realloc(x->pairs, room * sizeof *grown);
        if (!grown) {
            x->failed = true;
            return;
        }
        x->pairs = grown;
        x->room = room;
    }
    x->pairs[x->count++] = (struct pair){from, to};
}

static int in_order(const void *left, const void *right)
{
    const struct pair *a = left, *b = right;
    int order = (a->from > b->from) - (a->from < b->from);
    return order ? order : (a->to > b->to) - (a->to < b->to);
}

/* Adds the ways between the sites of two components. */
static void cross_all(const struct sim_plan *plan, struct crossed *x,
                      const struct sim_plan_component *a, const struct sim_plan_component *b)
{
    for (uint32_t s = 0; s < sim_plan_sites(a); s++)
        for (uint32_t t = 0; t < sim_plan_sites(b); t++) {
            struct sim_plan_site from = sim_plan_site(a, s), to = sim_plan_site(b, t);
            uint32_t here = from.region, there = to.region;
            if (x->zones && here == there && from.zone != to.zone && from.zone != SIM_NOWHERE &&
                to.zone != SIM_NOWHERE) {
                here = plan->region_count + from.zone;
                there = plan->region_count + to.zone;
            }
            cross(x, here, there);
            cross(x, there, here);
        }
}

static void find_crossed(struct sim__load *load, struct crossed *x)
{
    const struct sim_plan *plan = load->plan;
    for (uint32_t i = 0; i < plan->component_count; i++) {
        const struct sim_plan_component *c = &plan->components[i];
        const struct sim_port_def *ports = c->model && c->ports ? c->model->ports : NULL;
        for (uint32_t p = 0; ports && ports[p].name; p++) {
            for (uint32_t t = 0; t < c->ports[p].count; t++)
                cross_all(plan, x, c, &plan->components[c->ports[p].targets[t].component]);
            if ((ports[p].flags & SIM_PEERS) && c->nodes > 1)
                cross_all(plan, x, c, c);
        }
    }
    load->out_of_memory = load->out_of_memory || x->failed || x->known.failed;
    if (x->count > 0)
        qsort(x->pairs, x->count, sizeof *x->pairs, in_order);
}

static void add_links(struct sim__load *load, const struct sim__price_book *book,
                      struct sim_bill *bill, const struct crossed *x)
{
    const struct sim_plan *plan = load->plan;
    for (size_t i = 0; i < x->count; i++) {
        struct sim_bill_item *it = &bill->items[bill->item_count];
        *it = (struct sim_bill_item){.usage = &sim_link_usages[0],
                                     .component = SIM_NO_COMPONENT,
                                     .from = x->pairs[i].from,
                                     .to = x->pairs[i].to,
                                     .first_of_place = true};
        it->place = sim_arena_format(load->arena, "%s>%s", sim_plan_place_name(plan, it->from),
                                     sim_plan_place_name(plan, it->to));
        if (!it->place) {
            load->out_of_memory = true;
            return;
        }
        finish_item(load, it, NULL, book);
        bill->item_count++;
    }
}

static void fill_bill(struct sim__load *load, const struct sim__price_book *book,
                      struct sim_bill *bill, struct sim_bill_item *items,
                      const struct crossed *crossed)
{
    struct sim_plan *plan = load->plan;
    const struct sim_usage *u;
    *bill = (struct sim_bill){.title = book->title,
                              .date = book->date,
                              .source = book->source,
                              .items = items,
                              .zones = crossed->zones};
    for (uint32_t i = 0; i < plan->component_count; i++) {
        const struct sim_plan_component *c = &plan->components[i];
        bool first = true;
        for (size_t index = 0; c->model && (u = sim_usage_next(c->model, &index)) != NULL;) {
            struct sim_bill_item *it = &bill->items[bill->item_count++];
            *it = (struct sim_bill_item){
                .usage = u, .component = i, .place = c->name, .first_of_place = first};
            first = false;
            finish_item(load, it, c->model, book);
        }
    }
    add_links(load, book, bill, crossed);
    plan->bill = bill;
}

static void make_bill(struct sim__load *load, const struct sim__price_book *book)
{
    struct sim_plan *plan = load->plan;
    struct sim_bill *bill = sim__alloc(load, 1, sizeof *bill);
    struct crossed crossed = {
        .zones = sim__price_of(book, SIM__PRICED_LINK, "zones", sim_link_usages[0].name) != NULL};
    size_t most = 0, index;
    for (uint32_t i = 0; i < plan->component_count; i++)
        for (index = 0;
             plan->components[i].model && sim_usage_next(plan->components[i].model, &index);)
            most++;
    find_crossed(load, &crossed);
    struct sim_bill_item *items = sim__alloc(load, most + crossed.count, sizeof *items);
    if (bill && items && !crossed.failed)
        fill_bill(load, book, bill, items, &crossed);
    sim_lookup_free(&crossed.known);
    free(crossed.pairs);
}

/* ---- its metrics ----------------------------------------------------------------------------- */

static int find_stat(const struct sim_meter *meter, const char *stat, struct sim__metric *out,
                     struct sim_error *error)
{
    bool used = strncmp(meter->name, "used_", 5) == 0;
    const char *const *stats = used ? sim_used_stats : sim_cost_stats;
    struct sim_nearest nearest = sim_nearest(stat ? stat : stats[0]);
    out->meter = meter;
    out->stat = stats[0];
    out->has_stat = stat != NULL;
    out->dimension = SIM_DIM_NUMBER;
    out->scale = 1;
    size_t i = 0;
    while (stat && stats[i] && strcmp(stats[i], stat) != 0)
        sim_nearest_try(&nearest, stats[i++]);
    if (stats[i]) {
        out->stat = stats[i];
        out->money = used ? NULL : sim_cost_unit(stats[i]);
        return 1;
    }
    snprintf(error->text, sizeof error->text, "\"%s\" has no statistic \"%s\": it has %s%s",
             meter->name, sim_quote(stat).s,
             used ? "per_hour" : "per_hour, per_month, per_million, max and min",
             sim_nearest_hint(&nearest).s);
    return -1;
}

static int find_total(const char *name, const char *stat, struct sim__metric *out,
                      struct sim_error *error)
{
    struct sim_nearest nearest = sim_nearest(name);
    out->place = "cost";
    for (const struct sim_meter *m = sim_cost_meters; m->name; m++) {
        if (strcmp(m->name, name) == 0)
            return find_stat(m, stat, out, error);
        sim_nearest_try(&nearest, m->name);
    }
    snprintf(error->text, sizeof error->text,
             "\"cost\" has the total and the causes, such as \"cost.total\" and \"cost.retry\", "
             "not \"%s\"%s",
             sim_quote(name).s, sim_nearest_hint(&nearest).s);
    return -1;
}

/* The first line of a component; with SIM_NO_COMPONENT, the first line that belongs to none. Lines
 * are in the order of the components, and those of no component come last. */
static uint32_t first_of(const struct sim_bill *bill, uint32_t component)
{
    uint32_t low = 0, high = bill->item_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (bill->items[middle].component < component)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Finds a line of the bill at a place: "cost", "cost_storage", "used_storage". */
static int find_line(const struct sim_bill *bill, uint32_t component, const char *place,
                     const char *meter, const char *stat, struct sim__metric *out,
                     struct sim_error *error)
{
    struct sim_nearest nearest = sim_nearest(meter);
    bool priced = false, here = false;
    for (uint32_t i = first_of(bill, component); i < bill->item_count; i++) {
        const struct sim_bill_item *it = &bill->items[i];
        if (component != SIM_NOWHERE && it->component != component)
            break;
        if (strcmp(it->place, place) != 0)
            continue;
        here = true;
        out->place = it->place;
        priced = priced || it->price;
        if (strcmp(it->used.name, meter) == 0)
            return find_stat(&it->used, stat, out, error);
        if (strcmp(it->cost.name, meter) == 0 && it->price)
            return find_stat(&it->cost, stat, out, error);
        if (strcmp(it->cost.name, meter) == 0) {
            snprintf(error->text, sizeof error->text, "\"%s\" of \"%s\" has no price in the book",
                     it->usage->name, place);
            return -1;
        }
        sim_nearest_try(&nearest, it->cost.name);
        sim_nearest_try(&nearest, it->used.name);
    }
    if (here && priced && strcmp(meter, "cost") == 0)
        return find_stat(sim_cost_place_meter, stat, out, error);
    if (here && strcmp(meter, "cost") == 0)
        snprintf(error->text, sizeof error->text, "nothing of \"%s\" has a price in the book",
                 place);
    else
        snprintf(error->text, sizeof error->text, "there is no \"%s\" of \"%s\" on the bill%s",
                 sim_quote(meter).s, sim_quote(place).s, sim_nearest_hint(&nearest).s);
    return -1;
}

int sim__metric_of_bill(const struct sim_plan *plan, const char *place, const char *meter,
                        const char *stat, struct sim__metric *out, struct sim_error *error)
{
    bool cost = strcmp(meter, "cost") == 0 || strncmp(meter, "cost_", 5) == 0 ||
                strncmp(meter, "used_", 5) == 0;
    uint32_t index = sim__component_named(plan, place);
    bool component = index != SIM_NOWHERE;
    bool total = strcmp(place, "cost") == 0 && !component;
    if (!total && !strchr(place, '>') && !(cost && component))
        return 0;
    if (!plan->bill) {
        snprintf(error->text, sizeof error->text,
                 "there is no bill without \"prices\", so there is no \"%s.%s\"",
                 sim_quote(place).s, sim_quote(meter).s);
        return -1;
    }
    if (plan->bill->broken) { /* said already */
        error->text[0] = '\0';
        return -1;
    }
    if (total)
        return find_total(meter, stat, out, error);
    return find_line(plan->bill, index, place, meter, stat, out, error);
}

/* ---- the section ----------------------------------------------------------------------------- */

/* Merges the scenario's own prices into a book. A price is replaced as a whole: nothing stays of a
 * replaced price with tiers. `depth`: the number of objects between these members and prices. 0, or
 * -1 when out of memory. */
static int put_over(json_t *book, json_t *own, int depth)
{
    const char *key;
    json_t *value;
    json_object_foreach (own, key, value) {
        json_t *was = json_object_get(book, key);
        int below = strcmp(key, "transfer") == 0 ? depth - 2 : depth - 1;
        bool within = depth > 0 && json_is_object(was) && json_is_object(value);
        if (within ? put_over(was, value, below) : json_object_set(book, key, value))
            return -1;
    }
    return 0;
}

/* Replaces the name of a book in the document by its prices, so that they appear in resolved.json
 * and in the hash. */
static void resolve(struct sim__load *load, const char *name, json_t *file, json_t *own)
{
    json_t *all = json_deep_copy(file);
    bool good = all != NULL && (!json_is_object(own) || put_over(all, own, 2) == 0);
    if (good)
        json_object_del(all, "schema_version");
    good = good && json_object_set_new(all, "book", json_string(name)) == 0 &&
           json_object_set(load->tree, "prices", all) == 0;
    load->out_of_memory = load->out_of_memory || !good;
    json_decref(all);
}

void sim__read_prices(struct sim__load *load)
{
    const struct sim__at *at = SIM__KEY(NULL, "prices");
    json_t *value = json_object_get(load->tree, "prices"), *named = value;
    struct sim__price_book book = {.title = NULL};
    size_t said = load->said;
    if (!value)
        return;
    if (json_is_object(value)) {
        named = json_object_get(value, "book");
    } else if (!json_is_string(value)) {
        sim__say(
            load, at, 0,
            "the name of a price book is wanted here, such as \"prices/round-numbers\", or prices "
            "in { }, not %s",
            sim__json_kind(value));
        return;
    }
    const struct sim__at *name_at = json_is_object(value) ? SIM__KEY(at, "book") : at;
    const char *name = sim__read_text(load, name_at, named);
    struct sim__book_file *file = name ? sim__book_open(load, name_at, name) : NULL;
    if (file) {
        struct sim__document *own = load->document;
        load->document = &file->document;
        sim__read_book(load, NULL, file->document.root, true, &book);
        load->document = own;
    }
    if (json_is_object(value))
        sim__read_book(load, at, value, !named, &book);
    if (sim__component_named(load->plan, "cost") != SIM_NOWHERE)
        sim__say(
            load, SIM__KEY(SIM__KEY(NULL, "components"), "cost"), SIM__ON_KEY,
            "with \"prices\" no component can be named \"cost\": this is the name of the bill");
    static const struct sim_bill broken = {.broken = true};
    load->plan->bill = &broken;
    if (load->said == said && (file || !named))
        make_bill(load, &book);
    if (file)
        resolve(load, name, file->document.root, value);
}
