/* world_json.c - reads the sections before the components: run, keyspaces, regions, links. */
#include "scenario/load.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const series_names[] = {"headline", "all", NULL};

#define OF(member) offsetof(struct sim__run_section, member)

const struct sim_param sim__run_table[] = {
    SIM_ROW(.name = "duration", .kind = SIM_TIME, .offset = OF(duration), .low = 1,
            .high = (double)INT64_MAX, .flags = SIM_REQUIRED, .doc = "Simulated time of one run."),
    SIM_ROW(.name = "warmup", .kind = SIM_TIME, .offset = OF(warmup), .by_default = "0s",
            .doc =
                "Time at the start that metrics leave out; the simulation itself is not changed.",
            .source = "chosen: no default suits every system"),
    SIM_ROW(.name = "interval", .kind = SIM_TIME, .offset = OF(interval), .by_default = "1s",
            .low = 1, .high = (double)INT64_MAX,
            .doc = "Length of a window of the series; the run and its warm-up must be whole "
                   "multiples of it.",
            .source = "chosen: the usual resolution of dashboards"),
    SIM_ROW(.name = "seed", .kind = SIM_COUNT, .offset = OF(seed), .by_default = "1",
            .doc = "Seed of the random streams; the same seed gives the same results.",
            .source = "chosen: any number would do"),
    SIM_ROW(.name = "replications", .kind = SIM_COUNT, .offset = OF(replications),
            .by_default = "5", .low = 1, .high = SIM_REPLICATIONS_MOST,
            .doc = "Independent runs of each variant.",
            .source = "chosen: the fewest that give a usable interval"),
    SIM_ROW(.name = "series", .kind = SIM_CHOICE, .offset = OF(series), .by_default = "headline",
            .choices = series_names, .doc = "Which meters are kept as series.",
            .source = "chosen: what the printed table shows"),
    {.name = NULL},
};

/* The longest interval, up to the given one, that divides both the run and its warm-up; 0: it would
 * make too many windows. */
static sim_time fitting_interval(const struct sim__run_section *run)
{
    sim_time common = run->duration, rest = run->warmup;
    while (rest > 0) {
        sim_time left = common % rest;
        common = rest;
        rest = left;
    }
    sim_time parts = common / run->interval + (common % run->interval > 0);
    while (parts < SIM__WINDOWS_MAX && common % parts > 0)
        parts++;
    bool fits = common % parts == 0 && run->duration / (common / parts) <= SIM__WINDOWS_MAX;
    return fits ? common / parts : 0;
}

/* Reports a run or a warm-up that is not a whole number of windows. */
static void check_windows(struct sim__load *load, const struct sim__at *at,
                          const struct sim__run_section *run)
{
    sim_time over = run->duration % run->interval;
    bool warmup = over == 0;
    char hint[128] = "";
    if (warmup)
        over = run->warmup % run->interval;
    if (over == 0)
        return;
    sim_time fits = fitting_interval(run);
    if (fits > 0)
        snprintf(hint, sizeof hint, "; \"interval\": \"%s\" would do",
                 sim_units_format(SIM_DIM_TIME, (double)fits).s);
    sim__say(load, SIM__KEY(at, warmup ? "warmup" : "interval"), SIM__SOFT,
             "the %s, %s, must be a whole number of intervals of %s: %s is left over%s",
             warmup ? "warm-up" : "duration",
             sim_units_format(SIM_DIM_TIME, (double)(warmup ? run->warmup : run->duration)).s,
             sim_units_format(SIM_DIM_TIME, (double)run->interval).s,
             sim_units_format(SIM_DIM_TIME, (double)over).s, hint);
}

static void check_run(struct sim__load *load, const struct sim__at *at,
                      const struct sim__run_section *run)
{
    const struct sim__at *warmup = SIM__KEY(at, "warmup"), *interval = SIM__KEY(at, "interval");
    if (run->duration <= 0 || run->interval <= 0)
        return; /* said already */
    if (run->warmup >= run->duration)
        sim__say(load, warmup, SIM__SOFT, "the warm-up must be shorter than the run, %s",
                 sim_units_format(SIM_DIM_TIME, (double)run->duration).s);
    if (run->interval > run->duration)
        sim__say(load, interval, SIM__SOFT, "the interval, %s, must not be longer than the run, %s",
                 sim_units_format(SIM_DIM_TIME, (double)run->interval).s,
                 sim_units_format(SIM_DIM_TIME, (double)run->duration).s);
    else
        check_windows(load, at, run);
    if (run->duration / run->interval > SIM__WINDOWS_MAX)
        sim__say(load, interval, SIM__SOFT,
                 "the run has %lld intervals, more than %d: make the interval longer",
                 (long long)(run->duration / run->interval), SIM__WINDOWS_MAX);
}

void sim__read_run(struct sim__load *load, struct sim__run_section *run)
{
    const struct sim__at *at = SIM__KEY(NULL, "run");
    struct sim__keys_allowed allowed = {.tables = {sim__run_table}};
    json_t *object = json_object_get(load->tree, "run");
    *run = (struct sim__run_section){.replications = 1};
    if (!object) {
        sim__say(load, NULL, SIM__SOFT,
                 "\"run\" is missing, such as \"run\": { \"duration\": \"10min\" }");
        return;
    }
    if (!sim__as_object(load, at, object))
        return;
    sim__check_keys(load, at, object, &allowed);
    sim__read_table(load, at, object, sim__run_table, run);
    check_run(load, at, run);
    load->plan->duration = run->duration;
    load->plan->warmup = run->warmup;
    load->plan->interval = run->interval;
    load->plan->all_series = run->series == 1;
}

/* ---- keyspaces ------------------------------------------------------------------------------- */

struct keyspace {
    int64_t keys, subjects;
    struct sim_dist value_bytes;
};

const struct sim_param sim__keyspace_table[] = {
    SIM_ROW(.name = "keys", .kind = SIM_COUNT, .unit = "keys",
            .offset = offsetof(struct keyspace, keys), .low = 1, .high = 281474976710656.0,
            .flags = SIM_REQUIRED, .doc = "Number of keys."),
    SIM_ROW(.name = "value_bytes", .kind = SIM_BYTES_DIST,
            .offset = offsetof(struct keyspace, value_bytes), .by_default = "1024",
            .doc = "Size of each key's value.", .source = "chosen: a round number"),
    SIM_ROW(.name = "subjects", .kind = SIM_COUNT, .unit = "subjects",
            .offset = offsetof(struct keyspace, subjects), .low = 1, .high = 281474976710656.0,
            .flags = SIM_OPTIONAL,
            .doc =
                "Number of subjects (people) that the keys are about: key k belongs to subject k "
                "modulo this number. Without it, copies are not counted."),
    {.name = NULL},
};

const char *const sim__keyspace_keys[] = {"popularity", "home", NULL};
const char *const sim__popularity_types[] = {"uniform", "zipf", "hot-set", NULL};

/* The fields of each type of popularity, for the reader and the page. */
static const char *const popularity_keys[][4] = {
    {"type", NULL}, {"type", "exponent", NULL}, {"type", "hot", "share", NULL}};
static const char *const popularity_docs[] = {
    "All keys are equally likely.",
    "The key of rank k has a weight of 1/k^exponent (0 to 100; 0.99 is YCSB's).",
    "The first `hot` keys get this `share` of the requests, the others the rest, equally likely."};

struct popularity {
    int type; /* index into sim__popularity_types */
    double exponent, share;
    int64_t hot;
};

static bool read_amount_of(struct sim__load *load, const struct sim__at *at, json_t *object,
                           const char *key, enum sim_dimension dimension, double most,
                           struct sim_amount *amount)
{
    json_t *value = json_object_get(object, key);
    at = SIM__KEY(at, key);
    if (!value) {
        sim__say(load, at->up, 0, "this popularity needs \"%s\", such as %s", key,
                 sim_units_example(dimension));
        return false;
    }
    if (!sim__read_amount(load, at, value, dimension, "keys", false, amount))
        return false;
    if (amount->value < 0 || amount->value > most) {
        sim__say(load, at, 0, "\"%s\" must be between 0 and %s", key, sim_number_text(most).s);
        return false;
    }
    return true;
}

static bool read_popularity(struct sim__load *load, const struct sim__at *at, json_t *value,
                            int64_t keys, struct popularity *out)
{
    *out = (struct popularity){0};
    if (!json_is_object(value)) {
        if (!sim__read_choice(load, at, value, sim__popularity_types, &out->type))
            return false;
        if (out->type != 0)
            sim__say(load, at, 0, "\"%s\" needs more than its name: {\"type\": \"%s\", \"%s\": …}",
                     sim__popularity_types[out->type], sim__popularity_types[out->type],
                     popularity_keys[out->type][1]);
        return out->type == 0;
    }
    json_t *tag = json_object_get(value, "type");
    if (!tag) {
        sim__say(load, at, 0, "a popularity needs its \"type\", such as \"zipf\"");
        return false;
    }
    if (!sim__read_choice(load, SIM__KEY(at, "type"), tag, sim__popularity_types, &out->type))
        return false;
    struct sim__keys_allowed allowed = {.others = popularity_keys[out->type]};
    sim__check_keys(load, at, value, &allowed);
    struct sim_amount amount = {0}, share = {0};
    if (out->type == 0)
        return true;
    if (out->type == 1) {
        bool good = read_amount_of(load, at, value, "exponent", SIM_DIM_NUMBER, 100, &amount);
        out->exponent = amount.value;
        return good;
    }
    bool good = read_amount_of(load, at, value, "hot", SIM_DIM_COUNT,
                               keys > 0 ? (double)keys : 1e15, &amount) &&
                read_amount_of(load, at, value, "share", SIM_DIM_FRACTION, 1, &share);
    out->hot = amount.whole;
    out->share = share.value;
    return good;
}

void sim_popularity_page(void *stdio_file)
{
    enum { COLUMN = 12 };
    FILE *file = stdio_file;
    fprintf(file, "%s",
            "popularity: How often each key of a keyspace is requested.\n\n"
            "Given in a keyspace, such as "
            "\"popularity\": { \"type\": \"zipf\", \"exponent\": 0.99 }; \"uniform\" may be\n"
            "given by its name alone, and is the default.\n\nTypes and their "
            "fields\n");
    for (int i = 0; sim__popularity_types[i]; i++) {
        char fields[64] = "";
        for (int k = 1; popularity_keys[i][k]; k++)
            snprintf(fields + strlen(fields), sizeof fields - strlen(fields), "%s%s",
                     k > 1 ? ", " : "", popularity_keys[i][k]);
        fprintf(file, "  %-*s%-*s", COLUMN - 2, sim__popularity_types[i], COLUMN, fields);
        sim__page_wrapped(file, 2 * COLUMN, popularity_docs[i]);
    }
}

static int make_keys(struct sim_keys *keys, uint64_t n, const struct popularity *p)
{
    if (p->type == 0)
        return sim_keys_uniform(keys, n);
    if (p->type == 1)
        return sim_keys_zipf(keys, n, p->exponent);
    return sim_keys_hot_set(keys, n, (uint64_t)p->hot, p->share);
}

/* The sampler of a popularity: the one of an earlier variant, or a new one. */
static const struct sim_keys *sampler(struct sim__load *load, const struct sim__at *at, uint64_t n,
                                      const struct popularity *p)
{
    struct sim__document *d = load->document;
    const struct sim__popular of = {(uint64_t)p->type, n, (uint64_t)p->hot, p->exponent, p->share};
    uint32_t known = sim_lookup_get(&d->sampler_numbers, (const char *)&of, sizeof of);
    if (known != SIM_LOOKUP_NONE)
        return &d->samplers[known]->keys;
    struct sim__sampler **samplers = sim__grown(load, d->samplers, d->sampler_count,
                                                &d->sampler_room, sizeof(struct sim__sampler *));
    struct sim__sampler *s = sim__alloc(load, 1, sizeof *s);
    if (!s || !samplers)
        return NULL;
    d->samplers = samplers;
    s->of = of;
    if (make_keys(&s->keys, n, p)) {
        sim__say(load, at, 0,
                 p->type == 2 ? "\"share\" must be 0 when no key is hot and 1 when all are"
                              : "this popularity cannot be made");
        return NULL;
    }
    d->samplers[d->sampler_count] = s;
    d->sampler_numbers.arena = load->arena;
    sim_lookup_put(&d->sampler_numbers, (const char *)&s->of, sizeof s->of,
                   (uint32_t)d->sampler_count);
    d->sampler_count++;
    return &s->keys;
}

/* Reads the shares of the subjects by region and stores their running sums. */
static void read_home(struct sim__load *load, const struct sim__at *at, json_t *value,
                      struct sim_plan_keyspace *out)
{
    json_t *map = sim__as_object(load, at, value), *share;
    const char *key;
    double sum = 0;
    size_t said = load->said;
    out->homes = sim__alloc(load, sim__member_count(map), sizeof *out->homes);
    json_object_foreach (map, key, share) {
        const struct sim__at *member = SIM__KEY(at, key);
        struct sim_amount amount;
        if (sim__is_free(key) || !out->homes)
            continue;
        uint32_t region = sim__find_region(load, member, key);
        if (!sim__read_amount(load, member, share, SIM_DIM_FRACTION, NULL, false, &amount))
            continue;
        if (amount.value < 0 || amount.value > 1)
            sim__say(load, member, 0, "a share of the subjects is between 0 and 1");
        sum += amount.value;
        out->homes[out->home_count++] = (struct sim_home){region, sum};
    }
    if (map && load->said == said && fabs(sum - 1) > 1e-9)
        sim__say(load, at, SIM__SOFT, "the shares of \"home\" add up to %s, not to 1",
                 sim_number_text(sum).s);
    if (out->subjects == 0)
        sim__say(load, at, SIM__ON_KEY | SIM__SOFT,
                 "\"home\" says where subjects live, but there are none: give \"subjects\"");
}

static void read_keyspace(struct sim__load *load, const struct sim__at *at, json_t *object,
                          struct sim_plan_keyspace *out)
{
    struct sim__keys_allowed allowed = {.tables = {sim__keyspace_table},
                                        .others = sim__keyspace_keys};
    struct keyspace read = {0};
    struct popularity popularity;
    if (!sim__as_object(load, at, object))
        return;
    sim__check_keys(load, at, object, &allowed);
    sim__read_table(load, at, object, sim__keyspace_table, &read);
    out->value_bytes = read.value_bytes;
    out->subjects = (uint64_t)read.subjects;
    if (read.subjects > read.keys && read.keys > 0)
        sim__say(load, SIM__KEY(at, "subjects"), SIM__SOFT,
                 "there are more subjects than keys: some subjects would have no key");
    if (json_object_get(object, "home"))
        read_home(load, SIM__KEY(at, "home"), json_object_get(object, "home"), out);
    json_t *value = json_object_get(object, "popularity");
    if (!value) {
        value = json_string("uniform");
        if (!value || json_object_set_new(object, "popularity", value)) {
            load->out_of_memory = true;
            return;
        }
    }
    at = SIM__KEY(at, "popularity");
    if (!read_popularity(load, at, value, read.keys, &popularity) || read.keys < 1)
        return;
    const struct sim_keys *keys = sampler(load, at, (uint64_t)read.keys, &popularity);
    if (keys)
        out->keys = *keys;
}

void sim__read_keyspaces(struct sim__load *load)
{
    const struct sim__at *at = SIM__KEY(NULL, "keyspaces");
    struct sim_plan *plan = load->plan;
    json_t *map = sim__as_object(load, at, json_object_get(load->tree, "keyspaces"));
    const char *key;
    json_t *value;
    plan->keyspaces = sim__alloc(load, sim__member_count(map), sizeof *plan->keyspaces);
    sim_lookup_clear(&load->keyspace_names);
    json_object_foreach (map, key, value) {
        const struct sim__at *member = SIM__KEY(at, key);
        if (!sim__is_member(load, member, key, value) || !plan->keyspaces)
            continue;
        struct sim_plan_keyspace *out = &plan->keyspaces[plan->keyspace_count];
        out->name = sim__copy(load, key);
        if (!out->name)
            return;
        sim__name_put(load, &load->keyspace_names, out->name, plan->keyspace_count++);
        read_keyspace(load, member, value, out);
    }
}

/* ---- regions and links ----------------------------------------------------------------------- */

const char *const sim__link_keys[] = {"between", NULL};

/* Reads one end of a link. 1: a region, 2: a component, 3: a zone, 0: none of these (reported). */
static int read_end(struct sim__load *load, const struct sim__at *at, json_t *value,
                    uint32_t *index)
{
    const struct sim_plan *plan = load->plan;
    const char *name = sim__read_text(load, at, value);
    if (!name)
        return 0;
    uint32_t region = sim__place_named(load, name);
    uint32_t component = sim__component_named(plan, name);
    if (region != SIM_NOWHERE && component != SIM_NOWHERE) {
        sim__say(load, at, SIM__SOFT, "\"%s\" names a region and a component: rename one",
                 sim_quote(name).s);
        return 0;
    }
    *index = region != SIM_NOWHERE ? region : component;
    if (*index != SIM_NOWHERE)
        return region == SIM_NOWHERE ? 2 : region < plan->region_count ? 1 : 3;
    struct sim_nearest nearest = sim_nearest(name);
    uint32_t names = plan->region_count + plan->zone_count;
    for (uint32_t i = 0; i < names && sim__may_hint(load, names); i++)
        sim_nearest_try(&nearest, sim_plan_place_name(plan, i));
    names = plan->component_count;
    for (uint32_t i = 0; i < names && sim__may_hint(load, names); i++)
        sim_nearest_try(&nearest, plan->components[i].name);
    sim__say(load, at, SIM__SOFT,
             strchr(name, '/') ? "there is no zone \"%s\"%s"
                               : "there is no region and no component \"%s\"%s",
             sim_quote(name).s, sim_nearest_hint(&nearest).s);
    return 0;
}

static bool read_between(struct sim__load *load, const struct sim__at *at, json_t *value,
                         struct sim_plan_link *link)
{
    if (!value) {
        sim__say(load, at->up, SIM__SOFT,
                 "\"between\" is missing: two regions or two components, such as [\"eu\", \"us\"]");
        return false;
    }
    if (!json_is_array(value) || json_array_size(value) != 2) {
        sim__say(load, at, 0, "a list of two names is wanted here, such as [\"eu\", \"us\"]");
        return false;
    }
    const struct sim_plan *plan = load->plan;
    int a = read_end(load, SIM__ITEM(at, 0), json_array_get(value, 0), &link->a);
    int b = read_end(load, SIM__ITEM(at, 1), json_array_get(value, 1), &link->b);
    if (!a || !b)
        return false;
    if (a != b) {
        sim__say(load, at, SIM__SOFT,
                 plan->zone_count > 0
                     ? "a link is between two regions, two zones or two components, not one of each"
                     : "a link is between two regions or two components, not one of each");
        return false;
    }
    link->components = a == 2;
    const struct sim_plan_component *c = link->components ? &plan->components[link->a] : NULL;
    if (c && link->a == link->b && (!c->model || !sim_model_has_peers(c->model))) {
        sim__say(load, at, SIM__SOFT, "a component needs no link to itself");
        return false;
    }
    return true;
}

static void check_pair(struct sim__load *load, const struct sim__at *at, uint32_t count)
{
    const struct sim_plan_link *link = &load->plan->links[count];
    struct sim_lookup *pairs = link->components ? &load->component_links : &load->place_links;
    uint32_t low = link->a < link->b ? link->a : link->b, high = link->a + link->b - low;
    pairs->arena = load->arena;
    uint32_t first = sim_lookup_put_pair(pairs, low, high, count);
    load->out_of_memory = load->out_of_memory || pairs->failed;
    if (first < count)
        sim__say(load, at, SIM__SOFT,
                 "this pair has a link already, /links/%u: a link goes "
                 "both ways",
                 first);
}

void sim__read_network(struct sim__load *load)
{
    const struct sim__at *at = SIM__KEY(NULL, "links");
    struct sim_plan *plan = load->plan;
    json_t *list = sim__as_list(load, at, json_object_get(load->tree, "links"));
    struct sim__keys_allowed allowed = {.tables = {sim_link_param_table}, .others = sim__link_keys};
    size_t count = json_array_size(list);
    if (count > SIM__MEMBERS_MAX) {
        sim__say(load, at, 0, "there can be %d links at most", SIM__MEMBERS_MAX);
        return;
    }
    sim_lookup_clear(&load->component_links);
    sim_lookup_clear(&load->place_links);
    plan->links = sim__alloc(load, count, sizeof *plan->links);
    for (size_t i = 0; i < count && plan->links; i++) {
        const struct sim__at *item = SIM__ITEM(at, i);
        json_t *object = sim__as_object(load, item, json_array_get(list, i));
        struct sim_plan_link *link = &plan->links[plan->link_count];
        *link = (struct sim_plan_link){0};
        if (!object)
            continue;
        sim__check_keys(load, item, object, &allowed);
        sim__read_table(load, item, object, sim_link_param_table, &link->params);
        const struct sim__at *between = SIM__KEY(item, "between");
        if (!read_between(load, between, json_object_get(object, "between"), link))
            continue;
        check_pair(load, between, plan->link_count);
        plan->link_count++;
    }
}

/* ---- a whole plan ---------------------------------------------------------------------------- */
