/* study.h - many runs of a scenario's cases: run, aggregated and judged.
 *
 * replicate.c runs every case x replication on threads; aggregate.c makes estimates of what the
 * replications saw; expect.c holds them against the scenario's expectations. Results stand at
 * their index and are worked on in its order, so that they do not depend on the number of threads.
 * What was run before is in the store (store.h); processes share the work as a team (team.h).
 * Warm-up detection (MSER-5), paired comparison and sequential stopping have their places here:
 * each takes a struct sim_runs. */
#ifndef SIM_STUDY_STUDY_H
#define SIM_STUDY_STUDY_H

#include "scenario/scenario.h"
#include "study/estimates/estimate.h"
#include "study/estimates/mser.h"
#include "study/runs/shared_names.h"
#include "study/work/work_session.h"

/* ---- running ------------------------------------------------------------------------------- */

enum sim_run_state {
    SIM_RUN_MISSING,  /* not started, or ended before its time by an interrupt */
    SIM_RUN_FINISHED, /* .record is whole */
    SIM_RUN_FAULT,    /* .why says what happened; .record is NULL */
    SIM_RUN_REFUSED,  /* a model would not start with these parameters; .why */
};

struct sim_run {
    enum sim_run_state state;
    struct sim_record *record; /* owned */
    char why[SIM_ERROR_TEXT_BYTES];
};

struct sim_store;
struct sim_team;

struct sim_runs {
    const struct sim_case *cases; /* the scenario's variants or the cells of its sweep */
    uint32_t case_count, replications;
    struct sim_run *runs;      /* [case * replications + replication] */
    uint32_t finished, faults; /* how many */
    bool interrupted;
    uint32_t reused;         /* how many of them are the store's */
    bool metrics_only;       /* records hold no series and no distributions */
    struct sim_names *names; /* such as "requests/s"; owned */
};

struct sim_replicate_options {
    uint64_t seed;
    uint32_t replications;   /* of every case, beside those that are there */
    unsigned jobs;           /* threads; 0: as many as there are processors */
    bool progress;           /* draw a bar on standard error */
    bool metrics_only;       /* keep no series and no distributions: for sweeps of many cells */
    uint32_t trace;          /* of each first replication, so many requests are kept; 0: none */
    struct sim_store *store; /* runs are taken from it and written into it; NULL: none */
    bool fresh;              /* take none from it */
    struct sim_team *team;   /* other processes that help (team.h); NULL: none */
};

/* No runs yet of these cases, which must outlive them. */
void sim_runs_begin(struct sim_runs *, const struct sim_case *cases, uint32_t case_count,
                    bool metrics_only);
/* Runs the next options->replications replications of every case and appends them: those from
 * runs->replications on. What replication k gives does not depend on when it is run, so adding to
 * runs gives what running all at once gives. Returns when all are done or the session is
 * interrupted: runs under way then end at their next window and count as missing. 0, or -1 with
 * the reason (out of memory, no threads, a store that cannot be written): what was finished is
 * still there, and the caller frees it. options->metrics_only is as sim_runs_begin() was given. */
int sim_replicate_more(struct sim_work_session *, const struct sim_replicate_options *,
                       struct sim_runs *, struct sim_error *);
/* Both: options->replications of every case. The caller frees *runs with sim_runs_free(). 0, or -1
 * with the reason: nothing is there then. */
int sim_replicate(struct sim_work_session *, const struct sim_case *cases, uint32_t case_count,
                  const struct sim_replicate_options *, struct sim_runs *, struct sim_error *);
void sim_runs_free(struct sim_runs *);

/* A run's record, NULL when it has none. O(1). */
const struct sim_record *sim_runs_record(const struct sim_runs *, uint32_t at,
                                         uint32_t replication);
/* The record of a case's first finished replication, for its names and units; NULL: none. */
const struct sim_record *sim_runs_sample(const struct sim_runs *, uint32_t at);
/* The most replications that any case has finished. O(runs). */
uint32_t sim_runs_most_finished(const struct sim_runs *);
/* The index of a case by name; UINT32_MAX: none. O(cases). */
uint32_t sim_runs_find(const struct sim_runs *, const char *name);
/* Which thread count `jobs` stands for. */
unsigned sim_replicate_jobs(unsigned jobs);

/* ---- the numbers --------------------------------------------------------------------------- */

/* A check of the audit over all components and replications of a case. */
struct sim_audit_total {
    const char *name;
    uint32_t checked, held;
};

/* What the latency of a source's requests around a percentile is made of, in s. */
struct sim_attributed_part {
    const char *component, *cause;
    struct sim_estimate spent;
};

struct sim_attributed {
    const char *source, *stat;               /* stat: "mean", "p50", "p99", "p999" */
    struct sim_estimate percentile, latency; /* latency: the sum of the parts */
    uint64_t requests, sampled;              /* looked at, of how many, in all replications */
    struct sim_attributed_part *parts;       /* largest first */
    uint32_t part_count;
};

struct sim_aggregate {
    const struct sim_record *sample; /* names, units, headlines; NULL: no run finished */
    struct sim_estimate *metrics;    /* one per sample->metrics */
    uint32_t finished;               /* replications */
    uint64_t events, hash;           /* of all finished ones, in order */
    struct sim_audit_total *audits;
    uint32_t audit_count;
    bool audit_held;
    struct sim_attributed *attributed; /* by source, then by stat */
    uint32_t attributed_count;
    struct sim_warmup *warmups; /* what MSER-5 says of the warm-up; none without series */
    uint32_t warmup_count;
};

/* NULL: there is none. O(attributed). */
const struct sim_attributed *sim_attributed_find(const struct sim_aggregate *, const char *source,
                                                 const char *stat);

/* One per case, in order. The caller frees with sim_aggregate_free(). NULL: out of memory. */
struct sim_aggregate *sim_aggregate_runs(const struct sim_runs *);
void sim_aggregate_free(struct sim_aggregate *, uint32_t count);

/* "component.meter[.stat]" taken apart. The stat may be left out: what is natural is "p99" where
 * there is one and "mean" otherwise. Index into record->metrics, UINT32_MAX: none. O(metrics). */
uint32_t sim_aggregate_metric(const struct sim_record *, const char *that);
/* The number of a metric with its statistic between two times, s; of the whole run where both are
 * NAN. NULL: the plan does not ask for it. O(metrics), over a span O(log answers). */
const struct sim_metric *sim_aggregate_over(const struct sim_record *, const char *that,
                                            double from_s, double to_s);
/* The statistic as it was asked for ("p99_9" where the metric says "p999"). Where none was asked
 * for it is the metric's own, and with NULL the natural one of histograms, "p99". */
const char *sim_aggregate_stat(const char *that, const struct sim_metric *);
/* Whether a metric is one of those shown when nobody names any: of headline meters the median and
 * the 99th percentile where there are such, the mean of the others. O(metrics). */
bool sim_aggregate_is_shown(const struct sim_record *, uint32_t at);
/* Whether a meter of a case is a share, from 0 to 1 whatever was observed. O(components). */
bool sim_aggregate_is_share(const struct sim_runs *, uint32_t at, const char *component,
                            const char *meter);
/* What a success does not say as some requests were still under way when the run ended: how many of
 * how many, in all replications; and what the success would be if all of these failed, or none.
 * Another metric: low and high are NAN. O(replications x metrics). */
struct sim_unfinished {
    double open, all, low, high;
};
struct sim_unfinished sim_share_unfinished(const struct sim_runs *, uint32_t at,
                                           const struct sim_metric *);
/* The component of a case with the highest utilisation, as the mean over its replications. Its name
 * is that of the record; NULL: none has a utilisation. O(replications x metrics). */
struct sim_busiest {
    const char *component;
    double utilisation;
};
struct sim_busiest sim_share_busiest(const struct sim_runs *, uint32_t at);
/* The same of the success over a span of time: those under way when it ends. Another metric, or the
 * worst node: low and high are NAN. */
struct sim_unfinished sim_share_unfinished_over(const struct sim_runs *, uint32_t at,
                                                const struct sim_expect *);
/* The same as sim_aggregate_metric() for record->series. */
uint32_t sim_aggregate_series(const struct sim_record *, const char *that);

/* ---- the claims ---------------------------------------------------------------------------- */

struct sim_verdict {
    const struct sim_expect *expect;
    uint32_t at; /* the case it was judged on */
    bool held;
    struct sim_estimate observed;
    const char *unit; /* of the observed value; "1" for ratios */
    char bound[160];  /* "at most 3000 requests/s" */
    char note[256];   /* why it did not hold, or how weakly; "" when there is nothing to add */
};

/* What an expectation looks at: in one run (NULL: none), NAN when it saw nothing; and in all of a
 * case, with an interval of its confidence. `values`: room for runs->replications, which are then
 * those of the replications. */
double sim_expect_observe(const struct sim_expect *, const struct sim_record *);
struct sim_estimate sim_expect_estimate(const struct sim_expect *, const struct sim_runs *,
                                        uint32_t at, double *values);

/* When the span ends on which an expectation is judged, s: with the run, at the latest. */
double sim_expect_end(const struct sim_expect *, const struct sim_plan *);

/* Judges every expectation on every case it is about. The caller frees *verdicts. 0, or -1 when
 * out of memory. */
int sim_expect_judge(const struct sim_scenario *, const struct sim_runs *,
                     struct sim_verdict **verdicts, uint32_t *count);

#endif
