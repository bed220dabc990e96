/* test_forms.c - no closed form that is called exact is off, whatever the topology.
 *
 * Topologies without rounds, of everything that theory has to tell apart: open and closed clients,
 * even spacing, priorities, patience, timeouts and retries; balancers of every policy; services of
 * every order, with limits, pauses, fan-outs that may meet again, several nodes spread in every
 * way; stores, caches; links with latency and with bandwidth. Work is drawn so that no queue grows
 * without end. Of each, replications are held against the forms as `weir run` does it: none may
 * miss (SIM_THEORY_MISS in each topology), and of all that are judged not many more may disagree
 * than would by chance. Stations dealt to in turn, over links that mix up turns or do not, are
 * drawn for themselves. Canaries are plans held against the forms of others, one for each reason
 * why a form does not apply: the same verdict finds them.
 *
 * WEIR_PROPERTY_SEED and WEIR_PROPERTY_COUNT ask for others than the fixed cases. */
#include "model/harness.h"

#include "study/estimates/theory.h"

enum { RUNS = 20, MOST = 9, TEXT_BYTES = 16000 };

/* ---- drawing --------------------------------------------------------------------------------- */

struct drawn {
    struct sim_stream draw;
    char text[TEXT_BYTES];
    size_t bytes;
    uint32_t clients, count;
    uint32_t nodes[MOST], calls[MOST][3], call_count[MOST];
    bool balances[MOST], every[MOST];
    double odd;        /* how likely things are that leave no form: of their usual chance */
    double rate[MOST]; /* at each node, about */
};

static bool chance(struct drawn *d, double p)
{
    return sim_draw_chance(&d->draw, p);
}

/* Something that leaves no form to much of what comes after it. */
static bool odd(struct drawn *d, double p)
{
    return chance(d, p * d->odd);
}

static uint32_t below(struct drawn *d, uint32_t n)
{
    return (uint32_t)sim_draw_below(&d->draw, n);
}

__attribute__((format(printf, 2, 3))) static void put(struct drawn *d, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int n = vsnprintf(d->text + d->bytes, TEXT_BYTES - d->bytes, format, list);
    va_end(list);
    d->bytes += (size_t)n;
    assert_true(d->bytes < TEXT_BYTES);
}

static void put_work(struct drawn *d, const char *name, double mean)
{
    long long ns = (long long)(mean * 1e9);
    switch (odd(d, 0.4) ? below(d, 4) : 4) {
    case 0: put(d, ", '%s': '%lldns'", name, ns); return;
    case 1: put(d, ", '%s': {'type': 'erlang', 'mean': '%lldns', 'stages': 3}", name, ns); return;
    case 2: put(d, ", '%s': {'type': 'lognormal', 'mean': '%lldns', 'scv': 1.5}", name, ns); return;
    case 3:
        put(d, ", '%s': {'type': 'uniform', 'low': '%lldns', 'high': '%lldns'}", name, ns / 2,
            ns / 2 * 3);
        return;
    default: put(d, ", '%s': {'type': 'exponential', 'mean': '%lldns'}", name, ns);
    }
}

static void put_timeout(struct drawn *d, double retries)
{
    if (odd(d, 0.12))
        put(d, ", 'timeout': '%ums'", 50 + below(d, 2000));
    else
        return;
    if (chance(d, retries))
        put(d, ", 'retry': {'attempts': 2}");
}

static void put_client(struct drawn *d, uint32_t i)
{
    put(d, "'c%u': {'model': 'client', 'to': 'c%u'", i, d->calls[i][0]);
    if (odd(d, 0.07))
        put(d, ", 'users': 4, 'think_time': {'type': 'exponential', 'mean': '500ms'}");
    else
        put(d, ", 'rate': '%g/s'%s", d->rate[i], odd(d, 0.07) ? ", 'arrival': 'constant'" : "");
    if (chance(d, 0.4))
        put(d, ", 'keyspace': 'k'");
    if (chance(d, 0.2))
        put(d, ", 'mix': {'read': 0.7, 'write': 0.3}");
    if (odd(d, 0.07))
        put(d, ", 'patience': '1s'");
    if (chance(d, 0.3))
        put(d, ", 'priority': %u", below(d, 3));
    put_timeout(d, 0.3);
}

static void put_calls(struct drawn *d, uint32_t i)
{
    put(d, ", 'to': [");
    for (uint32_t k = 0; k < d->call_count[i]; k++) {
        put(d, "%s", k ? ", " : "");
        if (!d->balances[i] && chance(d, 0.25))
            put(d, "{'to': 'c%u', 'share': 0.5}", d->calls[i][k]);
        else
            put(d, "'c%u'", d->calls[i][k]);
    }
    put(d, "]");
    put_timeout(d, 0.2);
}

static void put_balancer(struct drawn *d, uint32_t i)
{
    static const char *const policies[] = {"random", "round-robin", "least-connections",
                                           "power-of-d", "consistent-hash"};
    const char *policy = policies[odd(d, 0.6) ? 1 + below(d, 4) : 0];
    put(d, "'c%u': {'model': 'balancer', 'policy': '%s'", i, policy);
    if (strcmp(policy, "consistent-hash") == 0)
        put(d, ", 'bounded_load': 1.5");
    if (chance(d, 0.2))
        put(d, ", 'overhead': '2ms'");
    put_calls(d, i);
}

static void put_service(struct drawn *d, uint32_t i)
{
    static const char *const orders[] = {
        "fifo", "fifo", "fifo", "lifo", "processor-sharing", "priority", "priority-preemptive"};
    uint32_t servers = 1 + (chance(d, 0.5) ? below(d, 3) : 0);
    double use = 0.25 + 0.45 * sim_draw_uniform(&d->draw);
    put(d, "'c%u': {'model': 'service', 'servers': %u", i, servers);
    put_work(d, "service_time", use * servers / d->rate[i]);
    const char *order = orders[below(d, 7)];
    put(d, ", 'discipline': '%s'", order);
    if (odd(d, 0.1))
        put(d, ", 'queue_limit': %u", below(d, 5));
    if (odd(d, 0.04))
        put(d, ", 'pause': {'every': '5s', 'lasts': '200ms'}");
    else if (odd(d, 0.04) && strcmp(order, "processor-sharing") != 0)
        put(d, ", 'abandon': 'when-reached'");
    if (odd(d, 0.04) && strcmp(order, "processor-sharing") != 0)
        put(d, ", 'while_calling': 'hold'");
    if (d->call_count[i] == 0)
        return;
    put(d, ", 'calls': '%s'", d->every[i] ? "every-node" : odd(d, 0.5) ? "parallel" : "in-turn");
    put_calls(d, i);
}

static void put_store(struct drawn *d, uint32_t i)
{
    uint32_t servers = 1 + below(d, 3);
    double use = 0.25 + 0.4 * sim_draw_uniform(&d->draw), work = use * servers / d->rate[i];
    put(d, "'c%u': {'model': 'store', 'connections': %u", i, servers);
    put_work(d, "read_time", work);
    put_work(d, "write_time", work);
}

static void put_component(struct drawn *d, uint32_t i)
{
    static const char *const spreads[] = {"random", "round-robin", "key"};
    if (i < d->clients)
        put_client(d, i);
    else if (d->balances[i])
        put_balancer(d, i);
    else if (d->call_count[i] == 0 && chance(d, 0.5))
        put_store(d, i);
    else if (d->call_count[i] == 1 && odd(d, 0.1))
        put(d, "'c%u': {'model': 'cache', 'capacity': 50, 'origin': 'c%u'", i, d->calls[i][0]);
    else
        put_service(d, i);
    if (d->nodes[i] > 1 && i >= d->clients)
        put(d, ", 'nodes': %u, 'spread': '%s'", d->nodes[i],
            spreads[odd(d, 0.5) ? 1 + below(d, 2) : 0]);
    put(d, ", 'region': '%s'}", chance(d, 0.7) ? "x" : "y");
}

/* Whom nobody calls is called by somebody before it who has room; the first by a client. */
static void call_all(struct drawn *d)
{
    bool called[MOST] = {false};
    d->calls[0][0] = d->clients;
    for (uint32_t i = 0; i < d->count; i++) {
        uint32_t from = d->clients;
        for (uint32_t k = 0; k < d->call_count[i]; k++)
            called[d->calls[i][k]] = true;
        if (i <= d->clients || called[i])
            continue;
        while (from < i && d->call_count[from] == 3)
            from++;
        if (from == i)
            continue;
        d->calls[from][d->call_count[from]++] = i;
    }
}

/* How many requests come to each node, about. */
static void count_requests(struct drawn *d)
{
    for (uint32_t i = 0; i < d->count; i++) {
        uint32_t places = 0;
        for (uint32_t k = 0; k < d->call_count[i]; k++)
            places += d->nodes[d->calls[i][k]];
        for (uint32_t k = 0; k < d->call_count[i]; k++) {
            uint32_t to = d->calls[i][k];
            double all = d->rate[i] * d->nodes[i];
            d->rate[to] += d->balances[i] ? all / places : d->every[i] ? all : all / d->nodes[to];
        }
    }
}

/* Who calls whom, always somebody later. */
static void shape(struct drawn *d)
{
    d->clients = 1 + below(d, 2);
    d->count = d->clients + 2 + below(d, MOST - d->clients - 1);
    for (uint32_t i = 0; i < d->count; i++) {
        uint32_t later = d->count - (i < d->clients ? d->clients : i + 1),
                 most = later < 3 ? later : 3;
        d->nodes[i] = chance(d, 0.25) ? 2 + below(d, 2) : 1;
        d->balances[i] = i >= d->clients && later > 0 && chance(d, 0.3);
        d->every[i] = odd(d, 0.1);
        d->call_count[i] = i < d->clients   ? 1
                           : d->balances[i] ? 1 + below(d, most)
                                            : below(d, most + 1);
        uint32_t at = d->count - later;
        for (uint32_t k = 0; k < d->call_count[i]; k++) {
            uint32_t left = d->call_count[i] - k - 1;
            at += below(d, d->count - at - left);
            d->calls[i][k] = at++;
        }
        if (i < d->clients) {
            d->nodes[i] = 1;
            d->rate[i] = 4 + below(d, 8);
        }
    }
    call_all(d);
    count_requests(d);
}

static void draw(struct drawn *d, uint64_t seed)
{
    memset(d, 0, sizeof *d);
    sim_stream_init(&d->draw, seed, 0, "forms", "topology");
    d->odd = chance(d, 0.5) ? 1 : 0.2;
    shape(d);
    put(d,
        "{'schema_version': 1, 'title': 't', 'run': {'duration': '460s', 'warmup': '60s',"
        " 'interval': '20s', 'replications': %d}, 'keyspaces': {'k': {'keys': 200}},"
        " 'regions': {'x': {}, 'y': {}}, 'links': [{'between': ['x', 'y'], 'latency': ",
        RUNS);
    put(d, chance(d, 0.5) ? "'%dms'" : "{'type': 'exponential', 'mean': '%dms'}",
        chance(d, 0.5) ? 5 : 3000); /* a long one mixes up what was dealt in turn */
    if (odd(d, 0.3))
        put(d, ", 'bandwidth': '%.0fB/s'", 3e4 + 2e4 * sim_draw_uniform(&d->draw));
    put(d, "}], 'components': {");
    for (uint32_t i = 0; i < d->count; i++) {
        put(d, "%s", i ? ", " : "");
        if (i >= d->clients && !(d->rate[i] > 0)) /* nobody calls it */
            d->rate[i] = 1;
        put_component(d, i);
    }
    put(d, "}}");
}

static void put_link(struct drawn *d, const char *from)
{
    unsigned ms = 1 + below(d, 6000);
    put(d, "{'between': ['%s', 'z'], 'latency': ", from);
    put(d, chance(d, 0.6) ? "'%ums'" : "{'type': 'exponential', 'mean': '%ums'}", ms);
    put(d, "%s}", chance(d, 0.2) ? ", 'loss': 0.3" : "");
}

/* One or two callers, near or far, and nodes that the fabric or a balancer deals to in turn. */
static void draw_turns(struct drawn *d, uint64_t seed)
{
    memset(d, 0, sizeof *d);
    sim_stream_init(&d->draw, seed, 0, "forms", "turns");
    unsigned nodes = 3 + below(d, 6), clients = 1 + below(d, 2);
    bool balancer = chance(d, 0.3);
    put(d,
        "{'schema_version': 1, 'title': 't', 'run': {'duration': '660s', 'warmup': '60s',"
        " 'interval': '20s', 'replications': %d}, 'regions': {'x': {}, 'y': {}, 'z': {}},"
        " 'links': [",
        RUNS);
    put_link(d, "x");
    put(d, ", ");
    put_link(d, "y");
    put(d, "], 'components': {");
    for (unsigned i = 0; i < clients; i++)
        put(d,
            "'c%u': {'model': 'client', 'to': '%s', 'rate': '%u/s', 'timeout': '100s', "
            "'region': '%s'}, ",
            i, balancer ? "lb" : "web", 5 * nodes / clients,
            i                ? "y"
            : chance(d, 0.7) ? "x"
                             : "z");
    if (balancer)
        put(d,
            "'lb': {'model': 'balancer', 'to': 'web', 'policy': 'round-robin', 'timeout': "
            "'100s', 'region': '%s'}, ",
            chance(d, 0.7) ? "x" : "z");
    put(d,
        "'web': {'model': 'service', 'servers': 1, 'nodes': %u, 'spread': 'round-robin', 'region':"
        " 'z', 'service_time': {'type': 'exponential', 'mean': '120ms'}}}}",
        nodes);
}

/* ---- holding --------------------------------------------------------------------------------- */

struct tally {
    uint32_t topologies, refused, stations, exact, dealt, judged, disagree, misses;
};

/* Runs a plan, and holds it against the forms of that or of another. The caller frees. */
static struct sim_theory *hold(const struct sim_case *c, const struct sim_case *forms,
                               uint32_t *count)
{
    struct sim_run run[RUNS] = {0};
    struct sim_theory *all;
    for (uint64_t i = 0; i < RUNS; i++) {
        run[i].record = harness_run(c, 1, i);
        run[i].state = SIM_RUN_FINISHED;
    }
    struct sim_runs runs = {.cases = forms, .case_count = 1, .replications = RUNS, .runs = run};
    assert_int_equal(sim_theory_compare(&runs, 0, &all, count), 0);
    for (size_t i = 0; i < RUNS; i++)
        sim_record_free(run[i].record);
    return all;
}

static void one_topology(void (*drawing)(struct drawn *, uint64_t), uint64_t seed,
                         struct tally *tally)
{
    static struct drawn d;
    char why[512] = "";
    uint32_t count;
    drawing(&d, seed);
    struct sim_scenario *s = harness_parse(d.text, why, sizeof why);
    if (!s) {
        if (!strstr(why, "is not called") && tally->refused++ == 0)
            print_message("seed %llu: %s\n", (unsigned long long)seed, why);
        return;
    }
    struct sim_theory *all = hold(&s->variants[0], &s->variants[0], &count);
    tally->topologies++;
    for (uint32_t i = 0; i < count; i++) {
        const struct sim_theory *t = &all[i];
        tally->stations++;
        tally->exact += t->standing == SIM_THEORY_EXACT;
        tally->dealt += t->judged && t->form[0] == 'E';
        tally->judged += t->judged;
        tally->disagree += t->judged && !t->agrees;
        tally->misses += t->misses;
        if (t->judged && !t->agrees)
            print_message("seed %llu: %s, %s%s%s: %s; utilisation %+.3f, wait %+.3f, time %+.3f, "
                          "blocked %+.3f\n",
                          (unsigned long long)seed, t->component, t->form, t->why[0] ? ", " : "",
                          t->why, t->misses ? "MISSES" : "differs", t->utilisation.gap, t->wait.gap,
                          t->time.gap, t->blocked.gap);
        if (t->misses)
            print_message("%s\n", d.text);
    }
    free(all);
    sim_scenario_free(s);
}

static uint64_t asked(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

static void no_exact_form_is_off(void **state)
{
    (void)state;
    struct tally tally = {0};
    uint64_t first = asked("WEIR_PROPERTY_SEED", 1);
    uint64_t count = asked("WEIR_PROPERTY_COUNT", getenv("WEIR_TEST_LONG") ? 2000 : 200);
    for (uint64_t i = 0; i < count; i++)
        one_topology(draw, first + i, &tally);
    print_message(
        "%u topologies (%u refused): of %u stations %u have an exact form, %u are judged, "
        "%u differ, %u miss\n",
        tally.topologies, tally.refused, tally.stations, tally.exact, tally.judged, tally.disagree,
        tally.misses);
    assert_int_equal(tally.misses, 0);
    assert_true(tally.refused * 4 < count);
    assert_true(tally.judged > tally.topologies / 2); /* else little was looked at */
    /* one in a hundred by chance, with four standard deviations more */
    assert_true(tally.disagree <= 0.01 * tally.judged + 4 * sqrt(0.01 * tally.judged));
}

/* Of stations dealt to in turn few come of drawing at large: these are drawn for themselves. */
static void turns_over_links(void **state)
{
    (void)state;
    struct tally tally = {0};
    uint64_t first = asked("WEIR_PROPERTY_SEED", 1);
    uint64_t count = asked("WEIR_PROPERTY_COUNT", getenv("WEIR_TEST_LONG") ? 400 : 40);
    for (uint64_t i = 0; i < count; i++)
        one_topology(draw_turns, first + i, &tally);
    print_message("%u topologies of turns (%u refused): %u exact, %u judged, %u differ, %u miss\n",
                  tally.topologies, tally.refused, tally.dealt, tally.judged, tally.disagree,
                  tally.misses);
    assert_int_equal(tally.misses, 0);
    assert_int_equal(tally.refused, 0);
    assert_true(tally.dealt * 8 >= tally.topologies); /* else little was looked at */
}

/* ---- canaries -------------------------------------------------------------------------------- */

#define PLAN(more)                                                                                 \
    "{'schema_version': 1, 'title': 't', 'run': {'duration': '2200s', 'warmup': '200s',"           \
    " 'interval': '200s', 'replications': 10}," more "}}"
#define USERS "'components': {'users': {'model': 'client', 'to': 'web', 'rate': '8/s'}, "
#define STATION(name, ms, more)                                                                    \
    "'" name "': {'model': 'service', 'servers': 1, 'service_time': {'type': 'exponential',"       \
    " 'mean': '" ms "ms'}" more "}"
#define BALANCER(policy)                                                                           \
    PLAN(USERS "'web': {'model': 'balancer', 'to': ['a', 'b'], 'policy': '" policy                 \
               "'}, " STATION("a", "150", "") ", " STATION("b", "150", ""))
#define FAN_OUT(calls)                                                                             \
    PLAN(USERS STATION("web", "20", ", 'to': ['a', 'b'], 'calls': '" calls "'") ", " STATION(      \
        "a", "1", ", 'to': 'db'") ", " STATION("b", "1", ", 'to': 'db'") ", " STATION("db", "40",  \
                                                                                      ""))
#define JITTER "'latency': {'type': 'exponential', 'mean': '10s'}"
#define SHIFT(by) "'latency': '" by "'"
#define LOSS "'latency': '1s', 'loss': 0.2"
#define LINK(what)                                                                                 \
    PLAN("'regions': {'x': {}, 'y': {}}, 'links': [{'between': ['x', 'y'], " what                  \
         "}], 'components': {'users': {'model': 'client', 'to': 'web', 'rate': '8/s', 'region':"   \
         " 'x', 'request_bytes': '1000B'}, " STATION("web", "100", ", 'region': 'y'"))
/* Two callers of eight nodes that are dealt to in turn, over whatever links. */
#define DEALT(to_x, to_y)                                                                          \
    PLAN("'regions': {'x': {}, 'y': {}, 'z': {}}, 'links': [{'between': ['x', 'z'], " to_x         \
         "}, {'between': ['y', 'z'], " to_y                                                        \
         "}], 'components': {'users': {'model': 'client', 'to': 'web', 'rate': '4/s', 'region':"   \
         " 'x', 'timeout': '300s'}, 'more': {'model': 'client', 'to': 'web', 'rate': '4/s',"       \
         " 'region': 'y', 'timeout': '300s'}, " STATION(                                           \
             "web", "600", ", 'nodes': 8, 'spread': 'round-robin', 'region': 'z'"))
#define BALANCED(link)                                                                             \
    PLAN("'regions': {'x': {}, 'y': {}}, 'links': [{'between': ['x', 'y'], " link                  \
         "}], 'components': {'users': {'model': 'client', 'to': 'web', 'rate': '8/s', 'timeout':"  \
         " '300s', 'region': 'x'}, 'web': {'model': 'balancer', 'to': 'a', 'region': 'x',"         \
         " 'policy': 'round-robin', 'timeout': '300s'}, " STATION(                                 \
             "a", "600", ", 'nodes': 8, 'spread': 'random', 'region': 'y'"))
#define TANDEM(work)                                                                               \
    PLAN(USERS "'web': {'model': 'service', 'servers': 1, 'service_time': " work                   \
               ", 'to': 'db'}, " STATION("db", "100", ""))

static void found(const char *text, const char *pretended)
{
    uint32_t count, judged = 0;
    struct sim_scenario *s = harness_scenario(text), *other = harness_scenario(pretended);
    struct sim_theory *honest = hold(&s->variants[0], &s->variants[0], &count);
    if (sim_theory_misses(honest, count) != 0)
        fail_msg("a form that is called exact misses: %s", text);
    free(honest);
    struct sim_theory *wrong = hold(&s->variants[0], &other->variants[0], &count);
    for (uint32_t i = 0; i < count; i++)
        judged += wrong[i].judged;
    assert_int_equal(judged, count);
    if (sim_theory_misses(wrong, count) == 0)
        fail_msg("nothing is found when theory takes %s for %s", text, pretended);
    free(wrong);
    sim_scenario_free(s);
    sim_scenario_free(other);
}

/* Were such a plan taken for the other, its form would be found to miss. */
static void wrong_forms_are_found(void **state)
{
    (void)state;
    found(BALANCER("least-connections"), BALANCER("random"));
    found(BALANCER("round-robin"), BALANCER("random"));
    found(BALANCER("power-of-d"), BALANCER("random"));
    found(FAN_OUT("parallel"), FAN_OUT("in-turn"));
    found(LINK("'bandwidth': '9000B/s'"), LINK("'latency': '1ms'"));
    found(DEALT(JITTER, JITTER), DEALT(SHIFT("10s"), SHIFT("10s")));
    found(DEALT(SHIFT("1s"), SHIFT("31.3s")), DEALT(SHIFT("10s"), SHIFT("10s")));
    found(DEALT(LOSS, LOSS), DEALT(SHIFT("1s"), SHIFT("1s")));
    found(BALANCED(JITTER), BALANCED(SHIFT("10s")));
    found(TANDEM("'110ms'"), TANDEM("{'type': 'exponential', 'mean': '110ms'}"));
    found(PLAN(USERS STATION("web", "100", "")), PLAN(USERS STATION("web", "110", "")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_exact_form_is_off),
        cmocka_unit_test(turns_over_links),
        cmocka_unit_test(wrong_forms_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
