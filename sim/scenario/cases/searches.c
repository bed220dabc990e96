/* searches.c - reads what searches need: ranges and criteria of the command line, and the sections
 * "map" and "sensitivity" of a file. */
#include "scenario/cases/vary.h"

#include "scenario/load.h"

#include <math.h>
#include <string.h>

enum { STEPS_MAX = 200, INPUTS_MAX = 40 };

/* ---- the criterion --------------------------------------------------------------------------- */

static const char *trimmed(struct sim__load *load, const char *from, const char *to)
{
    while (from < to && *from == ' ')
        from++;
    while (to > from && to[-1] == ' ')
        to--;
    char *text = sim_arena_copy_part(load->arena, from, (size_t)(to - from));
    load->out_of_memory = load->out_of_memory || !text;
    return text;
}

static void read_time(struct sim__load *load, const struct sim__spot *spot, const char *text,
                      double *out)
{
    struct sim_amount amount;
    struct sim_error error;
    *out = NAN;
    if (!text)
        return;
    if (sim_units_parse(text, SIM_DIM_TIME, NULL, &amount, &error))
        sim__spot_say(load, spot, "%s", error.text);
    else
        *out = amount.value / 1e9;
}

static void read_windows(struct sim__load *load, const struct sim__spot *from_spot,
                         const struct sim__spot *to_spot, const struct sim_plan *plan,
                         const char *from, const char *to, struct sim_criterion *c)
{
    read_time(load, from_spot, from, &c->from);
    read_time(load, to_spot, to, &c->to);
    if (c->from >= c->to)
        sim__spot_say(load, to_spot, "the time ends at %s, before it begins at %s", to, from);
    else if (c->from * 1e9 >= (double)plan->duration)
        sim__spot_say(load, from_spot, "the run ends before this, at %s",
                      sim_units_format(SIM_DIM_TIME, (double)plan->duration).s);
    else if (c->to * 1e9 > (double)plan->duration)
        sim__spot_say(load, to_spot, "the run ends before this, at %s",
                      sim_units_format(SIM_DIM_TIME, (double)plan->duration).s);
}

static void read_criterion(struct sim__load *load, const struct sim__spot *spot,
                           const struct sim_plan *plan, const char *text, struct sim_criterion *c)
{
    struct sim__metric metric;
    struct sim_amount amount;
    struct sim_error error;
    const char *op = text + strcspn(text, "<>=!");
    size_t n = strspn(op, "<>=!");
    bool known = (n == 1 && *op != '=' && *op != '!') ||
                 (n == 2 && (*op == '<' || *op == '>') && op[1] == '=');
    c->text = sim__copy(load, text);
    if (!known) {
        sim__spot_say(load, spot,
                      "\"%s\" is not a criterion: write METRIC op VALUE with one of < <= > >=, "
                      "such as 'users.success.mean >= 0.999'",
                      sim_quote(text).s);
        return;
    }
    c->direction = *op == '>' ? 1 : -1;
    c->strict = n == 1;
    c->that = trimmed(load, text, op);
    const char *value = trimmed(load, op + n, text + strlen(text));
    if (!c->that || !value)
        return;
    if (sim__metric_find(plan, c->that, &metric, &error)) {
        if (error.text[0])
            sim__spot_say(load, spot, "%s", error.text);
        return;
    }
    if (sim_units_parse(value, metric.dimension, NULL, &amount, &error))
        sim__spot_say(load, spot, "%s", error.text);
    else if (sim__metric_fits(&metric, amount.value, &error))
        sim__spot_say(load, spot, "%s", error.text);
    c->bound = metric.dimension == SIM_DIM_TIME ? amount.value / 1e9 : amount.value;
    bool windowed = !isnan(c->from) || !isnan(c->to);
    if (windowed && sim__metric_is_whole(&metric))
        sim__spot_say(load, spot, "\"%s\" exists only for the whole run: leave out the times",
                      metric.stat);
    bool extreme = strcmp(metric.stat, "max") == 0 || strcmp(metric.stat, "min") == 0;
    if (extreme && metric.meter->kind != SIM_HISTOGRAM &&
        !sim_span_has_window(plan, c->from, c->to))
        sim__spot_say(load, spot,
                      "there is no whole window between these times: \"%s\" has windows of %s",
                      metric.stat, sim_units_format(SIM_DIM_TIME, (double)plan->interval).s);
    if (!metric.has_stat)
        c->that = sim_arena_format(load->arena, "%s.%s", c->that, metric.stat);
}

/* ---- the command line ------------------------------------------------------------------------ */

/* PATH=LO..HI[:N] */
static void read_option(struct sim__load *load, const struct sim__spot *spot, const char *text,
                        bool steps, const char *variant, struct sim_vary *v)
{
    const char *equals = strchr(text, '='), *dots = equals ? strstr(equals, "..") : NULL;
    const char *colon = dots ? strchr(dots, ':') : NULL;
    const char *end = colon ? colon : text + strlen(text);
    struct sim_amount count;
    struct sim_error ignored;
    if (!dots || equals == text || dots == equals + 1 || dots + 2 == end ||
        steps != (colon != NULL)) {
        sim__spot_say(load, spot, "\"%s\" is not of the form PATH=LOW..HIGH%s, such as %s%s",
                      sim_quote(text).s, steps ? ":STEPS" : "",
                      "components.users.rate=100/s..400/s", steps ? ":8" : "");
        return;
    }
    if (colon && (sim_units_parse(colon + 1, SIM_DIM_COUNT, NULL, &count, &ignored) ||
                  count.whole < 2 || count.whole > STEPS_MAX))
        sim__spot_say(load, spot, "\"%s\" is not a number of steps, from 2 to %d",
                      sim_quote(colon + 1).s, STEPS_MAX);
    else if (colon)
        v->steps = (uint32_t)count.whole;
    const char *path = trimmed(load, text, equals), *low = trimmed(load, equals + 1, dots);
    const char *high = trimmed(load, dots + 2, end);
    if (!path || !low || !high)
        return;
    bool good = sim__vary_path(load, spot, path, v);
    if (sim__vary_ends(load, spot, low, high, v) && good)
        sim__vary_try(load, spot, variant, v);
}

static void check_steps(struct sim__load *load, const struct sim__spot *spot,
                        const struct sim_vary *v)
{
    if (v->whole && v->steps > 0 && v->high - v->low + 1 < v->steps)
        sim__spot_say(load, spot, "there are only %.0f whole numbers in this range, not %u",
                      v->high - v->low + 1, v->steps);
}

/* The two axes must not vary the same path. */
static void check_apart(struct sim__load *load, const struct sim__spot *spot,
                        const struct sim_vary vary[2])
{
    const struct sim_vary *x = &vary[0], *y = &vary[1];
    size_t same = 0;
    if (!x->segments || !y->segments || x->depth != y->depth)
        return;
    while (same < x->depth && strcmp(x->segments[same], y->segments[same]) == 0)
        same++;
    if (same == x->depth)
        sim__spot_say(load, spot, "both axes vary \"%s\": a map is over two different numbers",
                      sim_quote(y->path).s);
}

int sim_question_read(struct sim_scenario *scenario, const struct sim_question *question,
                      struct sim_asked *asked, struct sim_diagnostics *diagnostics)
{
    struct sim__document *d = scenario->document;
    struct sim__load load = {.document = d, .arena = &d->arena};
    const struct sim__spot from = {.option = "--from"}, to = {.option = "--to"};
    const struct sim__spot criterion = {.option = "--while"};
    size_t before = diagnostics->errors;
    load.findings_end = &load.findings;
    *asked = (struct sim_asked){.variant = scenario->variants[0].variant};
    for (uint32_t i = 0; i < 2 && question->vary[i]; i++) {
        const struct sim__spot spot = {.option = question->options[i]};
        asked->vary[i].log = question->log[i];
        read_option(&load, &spot, question->vary[i], question->steps, asked->variant,
                    &asked->vary[i]);
        check_steps(&load, &spot, &asked->vary[i]);
        asked->vary_count++;
    }
    const struct sim__spot second = {.option = question->options[1]};
    check_apart(&load, &second, asked->vary);
    if (question->criterion) {
        const struct sim_plan *plan = &scenario->variants[0].plan;
        read_windows(&load, &from, &to, plan, question->from, question->to, &asked->criterion);
        read_criterion(&load, &criterion, plan, question->criterion, &asked->criterion);
    }
    sim__findings_deliver(&load, true, diagnostics);
    return diagnostics->errors > before ? -1 : 0;
}

/* ---- the sections ---------------------------------------------------------------------------- */

/* A number or quantity as text; NULL: an error was reported. */
static const char *amount_text(struct sim__load *load, const struct sim__at *at, json_t *value)
{
    struct sim_number_text number;
    if (json_is_string(value))
        return sim__copy(load, json_string_value(value));
    if (!json_is_number(value)) {
        sim__say(load, at, 0, "a number or a quantity is wanted here, such as 8 or \"10ms\"");
        return NULL;
    }
    number = sim_number_text(json_number_value(value));
    return sim__copy(load, number.s);
}

static uint32_t read_count(struct sim__load *load, const struct sim__at *at, json_t *value,
                           int64_t least, int64_t most)
{
    struct sim_amount amount;
    if (!value || !sim__read_amount(load, at, value, SIM_DIM_COUNT, NULL, true, &amount))
        return 0;
    if (amount.whole >= least && amount.whole <= most)
        return (uint32_t)amount.whole;
    sim__say(load, at, 0, "this must be between %lld and %lld", (long long)least, (long long)most);
    return 0;
}

/* Reads the variant that a section names, else the first one, and the number of replications. */
static const struct sim_case *read_runs(struct sim__load *load, const struct sim__at *at,
                                        json_t *section, int64_t least, uint32_t *replications)
{
    json_t *variant = json_object_get(section, "variant");
    const char *name = variant ? sim__read_variant_name(load, SIM__KEY(at, "variant"), variant)
                               : NULL;
    *replications = read_count(load, SIM__KEY(at, "replications"),
                               json_object_get(section, "replications"), least,
                               SIM_REPLICATIONS_MOST);
    for (size_t i = 0; i < load->case_count; i++)
        if (!name || strcmp(load->cases[i].name, name) == 0)
            return &load->cases[i];
    return NULL;
}

static void read_axis(struct sim__load *load, const struct sim__at *at, json_t *value,
                      const char *variant, struct sim_vary *v)
{
    static const char *const keys[] = {"path", "from", "to", "steps", "scale", NULL};
    const struct sim__spot spot = {.at = at}, path_spot = {.at = SIM__KEY(at, "path")};
    struct sim__range range;
    json_t *object = sim__as_object(load, at, value);
    if (!object)
        return;
    sim__read_range(load, at, object, keys,
                    "{ \"path\": \"components.users.rate\", \"from\": \"100/s\", "
                    "\"to\": \"400/s\", \"steps\": 8 }",
                    STEPS_MAX, &range);
    v->log = range.log;
    v->steps = range.steps;
    const char *path = sim__read_text(load, path_spot.at, json_object_get(object, "path"));
    bool good = path && sim__vary_path(load, &path_spot, path, v);
    const char *low = range.from ? amount_text(load, SIM__KEY(at, "from"), range.from) : NULL;
    const char *high = range.to ? amount_text(load, SIM__KEY(at, "to"), range.to) : NULL;
    if (low && high && sim__vary_ends(load, &spot, low, high, v) && good)
        sim__vary_try(load, &spot, variant, v);
    check_steps(load, &spot, v);
}

static void read_map(struct sim__load *load, struct sim_scenario *scenario, json_t *value)
{
    static const char *const keys[] = {"x",  "y",       "while",        "from",
                                       "to", "variant", "replications", NULL};
    static const char *const needed[] = {"x", "y", "while", NULL};
    const struct sim__at *at = SIM__KEY(NULL, "map");
    struct sim__keys_allowed allowed = {.others = keys};
    json_t *object = sim__as_object(load, at, value);
    struct sim_map_asked *map = sim__alloc(load, 1, sizeof *map);
    if (!object || !map)
        return;
    sim__check_keys(load, at, object, &allowed);
    const struct sim_case *of = read_runs(load, at, object, 1, &map->replications);
    sim__has_all(load, at, object, needed, "a map has \"x\", \"y\" and \"while\"");
    if (!of)
        return;
    map->asked.variant = of->name;
    map->asked.vary_count = 2;
    for (int i = 0; i < 2; i++)
        if (json_object_get(object, keys[i]))
            read_axis(load, SIM__KEY(at, keys[i]), json_object_get(object, keys[i]), of->name,
                      &map->asked.vary[i]);
    const struct sim__spot second = {.at = SIM__KEY(SIM__KEY(at, "y"), "path")};
    check_apart(load, &second, map->asked.vary);
    json_t *from = json_object_get(object, "from"), *to = json_object_get(object, "to");
    const struct sim__spot spots[] = {
        {.at = SIM__KEY(at, "from")}, {.at = SIM__KEY(at, "to")}, {.at = SIM__KEY(at, "while")}};
    const char *text = sim__read_text(load, spots[2].at, json_object_get(object, "while"));
    read_windows(load, &spots[0], &spots[1], &of->plan,
                 from ? amount_text(load, spots[0].at, from) : NULL,
                 to ? amount_text(load, spots[1].at, to) : NULL, &map->asked.criterion);
    if (text)
        read_criterion(load, &spots[2], &of->plan, text, &map->asked.criterion);
    scenario->map = map;
}

static void read_input(struct sim__load *load, const struct sim__at *at, const char *path,
                       json_t *value, const char *variant, struct sim_vary *v)
{
    static const char *const keys[] = {"low", "mid", "high", NULL};
    const struct sim__spot spot = {.at = at};
    struct sim__keys_allowed allowed = {.others = keys};
    json_t *object = sim__as_object(load, at, value);
    const char *texts[3] = {NULL};
    struct sim_vary half = *v;
    if (!object)
        return;
    sim__check_keys(load, at, object, &allowed);
    if (!sim__has_all(load, at, object, keys, "{ \"low\": 4, \"mid\": 8, \"high\": 16 }"))
        return;
    for (int i = 0; i < 3; i++)
        texts[i] = amount_text(load, SIM__KEY(at, keys[i]), json_object_get(object, keys[i]));
    if (!texts[0] || !texts[1] || !texts[2] || !sim__vary_path(load, &spot, path, v) ||
        !sim__vary_ends(load, &spot, texts[0], texts[1], &half) ||
        !sim__vary_ends(load, &spot, texts[1], texts[2], &half) ||
        !sim__vary_ends(load, &spot, texts[0], texts[2], v))
        return;
    v->mid = half.low;
    sim__vary_try(load, &spot, variant, v);
}

static void read_sensitivity(struct sim__load *load, struct sim_scenario *scenario, json_t *value)
{
    static const char *const keys[] = {"vary", "metric", "variant", "replications", NULL};
    static const char *const needed[] = {"vary", "metric", NULL};
    const struct sim__at *at = SIM__KEY(NULL, "sensitivity");
    const struct sim__at *vary_at = SIM__KEY(at, "vary");
    struct sim__keys_allowed allowed = {.others = keys};
    json_t *object = sim__as_object(load, at, value), *input;
    struct sim_sensitivity_asked *s = sim__alloc(load, 1, sizeof *s);
    struct sim__metric metric;
    const char *path;
    if (!object || !s)
        return;
    sim__check_keys(load, at, object, &allowed);
    const struct sim_case *of = read_runs(load, at, object, 2, &s->replications);
    json_t *vary = sim__as_object(load, vary_at, json_object_get(object, "vary"));
    if (!sim__has_all(load, at, object, needed,
                      "{ \"vary\": { PATH: { \"low\": 4, \"mid\": 8, \"high\": 16 } }, \"metric\": "
                      "\"users.latency.p99\" }") ||
        !of)
        return;
    s->variant = of->name;
    s->metric = sim__read_text(load, SIM__KEY(at, "metric"), json_object_get(object, "metric"));
    if (s->metric &&
        sim__check_metric(load, SIM__KEY(at, "metric"), s->metric, of->name, false, &metric) &&
        !metric.has_stat)
        s->metric = sim_arena_format(load->arena, "%s.%s", s->metric, metric.stat);
    size_t count = sim__member_count(vary);
    if (vary && (count == 0 || count > INPUTS_MAX))
        sim__say(load, vary_at, 0, "1 to %d inputs can be varied", INPUTS_MAX);
    s->vary = sim__alloc(load, count, sizeof *s->vary);
    if (!s->vary || count > INPUTS_MAX)
        return;
    json_object_foreach (vary, path, input)
        if (!sim__is_free(path))
            read_input(load, SIM__KEY(vary_at, path), path, input, of->name,
                       &s->vary[s->vary_count++]);
    scenario->sensitivity = s;
}

void sim__read_searches(struct sim__load *load, struct sim_scenario *scenario)
{
    json_t *map = json_object_get(load->document->root, "map");
    json_t *sensitivity = json_object_get(load->document->root, "sensitivity");
    if (load->case_count == 0)
        return;
    if (map)
        read_map(load, scenario, map);
    if (sensitivity)
        read_sensitivity(load, scenario, sensitivity);
}
