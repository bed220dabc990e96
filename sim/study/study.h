/* study.h - many runs of a scenario's cases: run, aggregated and judged.
 *
 * replicate.c runs every replication of every case on threads; aggregate.c makes estimates over the
 * replications; expect.c checks them against the scenario's expectations. Each result is stored at
 * its own index and processed in the order of indices, so results do not depend on the number of
 * threads. Earlier runs are in the store (store.h). Several processes may share the work as a team
 * (team.h). Warm-up detection (MSER-5), paired comparison and sequential stopping each take a
 * struct sim_runs. */
#ifndef SIM_STUDY_STUDY_H
#define SIM_STUDY_STUDY_H

#include "scenario/scenario.h"
#include "study/estimates/estimate.h"
#include "study/estimates/mser.h"
#include "study/runs/shared_names.h"
#include "study/work/work_session.h"

/* ---- running ------------------------------------------------------------------------------- */

enum sim_run_state {
    SIM_RUN_MISSING,  /* not started, or interrupted before its end */
    SIM_RUN_FINISHED, /* .record is complete */
    SIM_RUN_FAULT,    /* .why says what happened; .record is NULL */
    SIM_RUN_REFUSED,  /* a model refused to start with these parameters; see .why */
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
    uint32_t reused;         /* how many of them came from the store */
    bool metrics_only;       /* records hold no series and no distributions */
    struct sim_names *names; /* texts such as "requests/s"; owned */
};

struct sim_replicate_options {
    uint64_t seed;
    uint32_t replications;   /* of every case, in addition to existing ones */
    unsigned jobs;           /* threads; 0: as many as there are processors */
    bool progress;           /* draw a bar on standard error */
    bool metrics_only;       /* keep no series and no distributions: for sweeps of many cells */
    uint32_t trace;          /* how many requests of each first replication are traced; 0: none */
    struct sim_store *store; /* runs are read from it and written to it; NULL: none */
    bool fresh;              /* read none from it */
    struct sim_team *team;   /* other processes that help (team.h); NULL: none */
};

/* Starts with no runs of these cases. The cases must outlive the runs. */
void sim_runs_begin(struct sim_runs *, const struct sim_case *cases, uint32_t case_count,
                    bool metrics_only);
/* Runs the next options->replications replications of every case, from runs->replications on, and
 * appends them. The result of replication k does not depend on when it is run, so adding runs later
 * gives the same as running all at once. Returns when all are done or the session is interrupted;
 * runs in progress then end at their next window and count as missing. 0, or -1 with the reason
 * (out of memory, no threads, a store that cannot be written). After an error the finished runs are
 * still there, and the caller frees them. options->metrics_only must be as given to
 * sim_runs_begin(). */
int sim_replicate_more(struct sim_work_session *, const struct sim_replicate_options *,
                       struct sim_runs *, struct sim_error *);
/* sim_runs_begin() and sim_replicate_more() in one call. The caller frees *runs with
 * sim_runs_free(). 0, or -1 with the reason; *runs is then empty. */
int sim_replicate(struct sim_work_session *, const struct sim_case *cases, uint32_t case_count,
                  const struct sim_replicate_options *, struct sim_runs *, struct sim_error *);
void sim_runs_free(struct sim_runs *);

/* The record of a run; NULL when it has none. O(1). */
const struct sim_record *sim_runs_record(const struct sim_runs *, uint32_t at,
                                         uint32_t replication);
/* The record of a case's first finished replication, for its names and units; NULL: none. */
const struct sim_record *sim_runs_sample(const struct sim_runs *, uint32_t at);
/* The most replications that any case has finished. O(runs). */
uint32_t sim_runs_most_finished(const struct sim_runs *);
/* The index of a case by name; UINT32_MAX: none. O(cases). */
uint32_t sim_runs_find(const struct sim_runs *, const char *name);
/* The number of threads for an option `jobs`; 0 means one for each processor. */
unsigned sim_replicate_jobs(unsigned jobs);

/* ---- the numbers --------------------------------------------------------------------------- */

/* One check of the audit, added up over all components and replications of a case. */
struct sim_audit_total {
    const char *name;
    uint32_t checked, held;
};

/* The parts of the latency of a source's requests around a percentile, in s. */
struct sim_attributed_part {
    const char *component, *cause;
    struct sim_estimate spent;
};

struct sim_attributed {
    const char *source, *stat;               /* stat: "mean", "p50", "p99", "p999" */
    struct sim_estimate percentile, latency; /* latency: the sum of the parts */
    uint64_t requests,
        sampled; /* requests followed, and how many there were, in all replications */
    struct sim_attributed_part *parts; /* largest first */
    uint32_t part_count;
};

struct sim_aggregate {
    const struct sim_record
        *sample; /* a record with the names, units and headlines; NULL: no run finished */
    struct sim_estimate *metrics; /* one per sample->metrics */
    uint32_t finished;            /* replications */
    uint64_t events, hash;        /* of all finished replications, in order */
    struct sim_audit_total *audits;
    uint32_t audit_count;
    bool audit_held;
    struct sim_attributed *attributed; /* by source, then by stat */
    uint32_t attributed_count;
    struct sim_warmup *warmups; /* MSER-5's findings about the warm-up; none without series */
    uint32_t warmup_count;
};

/* NULL: there is none. O(attributed). */
const struct sim_attributed *sim_attributed_find(const struct sim_aggregate *, const char *source,
                                                 const char *stat);

/* One aggregate for each case, in order. The caller frees with sim_aggregate_free(). NULL: out of
 * memory. */
struct sim_aggregate *sim_aggregate_runs(const struct sim_runs *);
void sim_aggregate_free(struct sim_aggregate *, uint32_t count);

/* The index in record->metrics of "component.meter[.stat]"; UINT32_MAX: none. Without a stat the
 * default is "p99" if the meter has one, else "mean". O(metrics). */
uint32_t sim_aggregate_metric(const struct sim_record *, const char *that);
/* A metric between two times in s; both NAN: over the whole run. NULL: the plan does not request
 * it. O(metrics), over a span O(log answers). */
const struct sim_metric *sim_aggregate_over(const struct sim_record *, const char *that,
                                            double from_s, double to_s);
/* The statistic as it was written ("p99_9" where the metric has "p999"). If none was written, it is
 * the metric's own; with NULL, it is the default of histograms, "p99". */
const char *sim_aggregate_stat(const char *that, const struct sim_metric *);
/* Whether a metric is shown by default: of headline meters the median and the 99th percentile if
 * they exist, else the mean. O(metrics). */
bool sim_aggregate_is_shown(const struct sim_record *, uint32_t at);
/* Whether a meter of a case is a share, which always lies between 0 and 1. O(components). */
bool sim_aggregate_is_share(const struct sim_runs *, uint32_t at, const char *component,
                            const char *meter);
/* What a success ratio does not include because requests were still in progress at the end of the
 * run: how many of how many, in all replications, and the ratio if all of them failed or none did.
 * For other metrics low and high are NAN. O(replications x metrics). */
struct sim_unfinished {
    double open, all, low, high;
};
struct sim_unfinished sim_share_unfinished(const struct sim_runs *, uint32_t at,
                                           const struct sim_metric *);
/* The component of a case with the highest utilisation, as the mean over its replications. The
 * record owns the name; NULL: no component has a utilisation. O(replications x metrics). */
struct sim_busiest {
    const char *component;
    double utilisation;
};
struct sim_busiest sim_share_busiest(const struct sim_runs *, uint32_t at);
/* The same for the success ratio over a span of time, with the requests in progress at its end. For
 * other metrics, or the worst node, low and high are NAN. */
struct sim_unfinished sim_share_unfinished_over(const struct sim_runs *, uint32_t at,
                                                const struct sim_expect *);
/* The same as sim_aggregate_metric() for record->series. */
uint32_t sim_aggregate_series(const struct sim_record *, const char *that);

/* ---- the claims ---------------------------------------------------------------------------- */

struct sim_verdict {
    const struct sim_expect *expect;
    uint32_t at; /* index of the case */
    bool held;
    struct sim_estimate observed;
    const char *unit; /* of the observed value; "1" for ratios */
    const char *stat; /* of the metric; NULL: no run has the metric */
    char bound[160];  /* "at most 3000 requests/s" */
    char note[256];   /* why the claim does not hold, or how weak the evidence is; may be "" */
};

/* The value that an expectation is about: sim_expect_observe() in one run (NULL: none), NAN if it
 * was not observed; sim_expect_estimate() over all runs of a case, with an interval of the
 * expectation's confidence. `values` has room for runs->replications values and gets those of the
 * replications. */
double sim_expect_observe(const struct sim_expect *, const struct sim_record *);
struct sim_estimate sim_expect_estimate(const struct sim_expect *, const struct sim_runs *,
                                        uint32_t at, double *values);

/* The end, in s, of the span of an expectation: at the latest the end of the run. */
double sim_expect_end(const struct sim_expect *, const struct sim_plan *);

/* Judges every expectation for every case that it is about. The caller frees *verdicts. 0, or -1
 * when out of memory. */
int sim_expect_judge(const struct sim_scenario *, const struct sim_runs *,
                     struct sim_verdict **verdicts, uint32_t *count);

#endif
