/* test_theory.c - the closed forms against known numbers, and which of them a station is compared
 * with. Numbers without another origin were computed from the formula by hand. */
#include "model/harness.h"

#include "report/json_stream.h"
#include "report/report.h"
#include "study/estimates/theory.h"

static void is(double seen, double expected)
{
    if (!(fabs(seen - expected) <= 2e-6 * fmax(1, fabs(expected))))
        fail_msg("%.10g is not %.10g", seen, expected);
}

static void erlangs(void **state)
{
    (void)state;
    is(sim_erlang_c(5, 2.5), 0.1303713);
    is(sim_erlang_c(10, 5), 0.0361054);
    is(sim_erlang_c(3, 3), 1);
    is(sim_erlang_b(5, 3), 0.1100544);
    is(sim_erlang_b(20, 20), 0.1588920);
    is(sim_erlang_b(100, 100), 0.0757005);
    is(sim_erlang_b(100000, 1), 0);
}

static void queues_of_many_servers(void **state)
{
    (void)state;
    is(sim_form_mmc(0.8, 1, 1).time, 5);
    is(sim_form_mmc(1.6, 1, 2).time, 2.777778);
    is(sim_form_mmc(4, 1, 5).time, 1.554113);
    is(sim_form_mmc(8, 1, 10).time, 1.204590);
    is(sim_form_mmc(80, 1, 100).time, 1.000982);
    assert_true(isnan(sim_form_mmc(1, 1, 1).time));
    struct sim_form form = sim_form_mmck(3.6, 1, 4, 6);
    is(form.blocked, 0.0671744);
    is(form.time, 1.507100);
    form = sim_form_mmck(0.9, 1, 1, 9);
    is(form.blocked, 0.0508137);
    is(form.time, 4.646601);
    is(sim_form_mmck(3, 1, 5, 0).blocked, 0.1100544);
    is(sim_form_mmck(1, 1, 1, 3).blocked, 0.2); /* M/M/1/4 at load 1: each of 5 states alike */
    is(sim_form_mmck(0.5, 1, 1, 10000000).time, 2);
}

static void one_server(void **state)
{
    (void)state;
    is(sim_form_mg1(0.8, 1, 0).wait, 2);
    is(sim_form_mg1(0.5, 1, 4).wait, 2.5);
    is(sim_form_mg1(0.7, 1, 4).wait, 5.833333);
    is(sim_form_md1_within(0.8, 1, 10.35589), 0.99);
    is(sim_form_md1_within(0.8, 1, 0), 0.2);
    is(sim_form_ekm1(0.8, 10, 1).time, 2.922269);
    is(sim_form_ekm1(0.8, 1, 1).time, 5);
    is(sim_form_ggc(0.7, 1, 1, 4, 1).wait, 5.833333);
    const double rates[] = {0.3, 0.5};
    is(sim_form_class_wait(rates, 2, 0, 1, 1), 1.142857);
    is(sim_form_class_wait(rates, 2, 1, 1, 1), 5.714286);
    struct sim_form a = sim_form_erlang_a(12, 1, 10, 2);
    is(a.blocked, 0.1956559);
    is(a.wait * 12, 4.695743);
}

/* ---- which form ------------------------------------------------------------------------------ */

#define PLAN(more)                                                                                 \
    "{'schema_version': 1, 'title': 't', 'run': {'duration': '2000s', 'warmup': '100s',"           \
    " 'interval': '100s', 'replications': 10}," more "}}"
#define USERS "'components': {'users': {'model': 'client', 'to': 'app', 'rate': '8/s'}, "
#define APP(servers, work, more)                                                                   \
    "'app': {'model': 'service', 'servers': " servers ", 'service_time': " work more "}"
#define EXP "{'type': 'exponential', 'mean': '1s'}"
#define LOGNORMAL "{'type': 'lognormal', 'mean': '1s', 'scv': 4}"

/* The form of the component of that name, for 8 requests a second at each of its nodes. */
static void form_is(const char *text, const char *component, enum sim_theory_standing standing,
                    const char *form, const char *why)
{
    struct sim_scenario *s = harness_scenario(text);
    const struct sim_plan *plan = &s->variants[0].plan;
    uint32_t at = 0;
    while (strcmp(plan->components[at].name, component) != 0)
        at++;
    struct sim_theory t = {0};
    sim_theory_predict(plan, at, 8, &t);
    assert_string_equal(t.form, form);
    assert_string_equal(t.why, why);
    assert_int_equal(t.standing, standing);
    sim_scenario_free(s);
}

static void exact_forms(void **state)
{
    (void)state;
    form_is(PLAN(USERS APP("10", EXP, "")), "app", SIM_THEORY_EXACT, "M/M/10", "");
    form_is(PLAN(USERS APP("10", EXP, ", 'queue_limit': 5")), "app", SIM_THEORY_EXACT, "M/M/10/15",
            "");
    form_is(PLAN(USERS APP("10", LOGNORMAL, ", 'queue_limit': 0")), "app", SIM_THEORY_EXACT,
            "M/G/10/10 (Erlang B)", "");
    form_is(PLAN(USERS APP("1", "'1ms'", "")), "app", SIM_THEORY_EXACT, "M/D/1", "");
    form_is(PLAN(USERS APP("10", LOGNORMAL, ", 'discipline': 'processor-sharing'")), "app",
            SIM_THEORY_EXACT, "M/G/10, processor sharing", "");
    form_is(PLAN(USERS APP("9", EXP, ", 'to': 'db'") ", 'db': {'model': 'store'}"), "db",
            SIM_THEORY_EXACT, "M/M/100", "");
}

static void rough_forms_and_none(void **state)
{
    (void)state;
    form_is(PLAN(USERS APP("10", LOGNORMAL, "")), "app", SIM_THEORY_ROUGH, "M/G/10",
            "by Allen and Cunneen");
    form_is(PLAN(USERS APP("10", LOGNORMAL, ", 'to': 'db'") ", 'db': {'model': 'store'}"), "db",
            SIM_THEORY_ROUGH, "M/M/100",
            "if arrivals were Poisson: what leaves there is not Poisson (app)");
    form_is(PLAN(USERS APP("10", LOGNORMAL, ", 'queue_limit': 5")), "app", SIM_THEORY_NONE, "none",
            "no form for a limited queue unless work is exponential");
    form_is(PLAN(USERS APP("8", EXP, "")), "app", SIM_THEORY_NONE, "none",
            "more work comes than the servers can do");
    form_is(PLAN(USERS APP("9", EXP, ", 'while_calling': 'hold', 'to': 'db'") //
                 ", 'db': {'model': 'store'}"),
            "app", SIM_THEORY_NONE, "none", "a server is held while others are asked");
    form_is(PLAN(USERS APP("9", EXP, ", 'while_calling': 'hold'")), "app", SIM_THEORY_EXACT,
            "M/M/9", "");
    form_is(
        PLAN("'timeline': [{'at': '10s', 'for': '1s', 'do': 'crash', 'target': 'app'}]," USERS APP(
            "9", EXP, "")),
        "app", SIM_THEORY_NONE, "none", "there are faults on the timeline");
    form_is(PLAN("'components': {'users': {'model': 'client', 'to': 'app', 'users': 5,"
                 " 'think_time': '1s'}, " APP("9", EXP, "")),
            "app", SIM_THEORY_NONE, "none", "the load is closed (users)");
    form_is(PLAN("'components': {'users': {'model': 'client', 'to': 'app', 'rate': '8/s',"
                 " 'timeout': '1s', 'retry': {'attempts': 3}}, " APP("9", EXP, "")),
            "app", SIM_THEORY_NONE, "none", "callers try again (users)");
    form_is(PLAN("'components': {'users': {'model': 'client', 'to': 'lb', 'rate': '8/s'}, 'lb':"
                 " {'model': 'balancer', 'to': 'app', 'policy': 'least-connections'}, " APP(
                     "9", EXP, ", 'nodes': 2, 'spread': 'random'")),
            "app", SIM_THEORY_NONE, "none",
            "nodes are chosen by what is out there, or by key (lb)");
}

/* ---- every way from the users to a station --------------------------------------------------- */

#define SEND(to, more)                                                                             \
    "'components': {'users': {'model': 'client', 'to': '" to "', 'rate': '8/s'" more "}"
#define ALSO(name, to, load) ", '" name "': {'model': 'client', 'to': '" to "', " load "}"
#define STATION(name, work, more)                                                                  \
    ", '" name "': {'model': 'service', 'servers': 9, 'service_time': " work more "}"
#define ONE(name, more) STATION(name, EXP, more)
#define ODD(name) STATION(name, "'1s'", "")
#define BALANCE(to, policy, more)                                                                  \
    ", 'lb': {'model': 'balancer', 'to': " to ", 'policy': '" policy "'" more "}"
#define AB "['a', 'b']"
#define A_AND_B ONE("a", "") ONE("b", "")
#define PARALLEL(to) ", 'to': " to ", 'calls': 'parallel'"
#define NODES(n, how) ", 'nodes': " n ", 'spread': '" how "'"
#define KEYS "'keyspaces': {'k': {'keys': 10}},"

static void exact(const char *text, const char *component, const char *form)
{
    form_is(text, component, SIM_THEORY_EXACT, form, "");
}

static void no_form(const char *text, const char *component, const char *why)
{
    form_is(text, component, SIM_THEORY_NONE, "none", why);
}

/* What would hold if arrivals were Poisson. */
static void unsure(const char *text, const char *component, const char *form, const char *why)
{
    char all[160];
    snprintf(all, sizeof all, "if arrivals were Poisson: %s", why);
    form_is(text, component, SIM_THEORY_ROUGH, form, all);
}

static void balancers(void **state)
{
    (void)state;
    const char *other = "nodes are chosen by what is out there, or by key (lb)";
    exact(PLAN(SEND("lb", "") BALANCE(AB, "random", "") A_AND_B), "b", "M/M/9");
    no_form(PLAN(SEND("lb", "") BALANCE(AB, "least-connections", "") A_AND_B), "a", other);
    no_form(PLAN(SEND("lb", "") BALANCE(AB, "power-of-d", "") A_AND_B), "a", other);
    no_form(PLAN(SEND("lb", "") BALANCE(AB, "consistent-hash", ", 'bounded_load': 1.2") A_AND_B),
            "a", other);
    /* two components of one node and one of two: every fourth */
    form_is(PLAN(SEND("lb", "") BALANCE("['a', 'b', 'c']", "round-robin", "")
                     A_AND_B ONE("c", NODES("2", "random"))),
            "a", SIM_THEORY_ROUGH, "E4/M/9", "by Allen and Cunneen");
    unsure(PLAN(SEND("lb", "") BALANCE(AB, "round-robin", NODES("2", "random")) A_AND_B), "a",
           "E2/M/9", "several deal requests in turn (lb)");
    unsure(PLAN(SEND("lb", "") BALANCE(AB, "round-robin", "") ONE("a", "") ONE("b", ", 'to': 'a'")),
           "a", "E2/M/9", "several deal requests in turn (a)");
#define WEIGHED "[{'to': 'a', 'share': 0.3}, 'b']"
    exact(PLAN(SEND("lb", "") BALANCE(WEIGHED, "random", "") A_AND_B), "b", "M/M/9");
    no_form(PLAN(SEND("lb", "") BALANCE(WEIGHED, "round-robin", "") A_AND_B), "a", other);
    no_form(PLAN(SEND("lb", "") BALANCE(AB, "random", ", 'health_check': {}") A_AND_B), "a",
            "health checks come besides (lb)");
    no_form(PLAN(SEND("lb", "") BALANCE(AB, "random", ", 'limit': {'per_node': 1}") A_AND_B), "a",
            "requests wait for a node with room (lb)");
    no_form(PLAN(SEND("lb", "") BALANCE(AB, "random", ", 'outlier_detection': {}") A_AND_B), "a",
            "nodes are left out by what came of requests (lb)");
    /* of one place there is nothing to choose */
    exact(PLAN(SEND("lb", "") BALANCE("'a'", "least-connections", "") ONE("a", "")), "a", "M/M/9");
}

/* Without a key the fabric deals in turn, whoever calls. */
static void spreads(void **state)
{
    (void)state;
    form_is(PLAN(SEND("a", "") ONE("a", ", 'to': 'b'") STATION("b", "'1ms'", NODES("90", "key"))),
            "b", SIM_THEORY_ROUGH, "E90/G/9", "by Allen and Cunneen");
    exact(PLAN(SEND("a", "") ONE("a", NODES("2", "random"))), "a", "M/M/9");
    no_form(PLAN(KEYS SEND("a", ", 'keyspace': 'k'") ONE("a", NODES("2", "key"))), "a",
            "nodes are chosen by key (users)");
}

static void fan_outs(void **state)
{
    (void)state;
    const char *fan = PLAN(SEND("web", "") ONE("web", PARALLEL(AB)) ONE("a", ", 'to': 'db'")
                               ONE("b", ", 'to': 'db'") ODD("db"));
    exact(fan, "a", "M/M/9");
    exact(fan, "b", "M/M/9");
    unsure(fan, "db", "M/D/9", "copies of a request meet (web)");
    /* the branches meet behind another caller's calls */
    unsure(PLAN(SEND("web", "") ALSO("more", "c", "'rate': '1/s'") ONE("web", PARALLEL(AB))
                    ONE("c", ", 'to': " AB) A_AND_B),
           "b", "M/M/9", "copies of a request meet (web)");
    /* the last of two answers is waited for, and then another is asked */
    unsure(PLAN(SEND("web", "") ONE("web", ", 'to': ['fork', 'db']") ONE("fork", PARALLEL(AB))
                    A_AND_B ONE("db", "")),
           "db", "M/M/9", "the last of several answers is waited for (fork)");
    /* one copy for each node: each of them alone is Poisson, what they ask is not */
    const char *every = PLAN(SEND("web", "") ONE("web", ", 'to': 'a', 'calls': 'every-node'")
                                 ONE("a", ", 'to': 'db'" NODES("2", "random")) ONE("db", ""));
    exact(every, "a", "M/M/9");
    unsure(every, "db", "M/M/9", "copies of a request meet (web)");
    /* fan-outs of two clients that have nothing to do with each other */
    exact(PLAN(SEND("x", "") ALSO("v", "y", "'rate': '1/s'") ONE("x", PARALLEL("['db', 'a']"))
                   ONE("y", PARALLEL("['db', 'b']")) A_AND_B ONE("db", "")),
          "db", "M/M/9");
    /* work that takes no time changes nothing */
    exact(PLAN(SEND("web", "") STATION("web", "'0s'", PARALLEL(AB)) A_AND_B), "a", "M/M/9");
}

static void what_comes_before(void **state)
{
    (void)state;
    /* what is asked second waits for all that the first one asks, */
    unsure(PLAN(SEND("web", "") ONE("web", ", 'to': ['a', 'db']") ONE("a", ", 'to': 'deep'")
                    ODD("deep") ONE("db", "")),
           "db", "M/M/9", "what leaves there is not Poisson (deep)");
    /* and for all that others ask of the first one */
    no_form(PLAN(SEND("web", "") ALSO("many", "a", "'users': 5, 'think_time': '1s'")
                     ONE("web", ", 'to': ['a', 'db']") ONE("a", "") ONE("db", "")),
            "db", "the load is closed (many)");
    const char *way = PLAN(SEND("web", "") ONE("web", ", 'to': ['a', 'db'], 'timeout': '3s'")
                               ONE("a", "") ONE("db", ""));
    exact(way, "a", "M/M/9");
    unsure(way, "db", "M/M/9", "what times out ends there (web)");
    /* users who time out: what they asked for is worked on all the same */
    exact(PLAN(SEND("web", ", 'timeout': '3s'") ONE("web", ", 'to': 'db'") ONE("db", "")), "db",
          "M/M/9");
    unsure(PLAN(SEND("web", ", 'deadline': '3s'") ONE("web", ", 'to': 'db'") ONE("db", "")), "db",
           "M/M/9", "what is past its deadline ends there (web)");
    unsure(PLAN(SEND("web", ", 'patience': '3s'") ONE("web", ", 'to': 'db'") ONE("db", "")), "db",
           "M/M/9", "what is past its deadline ends there (web)");
    unsure(PLAN(SEND("a", "") ONE("a", ", 'to': 'b'") ONE("b", ", 'to': 'a'")), "b", "M/M/9",
           "calls go round (a)");
    /* a model that says nothing of itself */
    unsure(PLAN(KEYS SEND("c", ", 'keyspace': 'k'") ", 'c': {'model': 'cache', 'capacity': 5,"
                                                    " 'origin': 'db'}" ONE("db", "")),
           "db", "M/M/9", "what comes through is chosen on the way (c)");
}

/* A database that is asked twice: where work is exponential, the means of a Jackson network. */
static void requests_that_come_back(void **state)
{
    (void)state;
    form_is(PLAN(SEND("web", "") ONE("web", ", 'to': ['a', 'db']") ONE("a", ", 'to': 'db'")
                     ONE("db", "")),
            "db", SIM_THEORY_EXACT, "M/M/9",
            "requests may come back, as in a Jackson network: only the means are exact");
    unsure(
        PLAN(SEND("web", "") ONE("web", ", 'to': ['a', 'db']") ONE("a", ", 'to': 'db'") ODD("db")),
        "db", "M/D/9", "what leaves there is not Poisson (db)");
}

#define LINKED(links)                                                                              \
    PLAN("'regions': {'x': {}, 'y': {}}, 'links': [" links                                         \
         "]," SEND("web", ", 'region': 'x', 'timeout': '60s'") ONE("web", ", 'region': 'y'"))
#define LINK(what) LINKED("{'between': ['y', 'x'], " what "}")

/* One server that can do the 8 requests a second at which form_is() looks. */
#define ABANDON ", 'abandon': 'when-reached'"
#define FAST(more)                                                                                 \
    "'web': {'model': 'service', 'servers': 1, 'service_time': {'type': 'exponential',"            \
    " 'mean': '100ms'}" more "}"
#define AT(name, where)                                                                            \
    "'" name "': {'model': 'client', 'to': 'web', 'rate': '40/s', 'timeout': '60s', 'region':"     \
    " '" where "'}, "
#define DEALT(to_x, to_y)                                                                          \
    PLAN("'regions': {'x': {}, 'y': {}, 'z': {}}, 'links': [{'between': ['x', 'z'], " to_x         \
         "}, {'between': ['y', 'z'], " to_y "}], 'components': {" AT("users", "x") AT("more", "y") \
             FAST(", 'region': 'z'" NODES("10", "round-robin")))
#define FARM(n, how, link)                                                                         \
    PLAN("'regions': {'x': {}, 'z': {}}, 'links': [{'between': ['x', 'z'], " link                  \
         "}], 'components': {" AT("users", "x") FAST(", 'region': 'z'" NODES(n, how)))
#define BALANCED(link)                                                                             \
    LINKED_TO("lb", "{'between': ['x', 'y'], " link "}",                                           \
              "'lb': {'model': 'balancer', 'to': 'web', 'policy': 'round-robin', 'timeout':"       \
              " '60s', 'region': 'x'}, " FAST(", 'region': 'y', 'nodes': 10, 'spread': 'random'"))
#define LINKED_TO(to, link, parts)                                                                 \
    PLAN("'regions': {'x': {}, 'y': {}}, 'links': [" link                                          \
         "]," SEND(to, ", 'region': 'x', 'timeout': '60s'") ", " parts)

static void links(void **state)
{
    (void)state;
    exact(LINK("'latency': '20ms'"), "web", "M/M/9");
    exact(LINK("'latency': " EXP), "web", "M/M/9");
    exact(LINK("'loss': 0.1"), "web", "M/M/9");
    no_form(LINK("'bandwidth': '900B/s'"), "web",
            "messages wait for the bandwidth of a link (web)");
    /* what two components have between them goes before what their regions have */
    exact(LINKED("{'between': ['y', 'x'], 'bandwidth': '900B/s'},"
                 " {'between': ['web', 'users'], 'latency': '1ms'}"),
          "web", "M/M/9");
}

/* Who never stops waiting leaves nothing to abandon. */
static void who_gives_up(void **state)
{
    (void)state;
    const char *why = "requests give up waiting";
    exact(PLAN(SEND("a", "") ONE("a", ABANDON)), "a", "M/M/9");
    exact(PLAN(SEND("b", "") ONE("b", ", 'to': 'a'") ONE("a", ABANDON)), "a", "M/M/9");
    no_form(PLAN(SEND("a", ", 'timeout': '1s'") ONE("a", ABANDON)), "a", why);
    no_form(PLAN(SEND("a", ", 'patience': '1s'") ONE("a", ABANDON)), "a", why);
    no_form(PLAN(SEND("b", ", 'timeout': '1s'") ONE("b", ", 'to': 'a'") ONE("a", ABANDON)), "a",
            why);
    no_form(PLAN(SEND("b", "") ONE("b", ", 'to': 'a', 'deadline': '1s'") ONE("a", ABANDON)), "a",
            why);
}

/* Other rules after which a station is none of those that have a form here. */
static void rules_without_a_form(void **state)
{
    (void)state;
    no_form(PLAN(SEND("a", "") ONE("a", ", 'wait_limit': '1s'")), "a",
            "it refuses requests that have waited too long");
    no_form(PLAN(SEND("a", "") ONE("a", ", 'speed': {'law': 'usl', 'contention': 0.1}")), "a",
            "its speed depends on how many are at work");
    exact(PLAN(SEND("a", "") ONE("a", ", 'on_cancel': 'withdraw'")), "a", "M/M/9");
    no_form(PLAN(SEND("a", ", 'timeout': '1s'") ONE("a", ", 'on_cancel': 'withdraw'")), "a",
            "requests give up waiting");
    no_form(PLAN(SEND("b", ", 'timeout': '1s', 'pass_timeout': true") ONE("b", ", 'to': 'a'")
                     ONE("a", ABANDON)),
            "a", "requests give up waiting");
}

/* What is dealt in turn comes in turn only where all of it is late by one time, none lost. */
static void links_that_mix_up_turns(void **state)
{
    (void)state;
    const char *jitter = "the latency of a link mixes up what is dealt in turn (web)";
    const char *loss = "a link loses some of what is dealt in turn (web)";
    const char *uneven = "callers whose requests are dealt in turn differ in latency (web)";
    exact(DEALT("'latency': '1s'", "'latency': '1s'"), "web", "E10/M/1");
    unsure(DEALT("'latency': " EXP, "'latency': " EXP), "web", "E10/M/1", jitter);
    unsure(DEALT("'loss': 0.1", "'loss': 0.1"), "web", "E10/M/1", loss);
    unsure(DEALT("'latency': '1s'", "'latency': '2s'"), "web", "E10/M/1", uneven);
    unsure(DEALT("'loss': 0", "'latency': '2s'"), "web", "E10/M/1", uneven);
    exact(BALANCED("'latency': '5s'"), "web", "E10/M/1");
    unsure(BALANCED("'latency': " EXP), "web", "E10/M/1", jitter);
    unsure(BALANCED("'latency': '5s', 'loss': 0.2"), "web", "E10/M/1", loss);
    /* what goes to one node, or wherever chance sends it, is not dealt in turn */
    exact(FARM("1", "round-robin", "'latency': " EXP), "web", "M/M/1");
    exact(FARM("10", "random", "'latency': " EXP), "web", "M/M/1");
}

/* All parameters of the models that say something of themselves: theory.c and the model's
 * `queueing` must know what each of them does to arrivals and to work. A new one is looked at
 * before it is written here. */
static void every_parameter_is_known(void **state)
{
    (void)state;
    static const char *const known[][2] = {
        {"client",
         " rate arrival in_step schedule day modulated spikes random_spikes batch trace session"
         " users think_time sessions keyspace mix request_bytes patience priority "},
        {"service", " servers queue_limit service_time while_calling calls discipline abandon shed"
                    " pause response_bytes on_cancel wait_limit speed "},
        {"store", " connections queue_limit read_time write_time delete_time scan_time "},
        {"balancer", " policy choices replacement virtual_nodes bounded_load overhead retry_at"
                     " health_check outlier_detection panic_threshold slow_start limit "},
    };
    const struct sim_model *const *models = sim_models();
    for (; *models; models++) {
        size_t i = 0;
        if (!(*models)->queueing)
            continue;
        while (i < sizeof known / sizeof *known && strcmp(known[i][0], (*models)->name) != 0)
            i++;
        if (i == sizeof known / sizeof *known)
            fail_msg("nobody has looked at what %s says of itself", (*models)->name);
        for (const struct sim_param *p = (*models)->params; p->name; p++) {
            char word[80];
            snprintf(word, sizeof word, " %s ", p->name);
            if (!strstr(known[i][1], word))
                fail_msg("nobody has looked at what %s of %s does to closed forms", p->name,
                         (*models)->name);
        }
    }
}

/* ---- the comparison can fail ----------------------------------------------------------------- */

enum { RUNS = 20 };

/* What is printed and written of runs of one case that are taken for those of another. */
static char *told(const struct sim_runs *runs)
{
    char *text = NULL;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);
    assert_non_null(out);
    struct sim_report report = {.runs = runs};
    struct sim_json json;
    sim_theory_print(&report, 1000, false, out);
    sim_json_begin(&json, out);
    sim_json_open(&json, NULL, '{', false);
    sim_theory_write(&json, &report, 0);
    sim_json_close(&json, '}');
    sim_json_end(&json);
    fclose(out);
    return text;
}

static struct sim_theory held_against(const char *text, const char *pretended)
{
    struct sim_scenario *s = harness_scenario(text), *other = harness_scenario(pretended);
    struct sim_run run[RUNS] = {0};
    for (uint64_t i = 0; i < RUNS; i++) {
        run[i].record = harness_run(&s->variants[0], 3, i);
        run[i].state = SIM_RUN_FINISHED;
    }
    struct sim_runs runs = {
        .cases = &other->variants[0], .case_count = 1, .replications = RUNS, .runs = run};
    struct sim_theory *all;
    uint32_t count;
    assert_int_equal(sim_theory_compare(&runs, 0, &all, &count), 0);
    assert_int_equal(count, 1);
    struct sim_theory t = all[0];
    assert_int_equal(sim_theory_misses(all, 1), t.misses);
    char *said = told(&runs);
    assert_int_equal(strstr(said, "theory misses: ") != NULL, t.misses);
    assert_int_equal(strstr(said, "\"theory_misses\": 1") != NULL, t.misses);
    assert_int_equal(strstr(said, "\"theory_misses\": 0") != NULL, !t.misses);
    assert_int_equal(strstr(said, "; not judged: ") != NULL, !t.judged);
    free(said);
    free(all);
    for (size_t i = 0; i < RUNS; i++)
        sim_record_free(run[i].record);
    sim_scenario_free(s);
    sim_scenario_free(other);
    return t;
}

/* Twenty replications of a plan, held against its own form or, when `pretended` is another, against
 * that of the same station that is said to work in another way. */
static void verdict_is(const char *text, const char *pretended, bool agrees, bool misses)
{
    struct sim_theory t = held_against(text, pretended);
    assert_true(t.judged);
    assert_int_equal(t.agrees, agrees);
    assert_int_equal(t.misses, misses);
}

static void a_wrong_form_is_found(void **state)
{
    (void)state;
    const char *mm10 = PLAN(USERS APP("10", EXP, ""));
    verdict_is(mm10, mm10, true, false);
    /* work of 3 % more or less */
    verdict_is(mm10, PLAN(USERS APP("10", "{'type': 'exponential', 'mean': '1.03s'}", "")), false,
               true);
    verdict_is(mm10, PLAN(USERS APP("10", "{'type': 'exponential', 'mean': '0.97s'}", "")), false,
               true);
    verdict_is(mm10, PLAN(USERS APP("10", EXP, ", 'queue_limit': 5")), false, true);
    verdict_is(mm10, PLAN(USERS APP("11", EXP, "")), false, true);
}

static void what_a_run_cannot_show_is_not_judged(void **state)
{
    (void)state;
#define SHORT(duration, more)                                                                      \
    "{'schema_version': 1, 'title': 't', 'run': {'duration': '" duration "', 'warmup': '10s',"     \
    " 'interval': '10s', 'replications': 20}," more "}}"
    struct sim_theory t;
    const char *text = SHORT("200s", USERS APP("10", EXP, ""));
    t = held_against(text, text);
    assert_false(t.judged || t.agrees || t.misses);
    assert_string_equal(t.unjudged, "the run is not long beside the time in which queues forget");
    text = SHORT("500s", USERS APP("1", "{'type': 'lognormal', 'mean': '10ms', 'scv': 20}", ""));
    t = held_against(text, text);
    assert_false(t.judged);
    assert_string_equal(t.unjudged, "too few requests came");
    text = SHORT("500s", USERS APP("1", "{'type': 'pareto', 'minimum': '10ms', 'shape': 2.5}", ""));
    t = held_against(text, text);
    assert_int_equal(t.standing, SIM_THEORY_EXACT);
    assert_false(t.judged);
    assert_string_equal(t.unjudged, "its work varies too much for a sample to show");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(erlangs),
        cmocka_unit_test(queues_of_many_servers),
        cmocka_unit_test(one_server),
        cmocka_unit_test(exact_forms),
        cmocka_unit_test(rough_forms_and_none),
        cmocka_unit_test(balancers),
        cmocka_unit_test(spreads),
        cmocka_unit_test(fan_outs),
        cmocka_unit_test(what_comes_before),
        cmocka_unit_test(requests_that_come_back),
        cmocka_unit_test(who_gives_up),
        cmocka_unit_test(links),
        cmocka_unit_test(rules_without_a_form),
        cmocka_unit_test(links_that_mix_up_turns),
        cmocka_unit_test(every_parameter_is_known),
        cmocka_unit_test(a_wrong_form_is_found),
        cmocka_unit_test(what_a_run_cannot_show_is_not_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
