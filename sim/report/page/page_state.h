/* page_state.h - shared by the files of the page. */
#ifndef SIM_REPORT_PAGE_STATE_H
#define SIM_REPORT_PAGE_STATE_H

#include "report/number.h"
#include "report/page/page.h"

#include <jansson.h>
#include <stdbool.h>

struct sim__page {
    FILE *out, *remarks;
    const char *dir;
    json_t *summary, *resolved; /* owned */
    json_t *cases;              /* summary's "variants": variants, or the cells of a sweep */
    json_t *first;              /* the first of them; NULL: none */
    size_t case_count;
    unsigned tables; /* number of tables so far, used as ids */
    bool failed;     /* out of memory */
};

/* ---- reading (page_read.c) ------------------------------------------------------------------ */

/* Reads and checks both files of page->dir. The caller frees *page even if there is a problem. */
enum sim_page_problem sim__page_read(struct sim__page *, struct sim_error *);
void sim__page_free(struct sim__page *);
/* A whole file, malloc'd, ended by a NUL; NULL with errno. */
char *sim__page_file(const char *path, size_t *bytes);
/* Members of an object; "" or NAN if it has none of that kind. */
const char *sim__page_string(const json_t *, const char *key);
double sim__page_double(const json_t *, const char *key);
unsigned sim__page_count(const json_t *, const char *key); /* 0 if it is not a count */
bool sim__page_true(const json_t *, const char *key);
/* A value as text: texts without quotes, others as JSON. malloc'd, or NULL. */
char *sim__page_value(const json_t *);
/* The resolved scenario of a variant; for a cell that of its variant. */
const json_t *sim__page_resolved(const struct sim__page *, const char *name);
/* Whether at least one case has a member. */
bool sim__page_some(const struct sim__page *, const char *key);
/* Whether no case before `here` has it, so that a row over all cases is written once. */
typedef bool sim__page_has(json_t *it, const void *that);
bool sim__page_is_new(const struct sim__page *, const json_t *here, sim__page_has *,
                      const void *that);

/* ---- writing (page_html.c) ------------------------------------------------------------------ */

/* printf with %s, %u and %% only, without widths. Arguments of %s are escaped. All text of the page
 * is written by it. */
void sim__page_put(struct sim__page *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Begins a section with its heading; end it by sim__page_put("</section>\n"). */
void sim__page_section(struct sim__page *, const char *id, const char *heading);
/* Begins a table in a scrollable region that can be reached by keyboard; the header row is open.
 * The caption is formatted as in sim__page_put(), and not longer than 500 bytes. */
void sim__page_table(struct sim__page *, const char *caption);
/* A heading of a column; `note` smaller beneath it, "" for none. */
void sim__page_column(struct sim__page *, const char *text, const char *note);
/* A heading of a column of numbers. */
void sim__page_number_column(struct sim__page *, const char *text, const char *note);
void sim__page_rows(struct sim__page *); /* ends the head */
void sim__page_table_end(struct sim__page *);
/* Writes a cell with a mean and its interval, from an object with "mean" (or another key), "low"
 * and "high". */
void sim__page_estimate(struct sim__page *, const json_t *, const char *mean, const char *unit);
void sim__page_mark(struct sim__page *, bool good, const char *words);

/* ---- sections ------------------------------------------------------------------------------- */

void sim__page_variants(struct sim__page *); /* page_results.c */
void sim__page_results(struct sim__page *);
void sim__page_all_metrics(struct sim__page *);
void sim__page_figures(struct sim__page *); /* page_figures.c */
bool sim__page_has_figures(const struct sim__page *);
void sim__page_attribution(struct sim__page *); /* page_causes.c */
void sim__page_theory(struct sim__page *);
void sim__page_cost(struct sim__page *);
void sim__page_glance(struct sim__page *); /* page_checks.c */
void sim__page_expectations(struct sim__page *);
void sim__page_audit(struct sim__page *);
void sim__page_warmup(struct sim__page *);
void sim__page_faults(struct sim__page *);
void sim__page_commands(struct sim__page *); /* page_commands.c */

#endif
