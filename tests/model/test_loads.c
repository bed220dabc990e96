/* test_loads.c - loads in small cases whose result can be said exactly: traces, batches, sessions,
 * rates set in the middle; and the estimate of a run's size. Expected numbers follow from the text
 * of each scenario or trace. */
#include "model/harness.h"

#include "fabric/call_state.h"

#include <unistd.h>

#define HEAD(seconds)                                                                              \
    "{'schema_version': 1, 'title': 't', 'run': {'duration': '" seconds "', 'replications': 1,"    \
    " 'series': 'all'}, "
#define KEYS(n) "'keyspaces': {'k': {'keys': " n ", 'popularity': 'uniform'}}, "
#define APP "'app': {'model': 'service', 'servers': 100000, 'service_time': '10ms'}"

static char folder[] = "/tmp/weir-loads-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    static const char *const names[] = {"a.csv", "a.bin"};
    char path[200];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    return rmdir(folder);
}

static void write_file(const char *name, const void *bytes, size_t count)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    assert_int_equal(fclose(file), 0);
}

/* A text in which @ stands for the folder of the traces. */
static const char *with_folder(const char *text, char *out, size_t bytes)
{
    const char *at = strchr(text, '@');
    assert_non_null(at);
    snprintf(out, bytes, "%.*s%s%s", (int)(at - text), text, folder, at + 1);
    return out;
}

static struct sim_record *run_trace(const char *text)
{
    char out[2000];
    return harness_once(with_folder(text, out, sizeof out));
}

static double window(const struct sim_record *r, const char *name, uint32_t index)
{
    char full[200];
    for (uint32_t i = 0; i < r->series_count; i++) {
        const struct sim_series *s = &r->series[i];
        snprintf(full, sizeof full, "%s.%s.%s", s->component, s->meter, s->stat);
        if (strcmp(full, name) == 0)
            return s->values[index];
    }
    fail_msg("there is no series %s", name);
    return NAN;
}

static void windows_are(const struct sim_record *r, const double *expected, uint32_t count)
{
    for (uint32_t w = 0; w < count; w++)
        if (fabs(window(r, "users.requests.mean", w) - expected[w]) > 1e-9)
            fail_msg("in second %u %g requests, not %g", w, window(r, "users.requests.mean", w),
                     expected[w]);
}

static const char csv[] = "t_s,key,op\n"
                          "0.25,alpha,read\n"
                          "0.25,beta,write\r\n"
                          "1, alpha ,read\n"
                          "1.999999999,gamma,read\n"
                          "4e0,beta,read\n";

#define TRACED(seconds, more)                                                                      \
    HEAD(seconds)                                                                                  \
    KEYS("3")                                                                                      \
    "'components': {'db': {'model': 'store'}, 'users': {'model': 'client', 'to': 'db', 'keyspace'" \
    ": 'k', 'trace': {'file': '@/a.csv'" more "}}}}"

static void a_trace_is_replayed_at_its_times(void **state)
{
    (void)state;
    write_file("a.csv", csv, sizeof csv - 1);
    struct sim_record *r = run_trace(TRACED("8s", ""));
    windows_are(r, (const double[]){2, 2, 0, 0, 1, 0, 0, 0}, 8);
    harness_is(r, "db.reads.count", 4);
    harness_is(r, "db.writes.count", 1);
    harness_free(r);
    /* twice as fast: at .125, .125, .5, .9999999995 (to the nearest ns 1), 2 s */
    r = run_trace(TRACED("8s", ", 'speed': 2"));
    windows_are(r, (const double[]){3, 1, 1, 0, 0, 0, 0, 0}, 8);
    harness_free(r);
    /* from 1 s on there are three, 1.5 s apart on average: rounds of 4.5 s, at 0, .999999999, 3,
     * 4.5, 5.499999999, 7.5 s */
    r = run_trace(TRACED("12s", ", 'from': '1s', 'repeat': 2"));
    windows_are(r, (const double[]){2, 0, 0, 1, 1, 1, 0, 1, 0, 0, 0, 0}, 12);
    harness_free(r);
    r = run_trace(TRACED("45s", ", 'from': '1s', 'repeat': 'unlimited'"));
    harness_is(r, "users.requests.count", 30);
    harness_free(r);
}

/* What is due while the client is down, or while a rate is set, is passed over: 4 s is left. */
static void a_trace_goes_on_after_a_fault(void **state)
{
    (void)state;
    write_file("a.csv", csv, sizeof csv - 1);
    struct sim_record *r = run_trace(
        HEAD("8s") KEYS("3") "'timeline': [{'at': '0.5s', 'for': '2s', 'do': 'crash', 'target':"
                             " 'users'}], 'components': {'db': {'model': 'store'}, 'users': {"
                             "'model': 'client', 'to': 'db', 'keyspace': 'k', 'trace': {'file':"
                             " '@/a.csv'}}}}");
    windows_are(r, (const double[]){2, 0, 0, 0, 1, 0, 0, 0}, 8);
    harness_free(r);
    r = run_trace(
        HEAD("8s") KEYS("3") "'timeline': [{'at': '0.5s', 'for': '2s', 'do': 'set', 'target':"
                             " 'users', 'set': {'rate': '0.8/s'}}], 'components': {'db': {'model':"
                             " 'store'}, 'users': {'model': 'client', 'to': 'db', 'keyspace': 'k',"
                             " 'trace': {'file': '@/a.csv'}}}}");
    assert_true(window(r, "users.requests.mean", 0) >= 2);
    harness_is(r, "users.finished.count", harness_metric(r, "users.requests.count"));
    assert_true(fabs(window(r, "users.requests.mean", 4) - 1) < 1e-9);
    harness_free(r);
}

/* Keys are the trace's: an unlimited cache misses each once. Times in seconds, ids as they are. */
static void records_name_their_keys(void **state)
{
    (void)state;
    static const struct {
        unsigned time, size;
        uint64_t id;
    } rows[] = {{7, 512, 900}, {7, 512, 1u << 31}, {8, 4096, 900}, {9, 1, 5}, {9, 1, 900}};
    unsigned char bytes[5 * 24] = {0};
    for (size_t i = 0; i < 5; i++)
        for (int b = 0; b < 8; b++) {
            if (b < 4) {
                bytes[i * 24 + (size_t)b] = (unsigned char)(rows[i].time >> 8 * b);
                bytes[i * 24 + 12 + (size_t)b] = (unsigned char)(rows[i].size >> 8 * b);
            }
            bytes[i * 24 + 4 + (size_t)b] = (unsigned char)(rows[i].id >> 8 * b);
        }
    write_file("a.bin", bytes, sizeof bytes);
    struct sim_record *r = run_trace(
        HEAD("4s") KEYS("10") "'components': {'db': {'model': 'store', 'read_time': '1us'},"
                              " 'cache': {'model': 'cache', 'origin': 'db', 'capacity': '10 keys'},"
                              " 'users': {'model': 'client', 'to': 'cache', 'keyspace': 'k',"
                              " 'trace': {'file': '@/a.bin', 'from': '7s'}}}}");
    windows_are(r, (const double[]){2, 1, 2, 0}, 4);
    harness_is(r, "cache.misses.count", 3);
    harness_is(r, "cache.hits.count", 2);
    harness_free(r);
}

static void the_hash_of_a_scenario_covers_its_trace(void **state)
{
    (void)state;
    char out[2000], first[17];
    write_file("a.csv", csv, sizeof csv - 1);
    struct sim_scenario *s = harness_scenario(with_folder(TRACED("8s", ""), out, sizeof out));
    memcpy(first, s->hash, sizeof first);
    sim_scenario_free(s);
    s = harness_scenario(with_folder(TRACED("8s", ""), out, sizeof out));
    assert_string_equal(s->hash, first);
    sim_scenario_free(s);
    write_file("a.csv", csv, sizeof csv - 1 - sizeof "4e0,beta,read\n");
    s = harness_scenario(with_folder(TRACED("8s", ""), out, sizeof out));
    assert_string_not_equal(s->hash, first);
    sim_scenario_free(s);
}

static long allocations_left;

static bool failing_allow(void *self, size_t bytes)
{
    (void)self, (void)bytes;
    return allocations_left-- != 0;
}

/* Whichever allocation fails while a trace is read, the loader says so and loses nothing. */
static void a_trace_survives_want_of_memory(void **state)
{
    (void)state;
    char out[2000];
    struct sim_load_options options = {.allow = failing_allow};
    write_file("a.csv", csv, sizeof csv - 1);
    char *json = harness_json(with_folder(TRACED("8s", ""), out, sizeof out));
    bool failed = true;
    long k = 0;
    for (; failed; k++) {
        struct sim_diagnostics found = {0};
        allocations_left = k;
        struct sim_scenario *s = sim_scenario_parse("t", json, strlen(json), &options, &found);
        failed = allocations_left < 0;
        assert_true(failed ? !s && found.out_of_memory : s != NULL);
        sim_scenario_free(s);
        sim_diagnostics_free(&found);
    }
    assert_true(k > 50);
    free(json);
}

static void batches_come_at_one_instant(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(
        HEAD("10s") "'components': {" APP ", 'users': {'model': 'client', 'to': 'app', " IN_STEP
                    ", 'rate': '2/s', 'batch': 7}}}");
    /* arrivals at 0.5, 1, ... 9.5 s: that at 10 s is after the end */
    harness_is(r, "users.requests.count", 19 * 7);
    harness_is(r, "app.in_flight.peak", 7);
    harness_free(r);
}

/* With constant spacing, the integral of the curve: a day of 100 s at 3/s on average. */
static void a_curve_sends_its_integral(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(
        HEAD("1000s") "'components': {" APP ", 'users': {'model': 'client', 'to': 'app', " IN_STEP
                      ", 'day': {'rate': '3/s', 'peak_to_trough': 1000, 'period':"
                      " '100s', 'peak_at': '37s'}}}}");
    harness_between(r, "users.requests.count", 2999, 3000);
    harness_free(r);
    /* one spike of 10 s x 5 and, overlapping it by 5 s, one x 0: 100 - 5 of no change at 4/s */
    r = harness_once(HEAD("100s") "'components': {" APP
                                  ", 'users': {'model': 'client', 'to': 'app', " IN_STEP
                                  ", 'rate': '4/s', 'spikes': [{'at': '10s', 'for': '10s',"
                                  " 'factor': 5}, {'at': '15s', 'for': '15s', 'factor': 0}]}}}");
    harness_between(r, "users.requests.count", 4 * (100 - 20) + 5 * 4 * 5 - 1,
                    4 * (100 - 20) + 5 * 4 * 5);
    harness_free(r);
}

/* A chain moves by itself: what is set in between does not move it. */
static void a_rate_that_is_set_moves_no_chain(void **state)
{
    (void)state;
#define CHAIN(timeline)                                                                            \
    HEAD("400s")                                                                                   \
    "'timeline': [" timeline "], 'components': {" APP ", 'users': {'model': 'client', 'to':"       \
    " 'app', " IN_STEP ", 'modulated': [{'rate': '0/s', 'dwell': '9s'},"                           \
    " {'rate': '100/s', 'dwell': '9s'}]}}}"
    struct sim_record *left = harness_once(CHAIN(""));
    struct sim_record *set = harness_once(
        CHAIN("{'at': '50s', 'for': '60s', 'do': 'set', 'target': 'users', 'set': {'rate': '7/s'}},"
              "{'at': '200s', 'for': '10s', 'do': 'crash', 'target': 'users'}"));
    uint32_t busy = 0, calm = 0;
    for (uint32_t w = 0; w < 400; w++) {
        if ((w >= 50 && w < 110) || (w >= 200 && w < 210))
            continue;
        double a = window(left, "users.requests.mean", w),
               b = window(set, "users.requests.mean", w);
        busy += a > 99;
        calm += a < 1;
        if (fabs(a - b) > 1.5)
            fail_msg("in second %u %g requests, and %g", w, a, b);
    }
    assert_true(busy > 50 && calm > 50);
    harness_free(left);
    harness_free(set);
}

#define SESSIONS(time)                                                                             \
    HEAD("200s")                                                                                   \
    KEYS("100000")                                                                                 \
    "'components': {'users': {'model': 'client', 'to': 'cache', 'keyspace': 'k', 'schedule': [{"   \
    "'at': '0s', 'rate': '20/s'}, {'at': '20s', 'rate': '0/s'}], 'session': {'requests': {'type':" \
    " 'geometric', 'mean': 5}, 'think_time': {'type': 'exponential', 'mean': '1s'}}}, 'cache': {"  \
    "'model': 'cache', 'origin': 'db', 'capacity': '100000 keys'}, 'db': {'model': 'store',"       \
    " 'connections': 1000, 'read_time': '" time "'}}}"

/* With the same seed sessions ask for the same whether answers are fast or slow. */
static void sessions_do_not_depend_on_the_answers(void **state)
{
    (void)state;
    struct sim_record *fast = harness_once(SESSIONS("1us")), *slow = harness_once(SESSIONS("1s"));
    harness_between(fast, "users.requests.count", 1500, 2500);
    harness_is(fast, "users.requests.count", harness_metric(slow, "users.requests.count"));
    harness_is(fast, "cache.entries.peak", harness_metric(slow, "cache.entries.peak"));
    assert_true(harness_metric(fast, "users.active.peak") <
                harness_metric(slow, "users.active.peak"));
    assert_true(window(fast, "users.active.mean", 199) < 0.5);
    harness_free(fast);
    harness_free(slow);
}

/* The model's check counts sessions by their timers and their requests. */
static void sessions_are_conserved(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(
        HEAD("60s") "'timeline': [{'at': '10s', 'for': '5s', 'do': 'crash', 'target': 'app'},"
                    " {'at': '12s', 'for': '10s', 'do': 'crash', 'target': 'users'},"
                    " {'at': '30s', 'for': '5s', 'do': 'crash', 'target': 'app', 'silent': true}],"
                    " 'components': {" APP ", 'users': {'model': 'client', 'to': 'app', 'rate':"
                    " '10/s', 'batch': 2, 'session': {'requests': 4, 'think_time': '1s'},"
                    " 'timeout': '3s'}}}");
    harness_is(r, "users.active.min", 0);
    assert_true(fabs(window(r, "users.active.mean", 15)) < 1e-9);
    harness_free(r);
}

/* ---- how large a run will be ----------------------------------------------------------------- */

/* The estimate is no less than what then runs, but for chance, and not much more. */
static void estimates_bound_the_run(void **state)
{
    (void)state;
    static const char *const loads[] = {
        /* cycles of a microsecond, of the callee's work, of a link both ways, of a timeout */
        "'users': 3, 'think_time': '1us'",
        "'users': 3, 'think_time': '0s'",
        "'rate': '20k/s', 'batch': {'type': 'geometric', 'mean': 5}",
        "'rate': '5k/s', 'session': {'requests': 3, 'think_time': '1ms'}",
        "'modulated': [{'rate': '0/s', 'dwell': '100ms'}, {'rate': '90k/s', 'dwell': '100ms'}]",
        "'day': {'rate': '50k/s', 'peak_to_trough': 9, 'period': '1s'}",
        "'rate': '10k/s', 'spikes': [{'at': '0.1s', 'for': '0.8s', 'factor': 9}]",
        "'rate': '10k/s', 'random_spikes': {'every': '10ms', 'for': '100ms', 'factor': 8}",
        "'schedule': [{'at': '0s', 'rate': '80k/s'}]",
    };
    for (size_t i = 0; i < sizeof loads / sizeof *loads; i++) {
        char text[1000];
        snprintf(text, sizeof text,
                 "%s'components': {'app': {'model': 'service', 'servers': 100000, 'service_time':"
                 " '2us'}, 'users': {'model': 'client', 'to': 'app', %s}}}",
                 HEAD("1s"), loads[i]);
        struct sim_scenario *s = harness_scenario(text);
        struct sim_record *r = harness_run(&s->variants[0], 1, 0);
        double estimate = sim_plan_events(&s->variants[0].plan, NULL, 0);
        printf("%.3g events, estimated %.3g: %s\n", (double)r->events, estimate, loads[i]);
        assert_true(estimate > 0.98 * (double)r->events && estimate < 2 * (double)r->events);
        sim_record_free(r);
        sim_scenario_free(s);
    }
}

static double estimated(const char *app, const char *users, const char *more)
{
    char text[1000];
    snprintf(text, sizeof text,
             "%s%s'components': {'app': {'model': 'service', %s}, 'users': {'model': 'client',"
             " 'to': 'app', 'users': 10, %s}}}",
             HEAD("1s"), more, app, users);
    struct sim_scenario *s = harness_scenario(text);
    double events = sim_plan_events(&s->variants[0].plan, NULL, 0);
    sim_scenario_free(s);
    return events;
}

/* 10 users; a request is 1 + 3 events. A cycle is the thought, the way there and back, the work,
 * and no more than the timeout; without work where the callee may refuse or be down. No more go
 * round than the callee can do, where it turns nobody away. A request that times out is 3 events:
 * it starts, arrives and times out; so is one that is refused. */
static void a_closed_load_is_bounded_by_its_cycle(void **state)
{
    (void)state;
#define LINK "'links': [{'between': ['users', 'app'], 'latency': '5us'}], "
    static const struct {
        const char *app, *users, *more;
        double events; /* in 1 s */
    } cases[] = {
        {"'servers': 1, 'service_time': '0s'", "'think_time': '0s'", "", INFINITY},
        {"'servers': 9, 'service_time': '2us'", "'think_time': '8us'", "", 4 * 10 / 10e-6},
        {"'servers': 9, 'service_time': '2us'", "'think_time': '0s'", LINK, 4 * 10 / 12e-6},
        {"'servers': 1, 'service_time': '2us'", "'think_time': '0s'", LINK, 4 / 2e-6},
        {"'servers': 1, 'service_time': '1s'", "'think_time': '0s', 'timeout': '4us'", "",
         3 * 10 / 4e-6},
        {"'servers': 1, 'queue_limit': 3, 'service_time': '1s'", "'think_time': '1us'", "",
         3 * 10 / 1e-6},
        {"'servers': 1, 'queue_limit': 30, 'service_time': '1s'", "'think_time': '0s'", "", 4},
        {"'servers': 9, 'service_time': '2us'", "'think_time': '0s'",
         "'timeline': [{'at': '0s', 'for': '0.1s', 'do': 'crash', 'target': 'app'}], ", INFINITY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double events = estimated(cases[i].app, cases[i].users, cases[i].more);
        printf("%.9g events, %.9g of calls: %s, %s\n", events, cases[i].events, cases[i].app,
               cases[i].users);
        assert_true(isinf(events) == isinf(cases[i].events));
        assert_true(isinf(events) || fabs(events - cases[i].events) < 3 + 1e-6 * events);
    }
}

/* 200 s of a load on a server that does next to nothing: as many wait in the end as came. The bytes
 * foreseen are that many records. Thousands come, some of them in bursts: the bounds are 4 times
 * the standard deviation of what a burst adds, or wider. */
static void queues_that_grow_are_foreseen(void **state)
{
    (void)state;
    static const struct {
        const char *load;
        double within;
    } loads[] = {
        {"'rate': '100/s', " IN_STEP "", 1e-3},
        {"'rate': '100/s', 'batch': 3", 0.05},
        {"'schedule': [{'at': '50s', 'rate': '200/s'}, {'at': '150s', 'rate': '400/s', 'ramp':"
         " true}, {'at': '180s', 'rate': '0/s'}]",
         0.03},
        {"'schedule': [{'at': '0s', 'rate': '0/s'}, {'at': '400s', 'rate': '400/s', 'ramp': true}]",
         0.03},
        {"'day': {'rate': '100/s', 'peak_to_trough': 9, 'period': '30s'}", 0.05},
        {"'day': {'rate': '100/s', 'peak_to_trough': 9, 'period': '800s'}", 0.03},
        {"'day': {'rate': '100/s', 'period': '100s', 'factors': [{'at': '20s', 'factor': 2},"
         " {'at': '60s', 'factor': 1}]}",
         0.03},
        {"'modulated': [{'rate': '0/s', 'dwell': '100ms'}, {'rate': '300/s', 'dwell': '50ms'}]",
         0.1},
        {"'rate': '100/s', 'spikes': [{'at': '10s', 'for': '20s', 'factor': 9}, {'at': '20s',"
         " 'for': '20s', 'factor': 2}, {'at': '190s', 'for': '100s', 'factor': 0.5}]",
         0.03},
        {"'rate': '100/s', 'random_spikes': {'every': '200ms', 'for': '50ms', 'factor': 8}", 0.05},
        {"'rate': '20/s', 'session': {'requests': 5, 'think_time': '0s'}", 0.06},
    };
    for (size_t i = 0; i < sizeof loads / sizeof *loads; i++) {
        char text[1000], arithmetic[200];
        snprintf(text, sizeof text,
                 "%s'components': {'app': {'model': 'service', 'servers': 1, 'service_time':"
                 " '1000000s'}, 'users': {'model': 'client', 'to': 'app', %s}}}",
                 HEAD("200s"), loads[i].load);
        struct sim_scenario *s = harness_scenario(text);
        struct sim_record *r = harness_run(&s->variants[0], 1, 0);
        double foreseen = sim_plan_bytes(&s->variants[0].plan, arithmetic, sizeof arithmetic);
        double wait = harness_metric(r, "app.queue.peak");
        double per_call = foreseen / wait / (double)sizeof(struct sim__call);
        printf("%.0f wait, foreseen %.4f of it: %s: %s\n", wait, per_call, loads[i].load,
               arithmetic);
        assert_true(fabs(per_call - 1) < loads[i].within);
        sim_record_free(r);
        sim_scenario_free(s);
    }
}

static double waiting(const char *components, char *arithmetic, size_t bytes)
{
    char text[1000];
    snprintf(text, sizeof text, "%s'components': {%s}}", HEAD("100s"), components);
    struct sim_scenario *s = harness_scenario(text);
    double calls = sim_plan_bytes(&s->variants[0].plan, arithmetic, bytes) /
                   (double)sizeof(struct sim__call);
    sim_scenario_free(s);
    return calls;
}

/* Only where more comes than can be done, nothing bounds the queue, and it is known what comes. */
static void only_queues_that_grow_are_foreseen(void **state)
{
    (void)state;
#define TO(app, more)                                                                              \
    "'users': {'model': 'client', 'to': 'app', 'rate': '300/s'" more                               \
    "}, 'app': {'model': 'service',"                                                               \
    " " app "}"
#define SLOW_DB ", 'to': 'db'}, 'db': {'model': 'store', 'connections': 1, 'read_time': '10ms'"
    static const struct {
        const char *components;
        double waits;
    } cases[] = {
        {TO("'servers': 1, 'service_time': '10ms'", ""), 200 * 100},
        {TO("'servers': 2, 'nodes': 1, 'service_time': '10ms', 'discipline': 'lifo'", ""),
         100 * 100},
        {TO("'servers': 3, 'service_time': '10ms'", ""), 0},
        {TO("'servers': 1, 'nodes': 3, 'spread': 'random', 'service_time': '10ms'", ""), 0},
        {TO("'servers': 1, 'service_time': '10ms', 'queue_limit': 10", ""), 0},
        {TO("'servers': 1, 'service_time': '10ms', 'abandon': 'at-once'", ""), 0},
        {TO("'servers': 1, 'service_time': '10ms'", ", 'concurrency': {'limit': 5}"), 0},
        /* what passes on is no more than what is done: 300 come, 200 go on, 100 are done */
        {TO("'servers': 2, 'service_time': '10ms'" SLOW_DB, ""), 100 * 100 + 100 * 100},
        {TO("'servers': 9, 'service_time': '1ms'" SLOW_DB, ""), 200 * 100},
        /* what a cache passes on is known when it is run */
        {"'users': {'model': 'client', 'to': 'app', 'rate': '300/s'}, 'app': {'model': 'cache',"
         " 'capacity': 5, 'origin': 'db'}, 'db': {'model': 'store', 'connections': 1, 'read_time':"
         " '10ms'}",
         0},
        {"'users': {'model': 'client', 'to': 'app', 'users': 1000, 'think_time': '0s'}, 'app':"
         " {'model': 'service', 'servers': 1, 'service_time': '10ms'}",
         0},
    };
    char arithmetic[200];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double waits = waiting(cases[i].components, arithmetic, sizeof arithmetic);
        if (fabs(waits - cases[i].waits) > 1e-6)
            fail_msg("%s: %g wait, not %g", cases[i].components, waits, cases[i].waits);
    }
    waiting(cases[0].components, arithmetic, sizeof arithmetic);
    char expected[200];
    snprintf(
        expected, sizeof expected,
        "to \"app\" come 300 requests/s of which 100 can be done: in 100 s 2e+04 wait x %zu bytes",
        sizeof(struct sim__call));
    assert_string_equal(arithmetic, expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trace_is_replayed_at_its_times),
        cmocka_unit_test(a_trace_goes_on_after_a_fault),
        cmocka_unit_test(records_name_their_keys),
        cmocka_unit_test(the_hash_of_a_scenario_covers_its_trace),
        cmocka_unit_test(a_trace_survives_want_of_memory),
        cmocka_unit_test(batches_come_at_one_instant),
        cmocka_unit_test(a_curve_sends_its_integral),
        cmocka_unit_test(a_rate_that_is_set_moves_no_chain),
        cmocka_unit_test(sessions_do_not_depend_on_the_answers),
        cmocka_unit_test(sessions_are_conserved),
        cmocka_unit_test(estimates_bound_the_run),
        cmocka_unit_test(a_closed_load_is_bounded_by_its_cycle),
        cmocka_unit_test(queues_that_grow_are_foreseen),
        cmocka_unit_test(only_queues_that_grow_are_foreseen),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
