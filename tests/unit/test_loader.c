/* test_loader.c - scenarios that are right: what the plan holds, who wins over whom, what is
 * resolved, hashed and generated; and what no scenario survives: unknown keys, want of memory.
 * Wrong scenarios are in tests/invalid. */
#include "scenario/scenario.h"

#include "sim/policy.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <jansson.h>

static const char small[] =
    "{ \"schema_version\": 1, \"title\": \"t\",\n"
    "  \"run\": { \"duration\": \"1min\", \"warmup\": \"10s\", \"replications\": 3 },\n"
    "  \"keyspaces\": { \"items\": { \"keys\": 1000, \"value_bytes\": \"1KiB\",\n"
    "    \"popularity\": { \"type\": \"zipf\", \"exponent\": 0.99 } } },\n"
    "  \"regions\": { \"eu\": {}, \"us\": {} },\n"
    "  \"links\": [ { \"between\": [\"eu\", \"us\"], \"latency\": \"40ms\" } ],\n"
    "  \"components\": {\n"
    "    \"users\": { \"model\": \"client\", \"region\": \"eu\", \"to\": \"cache\",\n"
    "      \"keyspace\": \"items\", \"rate\": \"100/s\", \"timeout\": \"1s\",\n"
    "      \"retry\": { \"attempts\": 3, \"backoff\": \"50ms\" } },\n"
    "    \"cache\": { \"model\": \"cache\", \"capacity\": \"100 keys\", \"ttl\": \"60s\",\n"
    "      \"origin\": \"db\" },\n"
    "    \"db\": { \"model\": \"store\", \"region\": \"us\", \"nodes\": 2, \"spread\": \"key\",\n"
    "      \"read_time\": { \"type\": \"lognormal\", \"median\": \"2ms\", \"p99\": \"9ms\" } } },\n"
    "  \"timeline\": [\n"
    "    { \"at\": \"30s\", \"for\": \"5s\", \"do\": \"crash\", \"target\": \"db/1\" },\n"
    "    { \"at\": \"40s\", \"do\": \"set\", \"target\": \"users\",\n"
    "      \"set\": { \"rate\": \"3k/s\" }, \"label\": \"peak\" } ],\n"
    "  \"variants\": { \"base\": {},\n"
    "    \"short\": { \"components\": { \"cache\": { \"ttl\": \"1s\" } } },\n"
    "    \"quiet\": { \"timeline\": [] } },\n"
    "  \"sweep\": { \"cross\": { \"components.cache.ttl\": [\"10s\", \"2min\"],\n"
    "    \"run.warmup\": [\"0s\"] } },\n"
    "  \"expect\": [ { \"that\": \"users.latency.p99\", \"at_most\": \"20ms\",\n"
    "    \"variant\": \"short\" },\n"
    "    { \"that\": \"db.rate\", \"at_most\": 0.5, \"relative_to\": \"base\",\n"
    "      \"from\": \"20s\" } ],\n"
    "  \"figures\": [ { \"kind\": \"curve\", \"title\": \"Over the TTL\",\n"
    "    \"x\": \"components.cache.ttl\", \"panels\": [ { \"series\":\n"
    "    [\"cache.hit_ratio\"], \"slo\": \"90%\" } ] } ] }\n";

static struct sim_scenario *parse(const char *text, const struct sim_load_options *options,
                                  struct sim_diagnostics *diagnostics)
{
    *diagnostics = (struct sim_diagnostics){0};
    return sim_scenario_parse("dir/small.json", text, strlen(text), options, diagnostics);
}

static struct sim_scenario *good(const char *text, const struct sim_load_options *options)
{
    struct sim_diagnostics diagnostics;
    struct sim_scenario *s = parse(text, options, &diagnostics);
    sim_diagnostics_print(&diagnostics, stderr);
    sim_diagnostics_free(&diagnostics);
    assert_non_null(s);
    return s;
}

/* What the loader says of a text, one error a line; freed by the caller. */
static char *said_of(const char *text, const struct sim_load_options *options)
{
    struct sim_diagnostics diagnostics;
    struct sim_scenario *s = parse(text, options, &diagnostics);
    char *said = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&said, &bytes);
    sim_diagnostics_print(&diagnostics, out);
    fclose(out);
    sim_scenario_free(s);
    sim_diagnostics_free(&diagnostics);
    return said;
}

/* The text with the first `from` replaced; freed by the caller. */
static char *with(const char *text, const char *from, const char *to)
{
    const char *at = strstr(text, from);
    assert_non_null(at);
    size_t n = strlen(text) + strlen(to) + 1;
    char *out = malloc(n);
    assert_non_null(out);
    snprintf(out, n, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    return out;
}

static const void *value_of(const struct sim_plan_component *component, const char *name)
{
    for (const struct sim_param *p = component->model->params; p->name; p++)
        if (strcmp(p->name, name) == 0)
            return (const char *)component->image + p->offset;
    fail_msg("no parameter %s", name);
    return NULL;
}

static const struct sim_plan *plan_of(const struct sim_scenario *s, const char *variant)
{
    for (uint32_t i = 0; i < s->variant_count; i++)
        if (strcmp(s->variants[i].name, variant) == 0)
            return &s->variants[i].plan;
    fail_msg("no variant %s", variant);
    return NULL;
}

static void fills_a_plan(void **state)
{
    struct sim_scenario *s = good(small, NULL);
    const struct sim_plan *plan = plan_of(s, "base");
    (void)state;
    assert_string_equal(s->name, "small");
    assert_int_equal(s->seed, 1);
    assert_int_equal(s->replications, 3);
    assert_true(plan->duration == 60 * SIM_SECOND && plan->warmup == 10 * SIM_SECOND);
    assert_true(plan->interval == SIM_SECOND);
    assert_int_equal(plan->component_count, 3);
    const struct sim_plan_component *users = &plan->components[0], *cache = &plan->components[1];
    const struct sim_plan_component *db = &plan->components[2];
    assert_string_equal(users->name, "users");
    assert_true(*(const double *)value_of(users, "rate") == 100);
    assert_int_equal(*(const uintptr_t *)value_of(users, "keyspace"), 1);
    assert_true(users->policy.timeout == SIM_SECOND && users->policy.deadline == 0);
    assert_int_equal(users->policy.retry.attempts, 3);
    assert_true(users->policy.retry.backoff == 50 * SIM_MILLISECOND);
    assert_int_equal(users->ports[0].count, 1);
    assert_int_equal(users->ports[0].targets[0].component, 1);
    assert_true(users->ports[0].targets[0].share == 1);
    assert_int_equal(users->region, 0);
    assert_int_equal(cache->region, SIM_NOWHERE);
    assert_int_equal(cache->policy.retry.attempts, 1);
    assert_int_equal(*(const int64_t *)value_of(cache, "capacity"), 100);
    assert_int_equal(db->nodes, 2);
    assert_int_equal(db->spread, SIM_SPREAD_KEY);
    const struct sim_dist *read = value_of(db, "read_time");
    assert_int_equal(read->kind, SIM_DIST_LOGNORMAL);
    assert_true(sim_dist_cdf(read, 9e6) > 0.9899 && sim_dist_cdf(read, 9e6) < 0.9901);
    assert_int_equal(plan->fault_count, 2);
    assert_int_equal(plan->faults[0].on.node, 1);
    assert_string_equal(plan->faults[0].label, "crash db/1");
    assert_true(plan->faults[1].lasts == 0 && *(double *)plan->faults[1].value == 3000);
    assert_string_equal(plan->faults[1].param->name, "rate");
    assert_int_equal(plan->keyspaces[0].keys.n, 1000);
    assert_true(plan->keyspaces[0].keys.columns == plan_of(s, "short")->keyspaces[0].keys.columns);
    assert_int_equal(plan->link_count, 1);
    assert_true(sim_dist_mean(&plan->links[0].params.latency) == 40e6);
    assert_int_equal(plan_of(s, "quiet")->fault_count, 0);
    assert_int_equal(plan->kept_count, 2); /* the windowed claim's and the figure's */
    sim_scenario_free(s);
}

static void makes_cells_and_claims(void **state)
{
    struct sim_scenario *s = good(small, NULL);
    (void)state;
    assert_int_equal(s->variant_count, 3);
    assert_int_equal(s->cell_count, 6);
    assert_string_equal(s->cells[3].name, "short \xC2\xB7 cache.ttl=2min, run.warmup=0s");
    assert_string_equal(s->cells[3].variant, "short");
    assert_true(s->cells[3].at[0] == 120 && s->cells[3].cell == 4);
    assert_string_equal(s->cells[3].at_text[1], "0s");
    assert_true(s->cells[3].plan.warmup == 0);
    assert_true(*(const sim_time *)value_of(&s->cells[3].plan.components[1], "ttl") ==
                120 * SIM_SECOND);
    assert_true(s->expects[0].at_most == 0.02 && s->expects[0].line == 24);
    assert_string_equal(s->expects[1].that, "db.rate.mean");
    assert_true(s->expects[1].at_most == 0.5 && s->expects[1].from == 20);
    assert_true(s->figures[0].panels[0].slo == 0.9);
    assert_string_equal(s->figures[0].name, "over-the-ttl");
    sim_scenario_free(s);
}

static void command_line_wins(void **state)
{
    const struct sim_set sets[] = {{"components.cache.ttl", "7s"},
                                   {"/run/replications", "2"},
                                   {"components.users.retry.cap", "\"9s\""},
                                   {"timeline.0.at", "20s"}};
    const char *only[] = {"short"};
    struct sim_load_options options = {.variants = only,
                                       .variant_count = 1,
                                       .sets = sets,
                                       .set_count = 4,
                                       .seed = 77,
                                       .has_seed = true};
    struct sim_scenario *s = good(small, &options);
    (void)state;
    assert_int_equal(s->variant_count, 1);
    assert_int_equal(s->replications, 2);
    assert_int_equal(s->seed, 77);
    const struct sim_plan *plan = plan_of(s, "short");
    assert_true(*(const sim_time *)value_of(&plan->components[1], "ttl") == 7 * SIM_SECOND);
    assert_true(plan->components[0].policy.retry.cap == 9 * SIM_SECOND);
    assert_true(plan->faults[0].at == 20 * SIM_SECOND);
    sim_scenario_free(s);
}

static void explains(void **state)
{
    const struct sim_set sets[] = {{"components.db.connections", "7"}};
    struct sim_load_options options = {.sets = sets, .set_count = 1};
    struct sim_scenario *s = good(small, &options);
    char *page = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&page, &bytes);
    (void)state;
    assert_int_equal(sim_scenario_explain(s, NULL, out), 0);
    fclose(out);
    assert_non_null(strstr(page, "= 7                   command line, --set 1\n"));
    assert_non_null(strstr(page, "= \"60s\"               file, line 11\n"));
    assert_non_null(strstr(page, "\nvariant short\ncomponents.cache.ttl "));
    assert_non_null(strstr(page, "= \"1s\"                variant, line 20\n"));
    assert_non_null(strstr(page, "default, chosen"));
    free(page);
    assert_int_equal(sim_scenario_explain(s, "components.nothing", stderr), -1);
    sim_scenario_free(s);
}

static void resolves(void **state)
{
    struct sim_scenario *s = good(small, NULL);
    char *text = sim_scenario_resolved(s);
    json_error_t error;
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error), *base;
    (void)state;
    assert_non_null(root);
    base = json_object_get(json_object_get(root, "variants"), "base");
    json_t *components = json_object_get(base, "components");
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(components, "cache"), "capacity")),
        "100 keys");
    json_t *retry = json_object_get(json_object_get(components, "users"), "retry");
    assert_non_null(json_object_get(retry, "jitter")); /* a default */
    assert_non_null(strstr(text, "\"exponent\": 0.99"));
    json_decref(root);
    free(text);
    sim_scenario_free(s);
}

/* A scenario whose prices go before those of a book, in the folder of the library that has it. */
static const char priced[] =
    "{ \"schema_version\": 1, \"title\": \"t\", \"run\": { \"duration\": \"10s\" },\n"
    "  \"regions\": { \"eu\": {}, \"internet\": {} },\n"
    "  \"components\": {\n"
    "    \"users\": { \"model\": \"client\", \"region\": \"internet\", \"to\": \"db\",\n"
    "      \"rate\": \"100/s\" },\n"
    "    \"db\": { \"model\": \"store\", \"region\": \"eu\" } },\n"
    "  \"prices\": { \"book\": \"prices/on-demand-2026\",\n"
    "    \"title\": \"With tiers of our own\",\n"
    "    \"models\": { \"store\": { \"reads\": { \"free\": \"1M reads\", \"tiers\": [\n"
    "      { \"up_to\": \"10M reads\", \"price\": \"$0.2/1M reads\" },\n"
    "      { \"price\": \"$0.1/1M reads\" } ] } } },\n"
    "    \"components\": { \"db\": { \"storage\": { \"billed\": \"peak\",\n"
    "      \"price\": \"$1/GB-month\" } } },\n"
    "    \"transfer\": { \"*>internet\": { \"price\": \"$0.01/GB\" } } } }\n";

static struct sim_scenario *parse_priced(const struct sim_load_options *options,
                                         struct sim_diagnostics *diagnostics)
{
    *diagnostics = (struct sim_diagnostics){0};
    return sim_scenario_parse(WEIR_SOURCE_DIR "/scenarios/priced.json", priced, strlen(priced),
                              options, diagnostics);
}

static void member_is(const json_t *root, const char *path, const char *expected)
{
    char name[64];
    for (const char *end; root && *path; path = *end ? end + 1 : end) {
        end = path + strcspn(path, "/");
        snprintf(name, sizeof name, "%.*s", (int)(end - path), path);
        root = json_object_get(root, name);
    }
    char *text = root ? json_dumps(root, JSON_COMPACT | JSON_ENCODE_ANY) : strdup("nothing");
    assert_string_equal(text, expected);
    free(text);
}

/* What is resolved is what is billed: a price of the scenario's stands there whole, without what
 * the book said of its like, and all else of the book beside it. */
static void resolves_prices_whole(void **state)
{
    struct sim_diagnostics diagnostics;
    struct sim_scenario *s = parse_priced(NULL, &diagnostics);
    (void)state;
    sim_diagnostics_print(&diagnostics, stderr);
    sim_diagnostics_free(&diagnostics);
    assert_non_null(s);
    char *text = sim_scenario_resolved(s);
    json_t *root = json_loads(text, 0, NULL);
    const json_t *prices = json_object_get(
        json_object_get(json_object_get(root, "variants"), "base"), "prices");
    member_is(prices, "title", "\"With tiers of our own\"");
    member_is(prices, "date", "\"2026-08-09\"");
    member_is(prices, "models/store/reads",
              "{\"free\":\"1M reads\",\"tiers\":[{\"up_to\":\"10M reads\","
              "\"price\":\"$0.2/1M reads\"},{\"price\":\"$0.1/1M reads\"}]}");
    member_is(prices, "models/store/writes/price", "\"$0.625/1M writes\"");
    member_is(prices, "components/db/storage", "{\"billed\":\"peak\",\"price\":\"$1/GB-month\"}");
    member_is(prices, "transfer/*>internet", "{\"price\":\"$0.01/GB\"}");
    member_is(prices, "transfer/internet>*/price", "\"$0/GB\"");
    member_is(prices, "schema_version", "nothing");
    json_decref(root);
    free(text);
    sim_scenario_free(s);
}

static void expect_hash(const char *from, const char *to, bool same)
{
    char *changed = with(small, from, to);
    struct sim_scenario *a = good(small, NULL), *b = good(changed, NULL);
    assert_int_equal(strcmp(a->hash, b->hash) == 0, same);
    sim_scenario_free(a);
    sim_scenario_free(b);
    free(changed);
}

static void hashes(void **state)
{
    (void)state;
    expect_hash("\"title\"", " \"notes\": [1],\n\"x-a\": {}, \"title\"", true);
    expect_hash("\"region\": \"eu\", \"to\": \"cache\"", "\"to\": \"cache\", \"region\": \"eu\"",
                true);
    expect_hash("\"attempts\": 3", "\"attempts\": 3, \"jitter\": \"none\"", true); /* the default */
    expect_hash("\"attempts\": 3", "\"attempts\": 4", false);
    expect_hash("\"ttl\": \"1s\"", "\"ttl\": \"2s\"", false);
}

static void expect_said(const struct sim_set *sets, size_t count, const char *expected)
{
    struct sim_load_options options = {.sets = sets, .set_count = count};
    char *said = said_of(small, &options);
    assert_string_equal(said, expected);
    free(said);
}

static void refuses_settings(void **state)
{
    const struct sim_set sets[] = {{"components.cach.ttl", "5s"},
                                   {"components.cache.ttl", "5"},
                                   {"run.sed", "3"},
                                   {"components.users.retry", "{\"attempts\":2,\"bakoff\":1}"},
                                   {"components.db.read_time", "{\"type\":}"},
                                   {"timeline.7.at", "1s"},
                                   {"title.x", "1"},
                                   {"", "1"},
                                   {"components.cache.capacity", "\xFF"}};
    (void)state;
    expect_said(
        sets, 9,
        "--set 1: components.cach.ttl: there is no \"cach\" among the components (did you mean "
        "\"cache\"?)\n"
        "--set 2: components.cache.ttl: a duration needs a unit: \"5s\"\n"
        "--set 3: run.sed: the key \"sed\" is not known here (did you mean \"seed\"?)\n"
        "--set 4: components.users.retry.bakoff: the key \"bakoff\" is not known here (did you "
        "mean \"backoff\"?)\n"
        "--set 5: components.db.read_time: at /type, character 9 of the value: a value is missing "
        "before \"}\"\n"
        "--set 6: timeline.7.at: there is no item 7 in this list\n"
        "--set 7: title.x: \"title\" is neither an object nor a list: nothing can be set below it\n"
        "--set 8: this is not a path, such as components.cache.ttl\n"
        "--set 9: components.cache.capacity: the value is not UTF-8 text\n");
    const char *missing[] = {"shrot"};
    struct sim_load_options options = {.variants = missing, .variant_count = 1};
    char *said = said_of(small, &options);
    assert_string_equal(said, "--variant: there is no variant \"shrot\" (did you mean "
                              "\"short\"?)\n");
    free(said);
}

static void warns(void **state)
{
    char *lossy = with(small, "\"latency\": \"40ms\"", "\"latency\": \"40ms\", \"loss\": \"1%\"");
    char *alone = with(lossy, "\"origin\": \"db\"", "\"origin\": \"db\", \"region\": \"eu\"");
    char *late = with(alone, "\"at\": \"30s\"", "\"at\": \"5min\"");
    struct sim_diagnostics diagnostics;
    struct sim_scenario *s = parse(late, NULL, &diagnostics);
    (void)state;
    assert_non_null(s);
    assert_int_equal(diagnostics.errors, 0);
    assert_int_equal(diagnostics.count, 2);
    assert_string_equal(diagnostics.items[0].pointer, "/components/cache");
    assert_true(diagnostics.items[0].warning);
    assert_string_equal(diagnostics.items[1].sentence, "this never happens: the run ends at 1min");
    sim_scenario_free(s);
    sim_diagnostics_free(&diagnostics);
    free(late);
    free(alone);
    free(lossy);
}

#define TIMELINE(entries)                                                                          \
    "{ \"schema_version\": 1, \"title\": \"t\", \"run\": { \"duration\": \"10s\" },\n"             \
    "  \"components\": {\n"                                                                        \
    "    \"users\": { \"model\": \"client\", \"to\": \"app\", \"rate\": \"1/s\" },\n"              \
    "    \"batch\": { \"model\": \"client\", \"to\": \"app\", \"rate\": \"1/s\" },\n"              \
    "    \"app\": { \"model\": \"service\", \"servers\": 1, \"to\": \"db\","                       \
    " \"service_time\": \"0s\" },\n"                                                               \
    "    \"db\": { \"model\": \"store\" } },\n"                                                    \
    "  \"timeline\": [\n" entries " ] }\n"

/* The sentences of a timeline's warnings, a line each, with their places before them. */
static void expect_warned(const char *text, const char *from, const char *to, const char *expected)
{
    char *changed = with(text, from, to), *said = said_of(changed, NULL);
    assert_string_equal(said, expected);
    free(said);
    free(changed);
}

static void warns_of_faults_that_do_nothing(void **state)
{
    (void)state;
    expect_warned(
        TIMELINE(
            "{ \"at\": \"1s\", \"do\": \"slow\", \"target\": \"db\", \"factor\": 1 },\n"
            "{ \"at\": \"1s\", \"do\": \"slow\", \"target\": \"app\", \"factor\": 2 },\n"
            "{ \"at\": \"1s\", \"do\": \"slow\", \"target\": \"db\", \"factor\": 2 },\n"
            "{ \"at\": \"1s\", \"do\": \"errors\", \"target\": \"db\", \"share\": 0 },\n"
            "{ \"at\": \"1s\", \"do\": \"latency\", \"target\": \"app>db\", \"adds\": \"0s\" }"),
        "", "",
        "dir/small.json:8:55: /timeline/0/factor: warning: this does nothing: a change of this "
        "size has no effect\n"
        "dir/small.json:9:39: /timeline/1/target: warning: this does nothing: work of \"app\" "
        "takes no time, slow or not\n"
        "dir/small.json:11:56: /timeline/3/share: warning: this does nothing: a change of this "
        "size has no effect\n"
        "dir/small.json:12:60: /timeline/4/adds: warning: this does nothing: a change of this "
        "size has no effect\n");
}

/* Callers without a timeout whose messages a fault takes away. A deadline comes with what is
 * served, but only if all of it has one; what users wait at the most is one. */
static void warns_of_waits_for_ever(void **state)
{
    (void)state;
#define LOSSES                                                                                     \
    TIMELINE("{ \"at\": \"1s\", \"do\": \"partition\", \"target\": \"app<>db\" },\n"               \
             "{ \"at\": \"1s\", \"do\": \"loss\", \"target\": \"app>users\", \"share\": 0.1 },\n"  \
             "{ \"at\": \"1s\", \"do\": \"crash\", \"target\": \"app\", \"silent\": true },\n"     \
             "{ \"at\": \"1s\", \"do\": \"crash\", \"target\": \"db\" },\n"                        \
             "{ \"at\": \"1s\", \"do\": \"latency\", \"target\": \"app>db\", \"adds\": \"1s\" }")
#define WARNED(place, caller, callee, more)                                                        \
    "dir/small.json:" place "/target: warning: calls lost here are never answered, and \"" caller \
    "\" calls \"" callee "\" without a \"timeout\" or a \"deadline\"" more                         \
    ": it waits for ever; give it one\n"
#define OF_APP WARNED("8:44: /timeline/0", "app", "db", "")
#define OF_USERS WARNED("9:39: /timeline/1", "users", "app", "")
#define RATE "\"rate\": \"1/s\" },\n    \"batch\""
    expect_warned(
        LOSSES, "", "",
        OF_APP OF_USERS WARNED("10:40: /timeline/2", "users", "app", ", as does 1 caller more"));
    expect_warned(LOSSES, RATE, "\"timeout\": \"1s\", " RATE,
                  OF_APP WARNED("10:40: /timeline/2", "batch", "app", ""));
    expect_warned(LOSSES, RATE, "\"deadline\": \"1s\", " RATE,
                  OF_APP WARNED("10:40: /timeline/2", "batch", "app", ""));
    expect_warned(LOSSES, "\"to\": \"db\"", "\"to\": \"db\", \"timeout\": \"1s\"",
                  OF_USERS WARNED("10:40: /timeline/2", "users", "app", ", as does 1 caller more"));
    char *one = with(LOSSES, RATE, "\"deadline\": \"1s\", " RATE);
    expect_warned(one, "\"rate\": \"1/s\" },\n    \"app\"",
                  "\"rate\": \"1/s\", \"patience\": \"2s\" },\n    \"app\"", "");
    free(one);
}

/* A base that does not run may lack what every variant gives; what is wrong in it is said. */
static void base_may_be_incomplete(void **state)
{
    char *lacking = with(small, "\"origin\": \"db\" }", "\"notes\": 1 }");
    char *apart = with(lacking, "\"variants\": { \"base\": {},",
                       "\"variants\": { \"base\": {}, \"a\": {},");
    char *mended = with(lacking,
                        "{ \"base\": {},\n    \"short\": { \"components\": { \"cache\": { "
                        "\"ttl\": \"1s\" } } },\n    \"quiet\": { \"timeline\": [] } }",
                        "{ \"short\": { \"components\": { \"cache\": { \"origin\": \"db\" } } } }");
    char *same = with(mended, ", \"relative_to\": \"base\"", ", \"variant\": \"short\"");
    char *bare = with(same, "\"at_most\": 0.5", "\"at_most\": \"5/s\"");
    (void)state;
    char *said = said_of(apart, NULL);
    assert_string_equal(said, "dir/small.json:11:14: /components/cache: \"origin\" is missing: the "
                              "name of a component. Where misses are read and writes go.\n");
    free(said);
    sim_scenario_free(good(bare, NULL));
    free(bare);
    free(same);
    free(mended);
    free(apart);
    free(lacking);
}

/* ---- an unknown key in any object of any scenario -------------------------------------------- */

static void refuse_key_at(const char *path, const char *text, size_t brace)
{
    static const char key[] = " \"zz-unknown\": 1";
    size_t next = brace + 1 + strspn(text + brace + 1, " \t\r\n");
    size_t n = strlen(text) + sizeof key + 2;
    char *changed = malloc(n);
    assert_non_null(changed);
    snprintf(changed, n, "%.*s%s%s%s", (int)brace + 1, text, key, text[next] == '}' ? "" : ",",
             text + brace + 1);
    unsigned line = 1, column = 2; /* of the quote, characters not bytes */
    for (size_t i = 0; i <= brace; i++) {
        column = text[i] == '\n' ? 1 : column + (((unsigned char)text[i] & 0xC0) != 0x80);
        line += text[i] == '\n';
        column += text[i] == '\n';
    }
    struct sim_diagnostics d = {0};
    assert_null(sim_scenario_parse(path, changed, strlen(changed), NULL, &d));
    bool found = false;
    for (size_t i = 0; i < d.count; i++)
        found = found || (d.items[i].line == line && strstr(d.items[i].pointer, "zz-unknown") &&
                          (d.items[i].column == column || d.items[i].column == column + 14));
    if (!found) {
        sim_diagnostics_print(&d, stderr);
        fail_msg("%s: no error for the key put at %u:%u", path, line, column);
    }
    sim_diagnostics_free(&d);
    free(changed);
}

/* A file's text; the caller frees. */
static char *text_of(const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *text = calloc(1, 1 << 20);
    assert_non_null(text);
    text[fread(text, 1, (1 << 20) - 1, file)] = '\0';
    fclose(file);
    return text;
}

static size_t refuse_keys(const char *path)
{
    char *text = text_of(path);
    size_t objects = 0;
    bool quoted = false;
    for (size_t i = 0; text[i]; i++) {
        if (quoted && text[i] == '\\')
            i++;
        else if (text[i] == '"')
            quoted = !quoted;
        else if (!quoted && text[i] == '{' && ++objects)
            refuse_key_at(path, text, i);
    }
    free(text);
    return objects;
}

static size_t refuse_keys_below(const char *folder)
{
    DIR *dir = opendir(folder);
    size_t objects = 0;
    for (struct dirent *entry = dir ? readdir(dir) : NULL; entry; entry = readdir(dir)) {
        char path[1024];
        struct stat info;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        size_t n = strlen(path);
        if (entry->d_name[0] == '.' || stat(path, &info))
            continue;
        if (S_ISDIR(info.st_mode))
            objects += refuse_keys_below(path);
        else if (n > 5 && strcmp(path + n - 5, ".json") == 0 && !strstr(path, ".schema.json") &&
                 !strstr(path, "/prices/"))
            objects += refuse_keys(path);
    }
    if (dir)
        closedir(dir);
    return objects;
}

static void refuses_unknown_keys_anywhere(void **state)
{
    (void)state;
    for (size_t i = 0, quoted = 0; small[i]; i++) {
        quoted ^= small[i] == '"';
        if (!quoted && small[i] == '{')
            refuse_key_at("small.json", small, i);
    }
    print_message("%zu objects\n", refuse_keys_below(WEIR_SOURCE_DIR "/scenarios"));
    print_message("%zu objects\n", refuse_keys_below(WEIR_SOURCE_DIR "/tests/golden"));
}

/* ---- memory ---------------------------------------------------------------------------------- */

static long left; /* allocations until one fails; jansson's hooks take no argument of ours */

static void *failing_malloc(size_t bytes)
{
    return left-- == 0 ? NULL : malloc(bytes);
}

static bool failing_allow(void *self, size_t bytes)
{
    (void)self, (void)bytes;
    return left-- != 0;
}

static void survives_want_of_memory(void **state)
{
    struct sim_set set = {"components.cache.ttl", "{\"a\":[1]}"};
    struct sim_load_options options = {.allow = failing_allow, .sets = &set};
    long k = 0;
    (void)state;
    json_set_alloc_funcs(failing_malloc, free);
    for (options.set_count = 0; options.set_count < 2; options.set_count++)
        for (k = 0;; k++) {
            struct sim_diagnostics d;
            left = k;
            struct sim_scenario *s = parse(small, &options, &d);
            bool failed = left < 0;
            if (failed && (s || !d.out_of_memory))
                fail_msg("allocation %ld failed and nobody noticed", k);
            if (!failed && (s == NULL) != (options.set_count == 1))
                fail_msg("without a failure: %zu errors", d.errors);
            assert_int_equal(s == NULL, d.errors > 0);
            sim_scenario_free(s);
            sim_diagnostics_free(&d);
            if (!failed)
                break;
        }
    json_set_alloc_funcs(malloc, free);
    assert_true(k > 1000);
}

/* The same of prices, and of a book that is read beside them. */
static void prices_survive_want_of_memory(void **state)
{
    struct sim_load_options options = {.allow = failing_allow};
    long k = 0;
    bool failed = true;
    (void)state;
    json_set_alloc_funcs(failing_malloc, free);
    for (; failed; k++) {
        struct sim_diagnostics d;
        left = k;
        struct sim_scenario *s = parse_priced(&options, &d);
        failed = left < 0;
        if (failed && (s || !d.out_of_memory))
            fail_msg("allocation %ld failed and nobody noticed", k);
        assert_true(failed || s);
        sim_scenario_free(s);
        sim_diagnostics_free(&d);
    }
    json_set_alloc_funcs(malloc, free);
    assert_true(k > 500);
}

/* The same of a file that has every section, where not every allocation can be tried: every so
 * manieth, by a number that has no divisor in common with what recurs. */
static void a_large_file_survives_want_of_memory(void **state)
{
    struct sim_load_options options = {.allow = failing_allow};
    char *text = text_of(WEIR_SOURCE_DIR "/tests/golden/everything.json");
    long tried = 0;
    (void)state;
    json_set_alloc_funcs(failing_malloc, free);
    for (long k = 0;; k += getenv("WEIR_TEST_LONG") ? 7 : 127) {
        struct sim_diagnostics d;
        left = k;
        struct sim_scenario *s = parse(text, &options, &d);
        bool failed = left < 0;
        if (failed && (s || !d.out_of_memory))
            fail_msg("allocation %ld failed and nobody noticed", k);
        assert_true(failed || s);
        tried++;
        sim_scenario_free(s);
        sim_diagnostics_free(&d);
        if (!failed)
            break;
    }
    json_set_alloc_funcs(malloc, free);
    free(text);
    assert_true(tried > 50);
}

/* ---- what comes from the tables -------------------------------------------------------------- */

/* No key of a component can mean two things. */
static void names_are_apart(void **state)
{
    static const char *const common[] = {"model", "region", "nodes", "spread", "notes"};
    (void)state;
    for (const struct sim_model *const *m = sim_models(); *m; m++) {
        const char *names[200] = {0};
        size_t n = 0;
        for (size_t i = 0; i < sizeof common / sizeof common[0]; i++)
            names[n++] = common[i];
        for (const struct sim_param *p = (*m)->params; p && p->name; p++)
            names[n++] = p->name;
        for (const struct sim_port_def *p = (*m)->ports; p && p->name; p++)
            names[n++] = p->name;
        for (const struct sim_param *p = sim_policy_params; p->name; p++)
            names[n++] = p->name;
        assert_true(n < 200);
        for (size_t a = 0; a < n; a++)
            for (size_t b = a + 1; b < n; b++)
                if (strcmp(names[a], names[b]) == 0)
                    fail_msg("%s: \"%s\" means two things", (*m)->name, names[a]);
    }
}

static void generates(void **state)
{
    json_error_t error;
    char *text = sim_schema();
    json_t *schema = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    (void)state;
    assert_non_null(schema);
    assert_non_null(json_object_get(json_object_get(schema, "definitions"), "model-client"));
    json_decref(schema);
    free(text);
    for (const struct sim_model *const *m = sim_models(); *m; m++) {
        char *page = NULL;
        size_t bytes = 0;
        FILE *out = open_memstream(&page, &bytes);
        sim_model_page(*m, out);
        fclose(out);
        for (char *line = page; line && *line; line = strchr(line, '\n') + 1)
            assert_true(strcspn(line, "\n") <= 110);
        for (const struct sim_param *p = (*m)->params; p && p->name; p++)
            assert_non_null(strstr(page, p->name));
        free(page);
    }
}

static void reads_quantities(void **state)
{
    struct sim_error error;
    double value;
    (void)state;
    assert_int_equal(sim_quantity("20ms", "time", &value, &error), 0);
    assert_true(value == 0.02);
    assert_int_equal(sim_quantity("3k/s", "rate", &value, &error), 0);
    assert_true(value == 3000);
    assert_int_equal(sim_quantity("25%", "1", &value, &error), 0);
    assert_true(value == 0.25);
    assert_int_equal(sim_quantity("20", "time", &value, &error), -1);
    assert_int_equal(sim_quantity("20", "apples", &value, &error), -1);
}

static void says_why_a_file_cannot_be_read(void **state)
{
    struct sim_diagnostics d = {0};
    (void)state;
    assert_null(sim_scenario_load("no/such/file.json", NULL, &d));
    assert_int_equal(d.errors, 1);
    assert_string_equal(d.items[0].sentence, "cannot be opened: No such file or directory");
    sim_diagnostics_free(&d);
    assert_null(sim_scenario_load("/", NULL, &d));
    assert_int_equal(d.errors, 1);
    sim_diagnostics_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_a_plan),
        cmocka_unit_test(makes_cells_and_claims),
        cmocka_unit_test(command_line_wins),
        cmocka_unit_test(explains),
        cmocka_unit_test(resolves),
        cmocka_unit_test(resolves_prices_whole),
        cmocka_unit_test(hashes),
        cmocka_unit_test(refuses_settings),
        cmocka_unit_test(warns),
        cmocka_unit_test(warns_of_faults_that_do_nothing),
        cmocka_unit_test(warns_of_waits_for_ever),
        cmocka_unit_test(base_may_be_incomplete),
        cmocka_unit_test(refuses_unknown_keys_anywhere),
        cmocka_unit_test(survives_want_of_memory),
        cmocka_unit_test(prices_survive_want_of_memory),
        cmocka_unit_test(a_large_file_survives_want_of_memory),
        cmocka_unit_test(names_are_apart),
        cmocka_unit_test(generates),
        cmocka_unit_test(reads_quantities),
        cmocka_unit_test(says_why_a_file_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
