/* load.h - what the files of the loader share. Nothing outside sim/scenario includes it. */
#ifndef SIM_SCENARIO_LOAD_H
#define SIM_SCENARIO_LOAD_H

#include "base/arena.h"
#include "base/lookup.h"
#include "base/text.h"
#include "base/units.h"
#include "base/wrap.h"
#include "scenario/json/locate.h"
#include "scenario/scenario.h"

#include <jansson.h>
#include <stdio.h>

enum {
    SIM__NAME_MAX = 64,                /* bytes of a component's, region's, keyspace's name */
    SIM__POINTER_MAX = 1024,           /* bytes of a JSON pointer in a message */
    SIM__WINDOWS_MAX = 1000000,        /* intervals in a run */
    SIM__NODES_MAX = 100000,           /* nodes of one component */
    SIM__MEMBERS_MAX = 10000,          /* components, regions, keyspaces, links, faults: of each */
    SIM__VARIANTS_MAX = 5000,          /* each is a file of its own to read */
    SIM__CASES_MAX = 20000,            /* variants times cells */
    SIM__READ_MAX = 400000,            /* components of all of them: each is read for each case */
    SIM__FINDINGS_MAX = 1000,          /* errors shown */
    SIM__TRACE_BYTES_MAX = 1 << 30,    /* of a file of requests */
    SIM__TRACE_REQUESTS_MAX = 1 << 24, /* in it; 32 bytes each, and as much while it is read */
    SIM__KEY_LIST_MAX = 24,
};

/* Where in the document the loader is: a chain up to the root, which is NULL. On the stack. */
struct sim__at {
    const struct sim__at *up;
    const char *key; /* NULL: item `index` of a list */
    size_t index;
};
#define SIM__KEY(parent, name) (&(const struct sim__at){(parent), (name), 0})
#define SIM__ITEM(parent, number) (&(const struct sim__at){(parent), NULL, (number)})

/* One --set: a path and the value to put there. */
struct sim__setting {
    const char *path;
    const char **segments;
    size_t depth;
    json_t *value;
};

/* Where a swept value goes. */
struct sim__target {
    const char **segments;
    size_t depth;
};

/* A swept variable and its values. */
struct sim__swept {
    const char *path;            /* its name, or the path itself */
    struct sim__target *targets; /* more than one only of what has a name */
    size_t target_count;
    json_t *values; /* a list; the document's, or: */
    json_t *owned;  /* made of a range; NULL: it was written out */
    bool zipped;
};

/* Where a value comes from, strongest first. */
enum sim__source { SIM__BY_SWEEP, SIM__BY_SET, SIM__BY_VARIANT, SIM__BY_FILE, SIM__BY_DEFAULT };

struct sim__origin {
    enum sim__source source;
    unsigned line, column; /* of the value; for a --set, line is its number */
    unsigned key_line, key_column;
    char kind; /* of the value, as in struct sim__place */
    char pointer[SIM__POINTER_MAX];
};

struct sim__finding {
    struct sim__finding *next;
    const char *file, *pointer, *sentence;
    unsigned line, column;
    bool warning;
    bool by_base;       /* found in the file as it stands */
    bool soft;          /* a variant may mend it: forgotten if only an unrun base has it */
    bool confirmed;     /* a variant has it too */
    const char *within; /* the first variant or cell that has it, where the place cannot tell */
    unsigned others;    /* how many more have it */
    const char *last;
};

/* A keyspace's sampler, made once for all variants that have the same. */
struct sim__sampler {
    struct sim__popular { /* no padding: compared as bytes */
        uint64_t type, n, hot;
        double exponent, share;
    } of;
    struct sim_keys keys;
};

/* A file of requests, read once for all variants; or why it cannot be. */
struct sim__trace_file {
    struct sim__trace_file *next; /* by name */
    const char *name, *why;
    const char *path;    /* from the working directory; NULL: out of memory */
    const char *strange; /* columns that are left aside; NULL: none */
    struct sim_trace trace;
};

/* A case's document with all defaults put in; kept for `resolved` and `explain`. */
struct sim__resolved {
    const char *name; /* of the variant; NULL: the file as it stands */
    json_t *document;
};

/* What a loaded scenario keeps: sim_scenario.document. */
struct sim__document {
    struct sim_arena arena;
    const char *file;
    struct sim__places places;
    json_t *root; /* the file with every --set put in */
    struct sim__setting *sets;
    size_t set_count;
    struct sim__swept *swept;
    size_t swept_count;
    struct sim__resolved base;
    struct sim__resolved *variants; /* as sim_scenario.variants */
    size_t variant_count;
    struct sim__sampler **samplers;
    size_t sampler_count, sampler_room;
    struct sim_lookup sampler_numbers; /* by their struct sim__popular */
    struct sim__trace_file *traces;
    struct sim__book_file *books; /* price books that were opened */
};

/* How many entries of the timeline do the same to the same target, as far as it was read. */
struct sim__alike {
    struct sim_lookup whats; /* of kinds and targets: where in .counts */
    uint32_t *counts;
};

/* Who calls a component and waits without a limit. */
struct sim__callers {
    uint32_t first, count;
};

/* Cases whose metrics have the same names, those of single nodes too. */
struct sim__kind {
    const struct sim_case *first;
    const struct sim_plan *asked; /* the one that has .asks and .kept; NULL: none yet */
};

/* What is being read, while it is being read. */
struct sim__load {
    struct sim__document *document;
    struct sim_arena *arena;
    const char *variant; /* the variant in hand; NULL: the file as it stands */
    const size_t *cell;  /* the index of each swept path's value; NULL: none */
    const char *cell_name;
    bool base_pass; /* the file as it stands, before any variant */
    struct sim__finding *findings, **findings_end;
    size_t finding_count, error_count;
    size_t said;                  /* errors met, those found before counted again */
    struct sim_plan *plan;        /* being filled */
    json_t *tree;                 /* the document it is filled from */
    bool *limited;                /* by component of it: no call waits for ever; NULL: no memory */
    struct sim__callers *callers; /* by component; NULL: no memory */
    struct sim_case *cases;       /* every variant of the file, whether it is to run or not */
    size_t case_count;
    struct sim_lookup region_names, keyspace_names;  /* of the plan being filled */
    struct sim_lookup component_links, region_links; /* pairs that have a link: which */
    struct sim_lookup case_names, figure_names;
    struct sim__alike alike;
    size_t named_cases, sorted_cases; /* of them in case_names, and in kinds */
    struct sim__kind **kinds;         /* in the order of their first cases */
    size_t kind_count, kind_room;
    struct sim_lookup kind_numbers;
    bool out_of_memory;
};

/* ---- saying what is wrong (findings.c) ------------------------------------------------------- */

enum { SIM__ON_KEY = 1, SIM__SOFT = 2, SIM__WARNING = 4 };

/* Says what is wrong at a place of the document, once for all cases with it. `flags`: the place
 * is that of the key; a variant may mend it; it is a warning. */
void sim__say(struct sim__load *, const struct sim__at *, unsigned flags, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The same at a place that is no part of the document: "--variant", "--set" or the file. */
void sim__say_at(struct sim__load *, const char *file, unsigned line, unsigned column,
                 const char *pointer, const char *sentence);
/* Gives all that was found to the caller of the loader, sorted. `base_runs`: the file as it stands
 * is itself a case. */
void sim__findings_deliver(struct sim__load *, bool base_runs, struct sim_diagnostics *);

/* ---- paths and origins (origin.c) ------------------------------------------------------------ */

/* Where the value at a path comes from. True: it is there. False: it is not written anywhere, and
 * *origin tells the nearest place that can be blamed. */
bool sim__origin_find(const struct sim__load *, const struct sim__at *, struct sim__origin *);
/* Splits "components.cache.ttl" or "/components/cache/ttl". NULL when it is no path or memory ran
 * out; the segments are the arena's. */
const char **sim__path_split(struct sim_arena *, const char *path, size_t *depth);
json_t *sim__json_child(json_t *parent, const char *segment);
void sim__at_pointer(const struct sim__at *, char *out, size_t size);

/* ---- documents (document.c) ------------------------------------------------------------------ */

/* Applies an RFC 7396 merge patch to *target (owned). 0, or -1 when out of memory. */
int sim__merge(json_t **target, json_t *patch);
/* Puts a value at a path, making the objects on the way. 0, or -1 when out of memory or when
 * something on the way cannot hold another: *broken is then how many segments lead to it, else
 * SIZE_MAX. */
int sim__put(json_t *root, const char *const *segments, size_t depth, json_t *value,
             size_t *broken);
bool sim__is_free(const char *key); /* "notes" or "x-…" */
/* The file's document with variant, sets and cell of the load in force; owned by the caller. */
json_t *sim__document_of(struct sim__load *, json_t *patch);
void sim__read_settings(struct sim__load *, const struct sim_load_options *);
void sim__apply_settings(struct sim__load *, json_t *root, bool complain);

/* ---- values (values.c, lists of them params.c, distribution.c) ------------------------------- */

const char *sim__json_kind(const json_t *value); /* "a list", "a text" … */
enum sim_dimension sim__dimension(enum sim_param_kind);
const char *sim__copy(struct sim__load *, const char *text); /* NULL: noted as out of memory */
void *sim__alloc(struct sim__load *, size_t count, size_t size);
/* An array of `count` elements, in the arena, with room for one more; NULL, and noted, when out of
 * memory. Amortised O(1). */
void *sim__grown(struct sim__load *, void *old, size_t count, size_t *room, size_t size);
enum { SIM__PAGE_COLUMNS = 96 };
/* Text of a page broken at spaces into lines that begin at column `indent`, which it is at. */
static inline void sim__page_wrapped(FILE *file, int indent, const char *text)
{
    sim_wrap_print(file, text, (unsigned)indent, (unsigned)indent, SIM__PAGE_COLUMNS);
}
/* The key that says which of a union an object is: of distributions, popularities and all to come.
 * No parameter may have this name (tests/unit/test_unions.c holds the tables to it). */
#define SIM__TAG "type"

/* A text, or NULL with the error said. Absent (value NULL) is NULL without one. */
const char *sim__read_text(struct sim__load *, const struct sim__at *, json_t *value);
/* As sim__read_text(), for what is shown in one line: a line break or tab is a space. */
const char *sim__read_line(struct sim__load *, const struct sim__at *, json_t *value);
bool sim__read_bool(struct sim__load *, const struct sim__at *, json_t *value, bool *out);
bool sim__read_choice(struct sim__load *, const struct sim__at *, json_t *value,
                      const char *const *choices, int *out);
/* Whether a value is a quantity of the dimension; `noun` as in sim_units_parse(). */
bool sim__read_amount(struct sim__load *, const struct sim__at *, json_t *value, enum sim_dimension,
                      const char *noun, bool bare, struct sim_amount *);
/* Says which of the keys are not there; `example` shows the whole. True: all are. */
bool sim__has_all(struct sim__load *, const struct sim__at *, json_t *object,
                  const char *const *keys, const char *example);
/* { "from", "to", "steps", "scale" }, as "sweep" and "map" have it. */
struct sim__range {
    json_t *from, *to; /* as they stand there, not yet judged; NULL: missing */
    uint32_t steps;    /* from 2 to what was allowed; 0: missing or wrong */
    bool log;
};
/* `keys`: what the object may have; all but "scale" must be there. False: said. */
bool sim__read_range(struct sim__load *, const struct sim__at *, json_t *object,
                     const char *const *keys, const char *example, int most_steps,
                     struct sim__range *);
bool sim__read_distribution(struct sim__load *, const struct sim__at *, json_t *value,
                            enum sim_dimension, struct sim_dist *);
/* A file of requests (trace_file.c): a const struct sim_trace * into out. */
bool sim__read_trace(struct sim__load *, const struct sim__at *, json_t *value, char *out);
/* Whether what a trace says fits the run and the keyspace given beside it. */
void sim__check_trace(struct sim__load *, const struct sim__at *, const struct sim_param *table,
                      const char *image);
/* One parameter into image + offset. */
bool sim__read_param(struct sim__load *, const struct sim__at *, const struct sim_param *,
                     json_t *value, char *image);
/* Every parameter of a table, absent ones by their defaults, which are put into the object. */
void sim__read_table(struct sim__load *, const struct sim__at *, json_t *object,
                     const struct sim_param *table, void *image);
json_t *sim__default_value(const struct sim_param *); /* new; NULL: none, or out of memory */
const struct sim_param *sim__param_find(const struct sim_param *table, const char *name);

/* Which keys an object may have. */
struct sim__keys_allowed {
    const struct sim_param *tables[4];
    const struct sim_port_def *ports;
    const char *const *others; /* NULL-terminated */
};
/* Says every key that is not among them. */
void sim__check_keys(struct sim__load *, const struct sim__at *, json_t *object,
                     const struct sim__keys_allowed *);
/* The object, or NULL when it is none (said) or absent. */
json_t *sim__as_object(struct sim__load *, const struct sim__at *, json_t *value);
json_t *sim__as_list(struct sim__load *, const struct sim__at *, json_t *value);
/* A map of names to objects: whether this member is one of them, its name being fit. */
bool sim__is_member(struct sim__load *, const struct sim__at *, const char *key, json_t *value);
size_t sim__member_count(json_t *map);

/* ---- the sections of the file ---------------------------------------------------------------- */

struct sim__run {
    sim_time duration, warmup, interval;
    int64_t seed, replications;
    int series;
};
extern const struct sim_param sim__run_table[];
extern const char
    *const sim__run_apart[]; /* of them: the same for all cases, and no part of a run */
extern const struct sim_param sim__keyspace_table[];
extern const struct sim_param sim__component_table[];
extern const struct sim_param sim__fault_table[];
extern const char *const sim__fault_docs[]; /* by enum sim_plan_fault_kind */
extern const struct sim_param sim__expect_table[];
extern const struct sim_param sim__figure_table[];
extern const char *const sim__case_keys[];  /* top-level keys that belong to a case */
extern const char *const sim__study_keys[]; /* and those that belong to the whole study */
extern const char *const sim__link_keys[], *const sim__keyspace_keys[],
                                               *const sim__component_keys[],
                                                   *const sim__fault_keys[],
                                                       *const sim__expect_keys[],
                                                           *const sim__figure_keys[],
                                                               *const sim__panel_keys[],
                                                                   *const sim__popularity_types[];

/* Each reads a section of load->tree into load->plan; what is wrong is said. */
void sim__read_run(struct sim__load *, struct sim__run *);
void sim__read_keyspaces(struct sim__load *);
void sim__read_network(struct sim__load *);
void sim__read_components(struct sim__load *);
void sim__read_timeline(struct sim__load *);
/* Whose calls end by a timeout or a deadline, their own or of what they serve, into load->limited
 * (endless_waits.c; O(calls)); then who waits for ever for what links lose,
 * and for what is lost by a fault: warnings. */
void sim__find_unlimited(struct sim__load *);
void sim__check_lossy_links(struct sim__load *);
/* Cycles of calls that no request leaves (cycles.c). O(calls log calls). */
void sim__check_cycles(struct sim__load *);
/* Whether requests start at components of a model; each call of one component to another. */
bool sim__starts_requests(const struct sim_model *);
void sim__each_call(const struct sim_plan *, uint32_t from,
                    void (*visit)(void *self, uint32_t from, uint32_t to), void *self);
/* Warns of components that work by keys and get no request with one (keyless.c). O(calls). */
void sim__check_keyless(struct sim__load *);
void sim__check_unanswered(struct sim__load *, const struct sim__at *,
                           const struct sim_plan_fault *);
void sim__read_prices(struct sim__load *);
void sim__release_books(struct sim__document *);
/* The line of a value in the price book of that name, 0 when it has none: a path below the book. */
unsigned sim__book_line(const struct sim__document *, const char *book, const char *const *names,
                        size_t depth);
/* False: the file is of a newer build, and nothing in it can be judged. */
bool sim__check_version(struct sim__load *, json_t *root);
/* Opens a file to be read; when it is read once only it may be a pipe with a writer. Waits for
 * nobody. NULL with the reason in words. */
FILE *sim__open_file(const char *path, bool once, char *why, size_t why_bytes);
/* The whole file, which may be a pipe, malloc'd; NULL with the reason in words. */
char *sim__read_file(const char *path, size_t *bytes, char *why, size_t why_bytes);
/* Fills a plan from a document in which the defaults then stand; *run may be NULL. */
void sim__read_plan(struct sim__load *, json_t *tree, struct sim_plan *, struct sim__run *run);

/* The link of the file that calls between two components cross: their own, else that of their
 * regions; NULL: none. O(1). */
const struct sim_plan_link *sim__link_declared_between(const struct sim__load *, uint32_t from,
                                                       uint32_t to);
/* The index of a name, or UINT32_MAX with the error said (`what`: "component"). */
uint32_t sim__find_component(struct sim__load *, const struct sim__at *, const char *name);
uint32_t sim__find_region(struct sim__load *, const struct sim__at *, const char *name);
/* The model of that name, or NULL with the error said. */
const struct sim_model *sim__find_model(struct sim__load *, const struct sim__at *, unsigned flags,
                                        const char *name);

/* ---- names (plan_names.c); each O(length of the name) but for naming ------------------------- */

/* Puts a name in; true: it has this number, as nobody had the name before. */
bool sim__name_put(struct sim__load *, struct sim_lookup *, const char *name, uint32_t number);
/* Makes plan.component_names, once the components have names. O(components). */
void sim__name_components(struct sim__load *);
/* The index of what has a name; SIM_NOWHERE: nothing has. */
uint32_t sim__component_named(const struct sim_plan *, const char *name);
uint32_t sim__region_named(const struct sim__load *, const char *name);
uint32_t sim__keyspace_named(const struct sim__load *, const char *name);
uint32_t sim__case_named(struct sim__load *, const char *name);
/* Whether a nearest word may be looked for among so many: not once a thousand errors are shown, or
 * among more than a thousand. */
bool sim__may_hint(const struct sim__load *, size_t names);
/* Whether a keyspace has subjects. O(keyspaces). */
bool sim__has_subjects(const struct sim_plan *);
/* The kind a case is of; NULL: no memory. Every case of load.cases into load.kinds. O(components of
 * each case). */
struct sim__kind *sim__kind_of(struct sim__load *, const struct sim_case *);
void sim__find_kinds(struct sim__load *);

/* ---- metrics, expectations and figures ------------------------------------------------------- */

/* A metric as an expectation or a figure names it. */
struct sim__metric {
    const struct sim_plan_component *component; /* NULL: of the bill or of a link */
    const char *place;                          /* its name, "cost" or "eu>us"; the plan's */
    uint32_t node;                              /* SIM_ALL_NODES, SIM_WORST_NODE or its number */
    const struct sim_meter *meter;
    const char *stat; /* the natural one when it was left out; else it may be of the text */
    bool has_stat;
    enum sim_dimension dimension; /* of the statistic */
    double scale;                 /* base units to those of results: 1e-9 for times */
    const char *money;            /* its unit, such as "$/h"; NULL: it is no money */
};
/* Whether a metric can be held against a value, in the unit of results: a share not against what is
 * no share. 0, or -1 with the reason. */
int sim__metric_fits(const struct sim__metric *, double value, struct sim_error *);
/* Of the bill: 1 and *out filled in when the text's parts name something of it, 0 when they name
 * nothing that a bill could have, -1 with the reason. `stat` may be NULL. */
int sim__metric_of_bill(const struct sim_plan *, const char *place, const char *meter,
                        const char *stat, struct sim__metric *, struct sim_error *);
/* Dollars by the unit of a statistic of money. */
bool sim__read_dollars(struct sim__load *, const struct sim__at *, json_t *value, const char *unit,
                       double *);
/* 0, or -1 with the reason in words. */
int sim__metric_find(const struct sim_plan *, const char *text, struct sim__metric *,
                     struct sim_error *);
const struct sim_meter *sim__meter_next(const struct sim_model *, size_t *index);

void sim__read_expects(struct sim__load *, struct sim_scenario *);
void sim__read_figures(struct sim__load *, struct sim_scenario *);
/* Fills plan.asks and plan.kept of every case: from expectations, figures and options. */
void sim__ask_metrics(struct sim__load *, const struct sim_load_options *, struct sim_scenario *);
/* Whether a metric has no number over a part of the run. */
bool sim__metric_is_whole(const struct sim__metric *);
struct sim_wanted;
/* The same for the case of a search. `wanted` NULL: nothing. */
void sim__ask_one(struct sim__load *, struct sim_plan *, const struct sim_wanted *);
/* The name of a variant that exists; else NULL with the error said. */
const char *sim__read_variant_name(struct sim__load *, const struct sim__at *, json_t *value);
/* A metric in the cases it is about (`variant` NULL: any that has it will do when `some`, else all
 * must). Says what is wrong. */
bool sim__check_metric(struct sim__load *, const struct sim__at *, const char *text,
                       const char *variant, bool some, struct sim__metric *);

/* ---- variants and cells (cases.c) ------------------------------------------------------------ */

/* Fills load.cases; those that options ask for become the scenario's. */
void sim__read_variants(struct sim__load *, const struct sim_load_options *, struct sim_scenario *);
/* Whether so many cases can be read; says why not, at the section that makes them. */
bool sim__cases_fit(struct sim__load *, const struct sim__at *, const char *what, size_t count);
/* Reads the document that is in force now into a case and keeps it, completed, in *kept. */
void sim__read_case(struct sim__load *, json_t *patch, struct sim_case *, struct sim__run *,
                    json_t **kept);
/* What is swept, and its cells (sweep.c). */
void sim__read_sweep(struct sim__load *, struct sim_scenario *);

/* ---- cells left out (excluded.c) ------------------------------------------------------------- */

/* A value in base units and what it is a quantity of; -1 and NAN: of nothing. */
int sim__quantity_of(const json_t *value, double *number);
struct sim__exclusion {
    struct sim__excluded {
        size_t which;      /* of the variables */
        const bool *among; /* by its values */
    } * of;
    size_t count;
};
struct sim__exclusions {
    struct sim__exclusion *items;
    size_t count;
};
/* The list "exclude"; all is the arena's. O(values named x values of their variables). */
void sim__read_exclusions(struct sim__load *, const struct sim__at *, json_t *list,
                          struct sim__exclusions *);
/* Whether a cell, by its index of each variable's value, is in one of them: it has all the values
 * that one names. O(exclusions). */
bool sim__is_excluded(const struct sim__exclusions *, const size_t *at);

/* ---- what searches vary (vary.c, searches.c) ------------------------------------------------- */

struct sim_vary;

/* Where to say what is wrong: an option of the command line, or else a place of the file. */
struct sim__spot {
    const char *option;
    const struct sim__at *at;
};
void sim__spot_say(struct sim__load *, const struct sim__spot *, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A path that can be varied; its ends; and whether the file takes them (in a variant), which also
 * tells whether only whole numbers will do. False: said. */
bool sim__vary_path(struct sim__load *, const struct sim__spot *, const char *path,
                    struct sim_vary *);
bool sim__vary_ends(struct sim__load *, const struct sim__spot *, const char *low, const char *high,
                    struct sim_vary *);
void sim__vary_try(struct sim__load *, const struct sim__spot *, const char *variant,
                   struct sim_vary *);
/* The sections "map" and "sensitivity". */
void sim__read_searches(struct sim__load *, struct sim_scenario *);

/* ---- writing JSON (writer.c) ----------------------------------------------------------------- */

struct sim__writer {
    struct sim_buffer out;
    unsigned depth;
    bool filled[SIM__DEPTH_MAX + 16]; /* the container at each depth has an item */
    bool after_key;
    bool compact; /* on one line */
    bool bare;    /* `notes` and `x-…` are left out */
};
void sim__write_open(struct sim__writer *, char bracket);
void sim__write_close(struct sim__writer *, char bracket);
void sim__write_key(struct sim__writer *, const char *key);
void sim__write_text(struct sim__writer *, const char *text);
void sim__write_raw(struct sim__writer *, const char *json); /* a number, true, or JSON text */
/* A whole value; sorted: object keys in byte order, `notes` and `x-…` left out. */
void sim__write_value(struct sim__writer *, const json_t *, bool sorted);

/* 16 hexadecimal digits over every resolved variant; 0, or -1 when out of memory. */
int sim__hash(const struct sim_scenario *, char hash[17]);
/* 32 hexadecimal digits over all that decides what a case's runs are, but for their seed: equal
 * keys, seeds and replications give equal runs. 0, or -1 when out of memory. */
int sim__case_key(const struct sim__document *, const json_t *document, char key[33]);

#endif
