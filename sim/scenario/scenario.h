/* scenario.h - a scenario file, checked and resolved: one plan per variant, and what the study and
 * the report shall do. Plain data, without jansson. */
#ifndef SIM_SCENARIO_SCENARIO_H
#define SIM_SCENARIO_SCENARIO_H

#include "sim/world.h"

#define SIM_SCHEMA_VERSION 1

/* The most replications of a variant or cell, in a file and on the command line. */
#define SIM_REPLICATIONS_MOST 1000000

/* One error of the user's: `file:line:column: /json/pointer: sentence (did you mean …)`. */
struct sim_diagnostic {
    char *file;            /* or "--set", "--variant" */
    unsigned line, column; /* from 1; 0: no place */
    char *pointer;         /* JSON pointer, "" for the whole document */
    char *sentence;
    bool warning; /* printed, but the file is accepted */
};

struct sim_diagnostics {
    struct sim_diagnostic *items;
    size_t count, capacity;
    size_t errors;      /* how many of them are errors, not warnings */
    bool out_of_memory; /* counted in errors; the list may be incomplete */
};

/* Prints all, one a line, sorted by file, line and column. */
void sim_diagnostics_print(const struct sim_diagnostics *, void *stdio_file);
void sim_diagnostics_free(struct sim_diagnostics *);

enum sim_figure_kind {
    SIM_FIGURE_TIMELINE,
    SIM_FIGURE_BARS,
    SIM_FIGURE_CCDF,
    SIM_FIGURE_CURVE,
    SIM_FIGURE_ATTRIBUTION,
};
extern const char *const sim_figure_kinds[]; /* their names, NULL-terminated */

struct sim_panel {
    const char *title; /* NULL: made from the series */
    /* "component.meter.stat"; stat may be left out where the kind has a default one (counter,
     * gauge, ratio: mean; histogram: p99) */
    const char **series;
    uint32_t series_count;
    bool log;
    double slo; /* in the unit of the series (times in s); NAN: none */
    const char *slo_label;
};

struct sim_figure {
    enum sim_figure_kind kind;
    const char *name, *title, *subtitle; /* name: of the file; subtitle may be NULL */
    struct sim_panel *panels;
    uint32_t panel_count;
    const char **variants; /* which to draw; count 0: all */
    uint32_t variant_count;
    const char *x; /* curve: path of the swept parameter; NULL: the only one */
    bool log_x;
    bool small_multiples; /* timeline: one column per variant */
    double from, to;      /* timeline: seconds shown; NAN: all */
};

struct sim_expect {
    const char *that;        /* "component.meter[.stat]" as written */
    const char *because;     /* the claim in words; may be NULL */
    const char *variant;     /* NULL: every variant */
    const char *relative_to; /* the observed value is divided by this variant's; NULL: not */
    double at_most, at_least, equals; /* in base units (times in s); NAN: not given */
    double within;     /* with equals: relative tolerance; NAN: the interval must cover */
    double confidence; /* of that interval, 0.95 unless given */
    double from, to;   /* s: the claim is about the time between these; NAN: the whole run */
    unsigned line, column;
};

/* One runnable case: a variant, or a cell of the sweep. */
struct sim_case {
    const char *name;    /* "base", "single-flight"; cells: "variant · cache.ttl=10s" */
    const char *variant; /* the variant it belongs to */
    struct sim_plan plan;
    /* 32 hexadecimal digits: a hash of the simulated system, without seed and expectations */
    char key[33];
    uint32_t cell;        /* 0 for a variant; from 1 for cells of the sweep */
    double *at;           /* cells: the value of each swept variable; NAN if it is not a number */
    const char **at_text; /* cells: the same as written */
    const double *varied; /* cases of a search: the values given to sim_vary_case() */
    uint32_t varied_count;
};

struct sim_scenario {
    char *file; /* as given */
    char *name; /* file name without directory and .json */
    const char *title, *notes;
    int chapter;   /* 0: none */
    char hash[17]; /* of the resolved scenario, all variants, hexadecimal */
    uint64_t seed;
    uint32_t replications;
    struct sim_case *variants;
    uint32_t variant_count;
    const char **sweep_paths; /* swept variables, in order */
    uint32_t repeat;          /* replications of each cell; 0: as .replications */
    uint32_t sweep_path_count;
    struct sim_case
        *cells; /* ordered by variant, then by the swept values; the first path changes slowest */
    uint32_t cell_count;
    struct sim_expect *expects;
    uint32_t expect_count;
    struct sim_figure *figures;
    uint32_t figure_count;
    const struct sim_map_asked *map;                 /* see vary.h; NULL: the file has none */
    const struct sim_sensitivity_asked *sensitivity; /* likewise */
    void *arena;                                     /* owner of every string and array above */
    void *document;                                  /* private to the loader */
};

struct sim_set {
    const char *path, *value; /* components.cache.ttl, 60s (JSON text or a bare string) */
};

/* Times in s as the span of a struct sim_plan_ask. NAN, NAN: the whole run. */
void sim_span_of(double from_s, double to_s, sim_time *from, sim_time *to);
/* Whether at least one whole window of the run lies between two times. */
bool sim_span_has_window(const struct sim_plan *, double from_s, double to_s);

struct sim_load_options {
    const char **variants; /* run only these; empty: all. "base" always exists */
    size_t variant_count;
    const struct sim_set *sets;
    size_t set_count;
    /* wanted metrics, such as "users.latency.p95"; those that no variant has are ignored */
    const char *const *metrics;
    size_t metric_count;
    uint64_t seed;         /* with has_seed */
    uint32_t replications; /* 0: the file's */
    bool has_seed;
    /* For tests: called before every allocation except jansson's; false makes the allocation
     * fail. */
    bool (*allow)(void *self, size_t bytes);
    void *allow_self;
};

/* Reads, checks and resolves a file. All errors are collected in *diagnostics. NULL when there is
 * an error; running out of memory is one, too. The caller frees with sim_scenario_free(). */
struct sim_scenario *sim_scenario_load(const char *path, const struct sim_load_options *,
                                       struct sim_diagnostics *);
/* The same for a text in memory; messages call it `path`. */
struct sim_scenario *sim_scenario_parse(const char *path, const char *text, size_t bytes,
                                        const struct sim_load_options *, struct sim_diagnostics *);
void sim_scenario_free(struct sim_scenario *);

/* The paths of the files that a scenario was read from: the scenario file, its traces and its price
 * books. The list ends with NULL. The caller frees the array; the scenario owns the texts. NULL:
 * out of memory. */
const char **sim_scenario_files(const struct sim_scenario *);

/* JSON text of every value in force, by variant: what resolved.json holds. malloc'd; the caller
 * frees. NULL when out of memory. */
char *sim_scenario_resolved(const struct sim_scenario *);

/* weir explain: prints where each value (or each value under `path`) comes from: command line,
 * variant, file, or default with its source. 0, or -1 when the path does not exist. */
int sim_scenario_explain(const struct sim_scenario *, const char *path, void *stdio_file);

/* ---- the registry and what is generated from the tables ------------------------------------ */

/* All models, in the order of models.def, ended by NULL. */
const struct sim_model *const *sim_models(void);
const struct sim_model *sim_model_find(const char *name);
void sim_models_list(void *stdio_file);                          /* weir models */
void sim_model_page(const struct sim_model *, void *stdio_file); /* weir models NAME */
/* The page of faults and changes, the entries of "timeline". */
void sim_fault_page(void *stdio_file);
/* The pages "distribution" and "popularity", which describe kinds of values. False: there is no
 * page of that name. */
bool sim_value_page(const char *name, void *stdio_file);
void sim_distribution_page(void *stdio_file);
void sim_popularity_page(void *stdio_file);
char *sim_schema(void); /* the JSON Schema, malloc'd */

/* Whether a plan has the metric "component.meter[.stat]". 0, or -1 with the reason. */
int sim_scenario_metric(const struct sim_plan *, const char *that, struct sim_error *);

/* Reads a quantity, as written in a file or on the command line, into units of results.
 * `dimension`: "time" (s), "rate" (1/s), "bytes", "1" … */
int sim_quantity(const char *text, const char *dimension, double *value, struct sim_error *);

#endif
