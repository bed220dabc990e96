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
#include "sim/arrivals.h"

#include <jansson.h>
#include <stdio.h>

enum {
    SIM__NAME_MAX = 64,         /* bytes of a component's, region's, keyspace's name */
    SIM__POINTER_MAX = 1024,    /* bytes of a JSON pointer in a message */
    SIM__WINDOWS_MAX = 1000000, /* intervals in a run */
    SIM__NODES_MAX = 100000,    /* nodes of one component */
    SIM__MEMBERS_MAX = 10000,   /* of each kind: components, regions, keyspaces, links, faults */
    SIM__VARIANTS_MAX = 5000,   /* each is a file of its own to read */
    SIM__CASES_MAX = 20000,     /* variants times cells */
    SIM__READ_MAX = 400000,     /* components components of all cases: each case reads its own */
    SIM__FINDINGS_MAX = 1000,   /* errors shown */
    SIM__TRACE_BYTES_MAX = 1 << 30, /* bytes of a file of requests */
    SIM__TRACE_REQUESTS_MAX =
        1 << 24, /* requests in one file; 32 bytes each, and twice that while it is read */
    SIM__KEY_LIST_MAX = 24,
    SIM__PLUGINS_MOST = 64, /* alternatives of a plug-in, as sim_model_check() has it */
};

/* A place in the document: a chain of keys up to the root, which is NULL. Kept on the stack. */
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
    struct sim__target *targets; /* several only for a named variable */
    size_t target_count;
    json_t *values; /* a list; it belongs to the document, or to .owned */
    json_t *owned;  /* the list made from a range; NULL: the file has the list */
    bool zipped;
};

/* Where a value comes from. The first in this list overrides the others. */
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
    bool by_base; /* found in the file as it stands */
    bool
        soft; /* a variant may repair it: dropped if only the base has it and the base is not run */
    bool confirmed;     /* a variant has the same finding */
    const char *within; /* the first variant or cell that has it, if the place does not show this */
    unsigned others;    /* how many more variants or cells have it */
    const char *last;
};

/* A keyspace's sampler. All variants with the same popularity share it. */
struct sim__sampler {
    struct sim__popular { /* no padding: compared as bytes */
        uint64_t type, n, hot;
        double exponent, share;
    } of;
    struct sim_keys keys;
};

/* A file of requests, read once for all variants; or the reason why it cannot be read. */
struct sim__trace_file {
    struct sim__trace_file *next; /* by name */
    const char *name, *why;
    const char *path;    /* from the working directory; NULL: out of memory */
    const char *strange; /* names of columns that are ignored; NULL: none */
    struct sim_trace trace;
};

/* A case's document with all defaults filled in, kept for `resolved` and `explain`. */
struct sim__resolved {
    const char *name; /* of the variant; NULL: the file as it stands */
    json_t *document;
};

/* What a loaded scenario keeps: sim_scenario.document. */
struct sim__document {
    struct sim_arena arena;
    const char *file;
    struct sim__places places;
    json_t *root; /* the file with every --set applied */
    struct sim__setting *sets;
    size_t set_count;
    struct sim__swept *swept;
    size_t swept_count;
    struct sim__resolved base;
    struct sim__resolved *variants; /* as sim_scenario.variants */
    size_t variant_count;
    struct sim__sampler **samplers;
    size_t sampler_count, sampler_room;
    struct sim_lookup sampler_numbers; /* the key is their struct sim__popular */
    struct sim__trace_file *traces;
    struct sim__book_file *books; /* price books that were opened */
};

/* For each kind and target, how many entries of the timeline were read so far. */
struct sim__alike {
    struct sim_lookup whats; /* from kind and target to the index in .counts */
    uint32_t *counts;
};

/* The callers of a component that wait without a limit: the first, and how many. */
struct sim__callers {
    uint32_t first, count;
};

/* Cases that have the same metrics, including those of single nodes. */
struct sim__kind {
    const struct sim_case *first;
    const struct sim_plan
        *asked; /* the plan whose .asks and .kept all cases of the kind share; NULL: none yet */
};

/* The loader's state while it reads. */
struct sim__load {
    struct sim__document *document;
    struct sim_arena *arena;
    const char *variant; /* the variant being read; NULL: the file as it stands */
    const size_t *cell;  /* the index of each swept path's value; NULL: none */
    const char *cell_name;
    bool base_pass; /* true while the file as it stands is read, before any variant */
    struct sim__finding *findings, **findings_end;
    size_t finding_count, error_count;
    size_t said;           /* errors met, counting repeated ones each time */
    struct sim_plan *plan; /* the plan being filled */
    json_t *tree;          /* the document it is filled from */
    bool *limited; /* by component of the plan: no call waits for ever; NULL: out of memory */
    struct sim__callers *callers; /* by component; NULL: out of memory */
    struct sim_case *cases;       /* every variant of the file, including those that are not run */
    size_t case_count;
    struct sim_lookup region_names, zone_names, keyspace_names; /* of the plan being filled */
    struct sim_lookup component_links, place_links;             /* from a pair to its link */
    struct sim_lookup case_names, figure_names;
    struct sim__alike alike;
    size_t named_cases, sorted_cases; /* how many cases are in case_names, and in kinds */
    struct sim__kind **kinds;         /* in the order of their first cases */
    size_t kind_count, kind_room;
    struct sim_lookup kind_numbers;
    bool out_of_memory;
};

/* ---- saying what is wrong (findings.c) ------------------------------------------------------- */

enum { SIM__ON_KEY = 1, SIM__SOFT = 2, SIM__WARNING = 4 };

/* Reports an error at a place of the document, once for all cases that have it. `flags`:
 * SIM__ON_KEY points at the key; SIM__SOFT: a variant may repair it; SIM__WARNING: it is a
 * warning. */
void sim__say(struct sim__load *, const struct sim__at *, unsigned flags, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The same for a place outside the document: "--variant", "--set" or the file. */
void sim__say_at(struct sim__load *, const char *file, unsigned line, unsigned column,
                 const char *pointer, const char *sentence);
/* Gives all findings, sorted, to the caller of the loader. `base_runs`: the file as it stands is a
 * case itself. */
void sim__findings_deliver(struct sim__load *, bool base_runs, struct sim_diagnostics *);

/* ---- paths and origins (origin.c) ------------------------------------------------------------ */

/* Finds where the value at a path comes from. True: it is written there. False: it is not written
 * anywhere, and *origin is the nearest place that exists. */
bool sim__origin_find(const struct sim__load *, const struct sim__at *, struct sim__origin *);
/* Splits "components.cache.ttl" or "/components/cache/ttl". NULL when it is not a path or memory
 * ran out. The arena owns the segments. */
const char **sim__path_split(struct sim_arena *, const char *path, size_t *depth);
json_t *sim__json_child(json_t *parent, const char *segment);
void sim__at_pointer(const struct sim__at *, char *out, size_t size);

/* ---- documents (document.c) ------------------------------------------------------------------ */

/* Applies an RFC 7396 merge patch to *target (owned). 0, or -1 when out of memory. */
int sim__merge(json_t **target, json_t *patch);
/* Stores a value at a path and makes the objects on the way. 0, or -1 when out of memory (*broken
 * is SIZE_MAX) or when something on the way is neither an object nor a list (*broken is the number
 * of segments that lead to it). */
int sim__put(json_t *root, const char *const *segments, size_t depth, json_t *value,
             size_t *broken);
bool sim__is_free(const char *key); /* "notes" or "x-…" */

/* ---- values (values.c; lists of them: params.c; distribution_json.c) ------------------------- */

const char *sim__json_kind(const json_t *value); /* "a list", "a text" … */
enum sim_dimension sim__dimension(enum sim_param_kind);
const char *sim__copy(struct sim__load *,
                      const char *text); /* NULL: out of memory, which is recorded in the load */
void *sim__alloc(struct sim__load *, size_t count, size_t size);
/* An array of `count` elements in the arena, with room for one more. NULL when out of memory, which
 * is recorded in the load. Amortised O(1). */
void *sim__grown(struct sim__load *, void *old, size_t count, size_t *room, size_t size);
enum { SIM__PAGE_COLUMNS = 96 };
/* Prints text of a page, broken into lines that begin at column `indent`; the cursor is there
 * already. */
static inline void sim__page_wrapped(FILE *file, int indent, const char *text)
{
    sim_wrap_print(file, text, (unsigned)indent, (unsigned)indent, SIM__PAGE_COLUMNS);
}
/* The key that tells which member of a tagged union an object is, such as a distribution or a
 * popularity. No parameter may have this name (tests/unit/test_unions.c checks the tables). */
#define SIM__TAG "type"

/* A text, or NULL with an error reported. An absent value (NULL) gives NULL without an error. */
const char *sim__read_text(struct sim__load *, const struct sim__at *, json_t *value);
/* As sim__read_text(), for texts shown on one line: line breaks and tabs become spaces. */
const char *sim__read_line(struct sim__load *, const struct sim__at *, json_t *value);
bool sim__read_bool(struct sim__load *, const struct sim__at *, json_t *value, bool *out);
bool sim__read_choice(struct sim__load *, const struct sim__at *, json_t *value,
                      const char *const *choices, int *out);
/* Whether a value is a quantity of the dimension; `noun` as in sim_units_parse(). */
bool sim__read_amount(struct sim__load *, const struct sim__at *, json_t *value, enum sim_dimension,
                      const char *noun, bool bare, struct sim_amount *);
/* Reports missing keys; `example` shows a complete object. True: none is missing. */
bool sim__has_all(struct sim__load *, const struct sim__at *, json_t *object,
                  const char *const *keys, const char *example);
/* { "from", "to", "steps", "scale" }, as "sweep" and "map" have it. */
struct sim__range {
    json_t *from, *to; /* as written, not checked yet; NULL: missing */
    uint32_t steps;    /* from 2 to the most allowed; 0: missing or wrong */
    bool log;
};
/* `keys`: the keys that the object may have; all but "scale" are required. False: an error was
 * reported. */
bool sim__read_range(struct sim__load *, const struct sim__at *, json_t *object,
                     const char *const *keys, const char *example, int most_steps,
                     struct sim__range *);
bool sim__read_distribution(struct sim__load *, const struct sim__at *, json_t *value,
                            enum sim_dimension, struct sim_dist *);
/* Reads a file of requests (trace_file.c) and stores a const struct sim_trace * in out. */
bool sim__read_trace(struct sim__load *, const struct sim__at *, json_t *value, char *out);
/* Checks that a trace fits the run and the keyspace given with it. */
void sim__check_trace(struct sim__load *, const struct sim__at *, const struct sim_param *table,
                      const char *image);
/* Reads one parameter into image + offset. */
bool sim__read_param(struct sim__load *, const struct sim__at *, const struct sim_param *,
                     json_t *value, char *image);
/* Reads every parameter of a table. Absent ones get their defaults, which are also added to the
 * object. */
void sim__read_table(struct sim__load *, const struct sim__at *, json_t *object,
                     const struct sim_param *table, void *image);
json_t *sim__default_value(
    const struct sim_param *); /* a new reference; NULL: no default, or out of memory */
const struct sim_param *sim__param_find(const struct sim_param *table, const char *name);

/* ---- plug-ins in documents (plugins.c, the first in params.c) -------------------------------- */

/* The value of a plug-in, in the form { "type": …, … }: a bare word stands for its "type", and with
 * `complete` the default type is added. NULL: there is no value, or no memory. */
json_t *sim__plugin_open(struct sim__load *, json_t *object, const struct sim_param *row,
                         bool complete);
/* The same of every plug-in of a map of components, or of a patch for one. `patched`: the map that
 * the patch changes; NULL: these are whole components. */
void sim__plugins_open(struct sim__load *, json_t *components, const json_t *patched);
/* Whether a path leads to a parameter of a plug-in that its type in this document does not have and
 * another type has. */
bool sim__plugin_lacks(json_t *document, const char *const *segments, size_t depth);
/* The plug-in at a path or above it; NULL: there is none. */
const struct sim_param *sim__plugin_on_way(json_t *root, const char *const *segments, size_t depth);

/* Which keys an object may have. */
struct sim__keys_allowed {
    const struct sim_param *tables[4];
    const struct sim_port_def *ports;
    const char *const *others; /* NULL-terminated */
};
/* Reports every key that is not allowed. */
void sim__check_keys(struct sim__load *, const struct sim__at *, json_t *object,
                     const struct sim__keys_allowed *);
/* The object; NULL when it is absent or not an object (reported). */
json_t *sim__as_object(struct sim__load *, const struct sim__at *, json_t *value);
json_t *sim__as_list(struct sim__load *, const struct sim__at *, json_t *value);
/* For a map of names to objects: whether this member is an object with a valid name. */
bool sim__is_member(struct sim__load *, const struct sim__at *, const char *key, json_t *value);
/* Whether a text is a valid name; reported. */
bool sim__is_name(struct sim__load *, const struct sim__at *, const char *text);
size_t sim__member_count(json_t *map);

/* ---- the sections of the file ---------------------------------------------------------------- */

struct sim__run_section {
    sim_time duration, warmup, interval;
    int64_t seed, replications;
    int series;
};
extern const struct sim_param sim__run_table[];
extern const char *const
    sim__run_apart[]; /* keys of "run" that are the same for all cases and do not affect a run */
extern const struct sim_param sim__keyspace_table[];
/* the first row is "nodes", which may also be an object (sites.c) */
extern const struct sim_param sim__component_table[];
/* Sets where the nodes of a component stand, and their number if it is given by place. */
void sim__read_sites(struct sim__load *, const struct sim__at *, json_t *object,
                     struct sim_plan_component *);
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

/* Each reads a section of load->tree into load->plan and reports errors. */
void sim__read_run(struct sim__load *, struct sim__run_section *);
void sim__read_keyspaces(struct sim__load *);
void sim__read_network(struct sim__load *);
void sim__read_components(struct sim__load *);
void sim__read_timeline(struct sim__load *);
/* Finds components whose calls always end, by a timeout or a deadline of their own or of the
 * requests they serve, and stores them in load->limited (endless_waits.c; O(calls)). The other two
 * warn of callers that would wait for ever for messages lost on links, or lost by a fault. */
void sim__find_unlimited(struct sim__load *);
void sim__check_lossy_links(struct sim__load *);
/* Reports cycles of calls that no request leaves (cycles.c). O(calls log calls). */
void sim__check_cycles(struct sim__load *);
/* Whether components of a model start requests. sim__each_call() visits each call from one
 * component to another. */
bool sim__starts_requests(const struct sim_model *);
void sim__each_call(const struct sim_plan *, uint32_t from,
                    void (*visit)(void *self, uint32_t from, uint32_t to), void *self);
/* Warns of components that need keys but get only requests without keys (keyless.c). O(calls). */
void sim__check_keyless(struct sim__load *);
void sim__check_unanswered(struct sim__load *, const struct sim__at *,
                           const struct sim_plan_fault *);
void sim__read_prices(struct sim__load *);
void sim__release_books(struct sim__document *);
/* The line of a value in the price book of that name; 0 when it is not in the book. The path is
 * below the book. */
unsigned sim__book_line(const struct sim__document *, const char *book, const char *const *names,
                        size_t depth);
/* False: the file needs a newer build, so nothing in it can be checked. */
bool sim__check_version(struct sim__load *, json_t *root);
/* Opens a file for reading. If it is read only once, it may be a pipe that has a writer. Never
 * waits. NULL with the reason in words. */
FILE *sim__open_file(const char *path, bool once, char *why, size_t why_bytes);
/* The whole file, which may be a pipe, malloc'd; NULL with the reason in words. */
char *sim__read_file(const char *path, size_t *bytes, char *why, size_t why_bytes);
/* Fills a plan from a document and adds the defaults to the document. *run may be NULL. */
void sim__read_plan(struct sim__load *, json_t *tree, struct sim_plan *,
                    struct sim__run_section *run);

/* The links in the file for calls between two components, one for each pair of their sites, with
 * *pair from 0: the one between the components, else between the zones, else between the regions;
 * *link NULL: none. False past the last pair. */
bool sim__link_next(const struct sim__load *, uint32_t from, uint32_t to, uint32_t *pair,
                    const struct sim_plan_link **link);
/* The index of a name, or UINT32_MAX with an error reported (`what`: "component"). */
uint32_t sim__find_component(struct sim__load *, const struct sim__at *, const char *name);
uint32_t sim__find_region(struct sim__load *, const struct sim__at *, const char *name);
/* Likewise a region or a zone, "eu" or "eu/a". */
uint32_t sim__find_place(struct sim__load *, const struct sim__at *, const char *name);
/* The place with this name where a component has nodes; SIM_NOWHERE with the reason: it has none
 * there. O(sites). */
uint32_t sim__place_among(const struct sim_plan *, const struct sim_plan_component *,
                          const char *name, struct sim_error *);
/* The model of that name, or NULL with an error reported. */
const struct sim_model *sim__find_model(struct sim__load *, const struct sim__at *, unsigned flags,
                                        const char *name);

/* ---- names (plan_names.c); each O(length of the name) but for naming ------------------------- */

/* Inserts a name with its number. True: the name is new. */
bool sim__name_put(struct sim__load *, struct sim_lookup *, const char *name, uint32_t number);
/* Fills plan.component_names when all components have their names. O(components). */
void sim__name_components(struct sim__load *);
/* The index of the member with this name; SIM_NOWHERE: there is none. */
uint32_t sim__component_named(const struct sim_plan *, const char *name);
uint32_t sim__region_named(const struct sim__load *, const char *name);
uint32_t sim__place_named(const struct sim__load *, const char *name);
uint32_t sim__keyspace_named(const struct sim__load *, const char *name);
uint32_t sim__case_named(struct sim__load *, const char *name);
/* Whether to look for the nearest word among `names` words: not after a thousand errors, nor among
 * more than a thousand words. */
bool sim__may_hint(const struct sim__load *, size_t names);
/* Whether any keyspace has subjects. O(keyspaces). */
bool sim__has_subjects(const struct sim_plan *);
/* sim__kind_of(): the kind of a case; NULL: out of memory. sim__find_kinds(): sorts every case of
 * load.cases into load.kinds. O(components of each case). */
struct sim__kind *sim__kind_of(struct sim__load *, const struct sim_case *);
void sim__find_kinds(struct sim__load *);

/* ---- metrics, expectations and figures ------------------------------------------------------- */

/* A metric as an expectation or a figure names it. */
struct sim__metric {
    const struct sim_plan_component *component; /* NULL: the metric is of the bill or of a link */
    const char *place; /* the component's name, "cost" or "eu>us"; the plan owns it */
    uint32_t node;     /* SIM_ALL_NODES, SIM_WORST_NODE or its number */
    const struct sim_meter *meter;
    const char *stat; /* the default one if it was left out; else it may point into the text */
    bool has_stat;
    enum sim_dimension dimension; /* of the statistic */
    double scale;                 /* from base units to units of results: 1e-9 for times */
    const char *money; /* the unit of an amount of money, such as "$/h"; NULL: not money */
};
/* Whether a metric can be compared with a value in the unit of results: a share cannot exceed 1. 0,
 * or -1 with the reason. */
int sim__metric_fits(const struct sim__metric *, double value, struct sim_error *);
/* Finds a metric of the bill. 1: found, and *out is filled in; 0: a bill never has such a metric;
 * -1 with the reason. `stat` may be NULL. */
int sim__metric_of_bill(const struct sim_plan *, const char *place, const char *meter,
                        const char *stat, struct sim__metric *, struct sim_error *);
/* Reads dollars in the unit of an amount of money. */
bool sim__read_dollars(struct sim__load *, const struct sim__at *, json_t *value, const char *unit,
                       double *);
/* 0, or -1 with the reason in words. */
int sim__metric_find(const struct sim_plan *, const char *text, struct sim__metric *,
                     struct sim_error *);

void sim__read_expects(struct sim__load *, struct sim_scenario *);
void sim__read_figures(struct sim__load *, struct sim_scenario *);
/* Fills plan.asks and plan.kept of every case from expectations, figures and options. */
void sim__ask_metrics(struct sim__load *, const struct sim_load_options *, struct sim_scenario *);
/* Whether a metric exists only for the whole run. */
bool sim__metric_is_whole(const struct sim__metric *);
struct sim_wanted;
/* The same as sim__ask_metrics() for the case of a search. `wanted` NULL: nothing. */
void sim__ask_one(struct sim__load *, struct sim_plan *, const struct sim_wanted *);
/* The name of an existing variant; else NULL with an error reported. */
const char *sim__read_variant_name(struct sim__load *, const struct sim__at *, json_t *value);
/* Checks a metric in the cases it is about and reports errors. If `variant` is NULL, all cases must
 * have it, or with `some` at least one. */
bool sim__check_metric(struct sim__load *, const struct sim__at *, const char *text,
                       const char *variant, bool some, struct sim__metric *);

/* ---- the document of a case (case_document.c) ------------------------------------------------ */

/* The file's document with the load's variant, settings and cell applied. The caller owns it. */
json_t *sim__document_of(struct sim__load *, json_t *patch);
void sim__read_settings(struct sim__load *, const struct sim_load_options *);
void sim__apply_settings(struct sim__load *, json_t *root, bool complain);

/* ---- variants and cells (cases.c) ------------------------------------------------------------ */

/* Fills load.cases. Those that the options select become the scenario's cases. */
void sim__read_variants(struct sim__load *, const struct sim_load_options *, struct sim_scenario *);
/* Whether this number of cases can be read. If not, it reports why at the section that makes
 * them. */
bool sim__cases_fit(struct sim__load *, const struct sim__at *, const char *what, size_t count);
/* Reads the document with all changes applied into a case, and keeps the document with its defaults
 * in *kept. */
void sim__read_case(struct sim__load *, json_t *patch, struct sim_case *, struct sim__run_section *,
                    json_t **kept);
/* What is swept, and its cells (sweep.c). */
void sim__read_sweep(struct sim__load *, struct sim_scenario *);

/* ---- cells left out (excluded.c) ------------------------------------------------------------- */

/* The dimension of a value and, in *number, the value in base units; -1 and NAN: not a quantity. */
int sim__quantity_of(const json_t *value, double *number);
struct sim__exclusion {
    struct sim__excluded {
        size_t which;      /* index of the variable */
        const bool *among; /* for each of its values: whether it is excluded */
    } * of;
    size_t count;
};
struct sim__exclusions {
    struct sim__exclusion *items;
    size_t count;
};
/* Reads the list "exclude" into the arena. O(excluded values x values of their variables). */
void sim__read_exclusions(struct sim__load *, const struct sim__at *, json_t *list,
                          struct sim__exclusions *);
/* Whether a cell is excluded: it has all the values that one exclusion names. `at` has the index of
 * each variable's value. O(exclusions). */
bool sim__is_excluded(const struct sim__exclusions *, const size_t *at);

/* ---- what searches vary (vary.c, searches.c) ------------------------------------------------- */

struct sim_vary;

/* Where to report an error: an option of the command line, or else a place of the file. */
struct sim__spot {
    const char *option;
    const struct sim__at *at;
};
void sim__spot_say(struct sim__load *, const struct sim__spot *, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* sim__vary_path() checks that a path can be varied; sim__vary_ends() reads the ends of its range;
 * sim__vary_try() tries them in the file (with a variant), which also shows whether the value must
 * be a whole number. False: an error was reported. */
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
    bool filled[SIM__DEPTH_MAX + 16]; /* whether the container at each depth has an item already */
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
/* 32 hexadecimal digits: a hash of everything except the seed that determines a case's runs. Equal
 * keys, seeds and replications give equal runs. 0, or -1 when out of memory. */
int sim__case_key(const struct sim__document *, const json_t *document, char key[33]);

#endif
