/* vary.c - the numbers that searches vary, and the case for each value. */
#include "scenario/cases/vary.h"

#include "scenario/load.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- values ---------------------------------------------------------------------------------- */

static bool is_bare(const struct sim_vary *v)
{
    return v->dimension == SIM_DIM_FRACTION || v->dimension == SIM_DIM_COUNT ||
           v->dimension == SIM_DIM_NUMBER;
}

double sim_vary_round(const struct sim_vary *v, double value)
{
    double unit = v->unit > 0 ? v->unit : 1;
    double span = (v->log ? value : v->high - v->low) / unit, times = 1, over = 1;
    value /= unit;
    bool base = !(unit < 1) && !(unit > 1);
    if (v->whole || (base && (v->dimension == SIM_DIM_TIME || v->dimension == SIM_DIM_BYTES)))
        span = fmax(span, 1e4); /* rounds to whole numbers */
    while (span * times < 1e4 && times < 1e15)
        times *= 10;
    while (span / over >= 1e5)
        over *= 10;
    value = times > 1 ? floor(value * times + 0.5) / times : floor(value / over + 0.5) * over;
    value *= unit;
    if (!base && (v->dimension == SIM_DIM_TIME || v->dimension == SIM_DIM_BYTES))
        value = floor(value + 0.5);
    return value < v->low ? v->low : value > v->high ? v->high : value;
}

double sim_vary_step(const struct sim_vary *v, uint32_t i, uint32_t n)
{
    double share = (double)i / (n - 1);
    if (i == 0 || i + 1 == n)
        return i == 0 ? v->low : v->high;
    return sim_vary_round(v, v->log ? v->low * sim_pow(v->high / v->low, share)
                                    : v->low + (v->high - v->low) * share);
}

struct sim_vary_text sim_vary_text(const struct sim_vary *v, double value)
{
    struct sim_vary_text out;
    if (is_bare(v))
        snprintf(out.s, sizeof out.s, "%s", sim_number_text(value).s);
    else
        snprintf(out.s, sizeof out.s, "%s",
                 sim_units_format_like((enum sim_dimension)v->dimension, value, v->low_text,
                                       v->high_text)
                     .s);
    return out;
}

double sim_vary_result(const struct sim_vary *v, double value)
{
    return v->dimension == SIM_DIM_TIME ? value / 1e9 : value;
}

const char *sim_vary_unit(const struct sim_vary *v)
{
    const char *unit = sim_units_usual((enum sim_dimension)v->dimension);
    return is_bare(v) || !*unit ? "1" : unit;
}

const char *sim_path_name(const char *path)
{
    static const char lead[] = "components.";
    return strncmp(path, lead, sizeof lead - 1) == 0 ? path + sizeof lead - 1 : path;
}

const char *sim_vary_name(const struct sim_vary *v)
{
    return sim_path_name(v->path);
}

static json_t *value_json(const struct sim_vary *v, double value)
{
    if (!is_bare(v))
        return json_string(sim_vary_text(v, value).s);
    bool integral = value == floor(value) && fabs(value) < 9e15;
    return integral ? json_integer((json_int_t)value) : json_real(value);
}

/* ---- cases ----------------------------------------------------------------------------------- */

/* Makes the list of settings: those of the command line, then the varied values. False: out of
 * memory. */
static bool add_settings(struct sim__load *load, const struct sim_vary *vary, const double *values,
                         uint32_t count)
{
    struct sim__document *d = load->document;
    struct sim__setting *all = sim__alloc(load, d->set_count + count, sizeof *all);
    if (!all)
        return false;
    if (d->set_count > 0)
        memcpy(all, d->sets, d->set_count * sizeof *all);
    bool good = true;
    for (uint32_t i = 0; i < count; i++) {
        all[d->set_count + i] = (struct sim__setting){.path = vary[i].path,
                                                      .segments = vary[i].segments,
                                                      .depth = vary[i].depth,
                                                      .value = value_json(&vary[i], values[i])};
        good = good && all[d->set_count + i].value;
    }
    d->sets = all;
    d->set_count += count;
    load->out_of_memory = load->out_of_memory || !good;
    return good;
}

static void read_document(struct sim__load *load, const char *variant, struct sim_case *out)
{
    struct sim__document *d = load->document;
    json_t *patch = json_object_get(json_object_get(d->root, "variants"), variant);
    json_t *nothing = json_object(), *document = NULL;
    load->variant = patch ? variant : NULL;
    if (nothing)
        sim__read_case(load, patch ? patch : nothing, out, NULL, &document);
    load->out_of_memory = load->out_of_memory || !document;
    if (document) /* reports paths that do not exist in the file */
        sim__apply_settings(load, document, true);
    json_decref(document);
    json_decref(nothing);
}

/* Stores the varied values as a sweep's cells do, and names the case. */
static void name_values(struct sim__load *load, const struct sim_vary *vary, const double *values,
                        uint32_t count, struct sim_case *out)
{
    struct sim_buffer name = {0};
    double *varied = sim__alloc(load, count + 1, sizeof *varied);
    out->at = sim__alloc(load, count + 1, sizeof *out->at);
    out->at_text = sim__alloc(load, count + 1, sizeof *out->at_text);
    if (!varied || !out->at || !out->at_text)
        return;
    if (strcmp(out->variant, "base") != 0)
        sim_buffer_printf(&name, "%s \xC2\xB7 ", out->variant);
    for (uint32_t i = 0; i < count; i++) {
        out->at_text[i] = sim__copy(load, sim_vary_text(&vary[i], values[i]).s);
        out->at[i] = sim_vary_result(&vary[i], values[i]);
        varied[i] = values[i];
        sim_buffer_printf(&name, "%s%s=%s", i ? ", " : "", sim_vary_name(&vary[i]),
                          out->at_text[i] ? out->at_text[i] : "");
    }
    out->varied = varied;
    out->varied_count = count;
    out->name = name.text ? sim__copy(load, name.text) : NULL;
    load->out_of_memory = load->out_of_memory || !name.text;
    sim_buffer_free(&name);
}

/* Reads the case of these values. Its errors go to load's findings. */
static void build(struct sim__load *load, const char *variant, const struct sim_vary *vary,
                  const double *values, uint32_t count, struct sim_case *out)
{
    struct sim__document *d = load->document;
    struct sim__setting *sets = d->sets;
    size_t set_count = d->set_count;
    *out = (struct sim_case){.variant = variant};
    name_values(load, vary, values, count, out);
    if (add_settings(load, vary, values, count))
        read_document(load, variant, out);
    for (size_t i = set_count; i < d->set_count; i++)
        json_decref(d->sets[i].value);
    d->sets = sets;
    d->set_count = set_count;
}

int sim_vary_case(struct sim_scenario *scenario, const char *variant, const struct sim_vary *vary,
                  const double *values, uint32_t count, const struct sim_wanted *wanted,
                  struct sim_case *out, struct sim_diagnostics *diagnostics)
{
    struct sim__document *d = scenario->document;
    struct sim__load load = {.document = d, .arena = &d->arena};
    size_t before = diagnostics->errors;
    load.findings_end = &load.findings;
    build(&load, variant, vary, values, count, out);
    out->plan.title = scenario->title;
    if (load.error_count == 0)
        sim__ask_one(&load, &out->plan, wanted);
    sim__findings_deliver(&load, true, diagnostics);
    return diagnostics->errors > before ? -1 : 0;
}

/* ---- reading what is varied ------------------------------------------------------------------ */

void sim__spot_say(struct sim__load *load, const struct sim__spot *spot, const char *format, ...)
{
    char sentence[2 * SIM_ERROR_TEXT_BYTES];
    va_list list;
    va_start(list, format);
    vsnprintf(sentence, sizeof sentence, format, list);
    va_end(list);
    if (spot->option)
        sim__say_at(load, spot->option, 0, 0, "", sentence);
    else
        sim__say(load, spot->at, 0, "%s", sentence);
}

/* Reads the case of these values and reports its errors at `spot`. Returns their number. */
static size_t try_values(struct sim__load *load, const struct sim__spot *spot, const char *variant,
                         const struct sim_vary *v, double value, bool say)
{
    struct sim__load scratch = {.document = load->document, .arena = load->arena};
    struct sim_case ignored;
    scratch.findings_end = &scratch.findings;
    build(&scratch, variant, v, &value, 1, &ignored);
    load->out_of_memory = load->out_of_memory || scratch.out_of_memory;
    for (const struct sim__finding *f = scratch.findings; f && say; f = f->next)
        if (!f->warning)
            sim__spot_say(load, spot, "%s: %s", *f->pointer ? f->pointer : v->path, f->sentence);
    return scratch.error_count;
}

/* Guesses the dimension of a quantity, or of a count with a noun after it ("100k keys"). */
static int guess(const char *text, struct sim_amount *amount)
{
    struct sim_error ignored;
    int dimension = sim_units_guess(text, amount);
    const char *space = strrchr(text, ' ');
    if (dimension >= 0 || !space)
        return dimension;
    return sim_units_parse(text, SIM_DIM_COUNT, space + 1, amount, &ignored) ? -1 : SIM_DIM_COUNT;
}

static const char *kind_name(int dimension)
{
    const struct sim_vary bare = {.dimension = dimension};
    return is_bare(&bare) ? "a plain number" : sim_units_name((enum sim_dimension)dimension);
}

bool sim__vary_path(struct sim__load *load, const struct sim__spot *spot, const char *path,
                    struct sim_vary *v)
{
    size_t known = 0;
    v->path = sim__copy(load, path);
    v->segments = sim__path_split(load->arena, path, &v->depth);
    struct sim_nearest nearest = sim_nearest(v->segments ? v->segments[0] : "");
    for (size_t i = 0; sim__case_keys[i]; i++)
        sim_nearest_try(&nearest, sim__case_keys[i]);
    while (v->segments && sim__case_keys[known] &&
           strcmp(sim__case_keys[known], v->segments[0]) != 0)
        known++;
    if (!v->path || !v->segments || !sim__case_keys[known] || v->depth < 2) {
        sim__spot_say(load, spot,
                      "\"%s\" is not the path of a number, such as "
                      "components.users.rate%s",
                      sim_quote(path).s, sim_nearest_hint(&nearest).s);
        return false;
    }
    for (size_t i = 0; sim__run_apart[i]; i++)
        if (strcmp(v->segments[0], "run") == 0 && strcmp(v->segments[1], sim__run_apart[i]) == 0) {
            sim__spot_say(load, spot, "\"%s\" is the same for all runs: it cannot be varied", path);
            return false;
        }
    return true;
}

bool sim__vary_ends(struct sim__load *load, const struct sim__spot *spot, const char *low,
                    const char *high, struct sim_vary *v)
{
    struct sim_amount ends[2];
    int of_low = guess(low, &ends[0]), of_high = guess(high, &ends[1]);
    if (of_low < 0 || of_high < 0) {
        sim__spot_say(load, spot,
                      "\"%s\" is neither a number nor a quantity, such as 8, 100/s or 10ms",
                      sim_quote(of_low < 0 ? low : high).s);
        return false;
    }
    if (of_low != of_high) {
        sim__spot_say(load, spot, "\"%s\" is %s and \"%s\" is %s: both ends must be of one kind",
                      sim_quote(low).s, kind_name(of_low), sim_quote(high).s, kind_name(of_high));
        return false;
    }
    v->dimension = of_low;
    v->low = ends[0].value;
    v->high = ends[1].value;
    v->whole = of_low == SIM_DIM_COUNT;
    v->low_text = sim__copy(load, low);
    v->high_text = sim__copy(load, high);
    v->unit = is_bare(v) ? 1 : sim_units_step((enum sim_dimension)of_high, high);
    if (!(v->low < v->high)) {
        sim__spot_say(load, spot, "\"%s\" is not below \"%s\": a range goes from LOW to HIGH",
                      sim_quote(low).s, sim_quote(high).s);
        return false;
    }
    if (v->log && !(v->low > 0)) {
        sim__spot_say(load, spot, "a logarithmic range must begin above 0");
        return false;
    }
    return true;
}

void sim__vary_try(struct sim__load *load, const struct sim__spot *spot, const char *variant,
                   struct sim_vary *v)
{
    if (try_values(load, spot, variant, v, v->low, true) > 0 ||
        try_values(load, spot, variant, v, v->high, true) > 0)
        return;
    bool integral = is_bare(v) && v->low == floor(v->low) && v->high == floor(v->high);
    if (integral && v->high - v->low < 9e15 &&
        try_values(load, spot, variant, v, v->low + 0.5, false) > 0)
        v->whole = true;
}
