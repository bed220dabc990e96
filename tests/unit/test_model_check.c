/* test_model_check.c - mistakes of a model's author are said at the start, with model and row, or
 * asserted with words; and the models there are have none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants the above first */
#include <cmocka.h>

#include "scenario/load.h"
#include "sim/model.h"
#include "sim/policy.h"
#include "sim/world.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the models there are -------------------------------------------------------------------- */

static void no_model_here_has_a_mistake(void **state)
{
    (void)state;
    struct sim_error error = {""};
    for (const struct sim_model *const *m = sim_models(); *m; m++)
        if (sim_model_check(*m, true, &error) != 0)
            fail_msg("%s", error.text);
    if (sim_params_check("link", sim_link_param_table, sizeof(struct sim_link_params), &error) ||
        sim_params_check("policy", sim_policy_params, sizeof(struct sim_policy), &error))
        fail_msg("%s", error.text);
}

/* ---- a model made for mistakes --------------------------------------------------------------- */

struct bad {
    struct sim_node node;
    struct sim_station first, second;
    struct sim_port to, other;
    double share;
    int64_t count;
    int choice;
    bool flag;
    struct sim_counter done, tried;
    struct sim_histogram size, loose;
    struct sim_plugin plugin, other_plugin;
};

#define IN(member) offsetof(struct bad, member)

static void bad_start(struct sim_node *node, struct sim_station *s, uint32_t job)
{
    (void)node;
    sim_station_work(s, job, 1);
}

static int bad_init(struct sim_node *node, struct sim_error *error)
{
    (void)error;
    return sim_station_init(&((struct bad *)node)->first, node, 1, 1, bad_start, bad_start);
}

static void bad_serve(struct sim_node *node, sim_call_id call, const struct sim_request *request)
{
    (void)request;
    sim_answer(node, call, (struct sim_reply){.status = SIM_OK});
}

static double bad_offered(const void *params, sim_time duration, double *peak)
{
    (void)params;
    (void)duration;
    *peak = 1;
    return 1;
}

/* One mistake: a table with it in the place of a sound one, and what is said. */
struct mistake {
    struct sim_param params[3];
    struct sim_meter meters[24];
    struct sim_port_def ports[3];
    struct sim_usage usages[3];
    const char *says;
};

static const char *const kinds[] = {"near", "far", NULL};
static const struct sim_param fields[] = {
    {"late", SIM_COUNT, sizeof(struct bad), "1", .doc = "Beyond the end.", .source = "chosen: x"},
    {0},
};

#define METER(name_, kind_, member)                                                                \
    {                                                                                              \
        name_, kind_, "1", "A meter.", IN(member), NULL, NULL, 0                                   \
    }
#define PARAM(name_, kind_, member) .name = name_, .kind = kind_, .offset = IN(member)
#define TEXTS .doc = "A value.", .source = "chosen: for a test"

/* Alternatives of plug-ins, sound but for what is said. */
struct part {
    int64_t size;
    struct sim_counter hits;
};

#define PART_OF(name_, size_, params_, meters_)                                                    \
    {                                                                                              \
        .name = name_, .summary = "A plug-in.", .source = "none", .size = size_,                   \
        .params = params_, .meters = meters_                                                       \
    }
#define SIZE(name_, kind_, offset_, default_)                                                      \
    {                                                                                              \
        .name = name_, .kind = kind_, .offset = offset_, .by_default = default_,                   \
        .flags = (default_) != NULL ? 0 : SIM_OPTIONAL, TEXTS                                      \
    }
#define HIT(name_, unit_)                                                                          \
    {                                                                                              \
        name_, SIM_COUNTER, unit_, "A meter.", offsetof(struct part, hits), NULL, NULL, 0          \
    }

static const struct sim_param size_beyond[] = {SIZE("size", SIM_COUNT, sizeof(struct part), "1"),
                                               {0}};
static const struct sim_param size_type[] = {SIZE("type", SIM_COUNT, 0, "1"), {0}};
static const struct sim_param size_trace[] = {SIZE("size", SIM_TRACE, 0, NULL), {0}};
static const struct sim_param size_twice[] = {
    SIZE("size", SIM_COUNT, 0, "1"), SIZE("size", SIM_COUNT, 0, "1"), {0}};
static const struct sim_meter hits[] = {HIT("hits", "1"), {0}};
static const struct sim_meter hits_bytes[] = {HIT("hits", "B"), {0}};
static const struct sim_meter hits_bare[] = {HIT("hits", NULL), {0}};
static const struct sim_meter hits_rate[] = {HIT("rate", "1"), {0}};
static const struct sim_meter hits_done[] = {HIT("done", "1"), {0}};
static const struct sim_meter hits_more[] = {HIT("hits", "1"), HIT("more", "1"), {0}};

#define TYPE(id, ...) static const struct sim_plugin_type id = PART_OF(__VA_ARGS__)
#define ALL sizeof(struct part)
TYPE(sound_a, "a", ALL, NULL, NULL);
TYPE(sound_b, "b", ALL, NULL, NULL);
TYPE(capital, "A", ALL, NULL, NULL);
TYPE(beyond, "a", ALL, size_beyond, NULL);
TYPE(named_type, "a", ALL, size_type, NULL);
TYPE(with_trace, "a", ALL, size_trace, NULL);
TYPE(same_twice, "a", ALL, size_twice, NULL);
TYPE(hits_a, "a", ALL, NULL, hits);
TYPE(hits_b, "b", ALL, NULL, hits);
TYPE(bytes_b, "b", ALL, NULL, hits_bytes);
TYPE(no_unit, "a", ALL, NULL, hits_bare);
TYPE(like_fabric, "a", ALL, NULL, hits_rate);
TYPE(like_model, "a", ALL, NULL, hits_done);
TYPE(one_place, "a", ALL, NULL, hits_more);
TYPE(too_small, "a", 8, NULL, hits);
static const struct sim_plugin_type no_sentence = {
    .name = "a", .summary = "no sentence", .source = "none", .size = ALL};

#define LIST(...)                                                                                  \
    (const struct sim_plugin_type *const[])                                                        \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }
#define PLUGIN(...)                                                                                \
    {                                                                                              \
        PARAM("plugin", SIM_PLUGIN, plugin), TEXTS, .plugins = LIST(__VA_ARGS__),                  \
                                                    .flags = SIM_OPTIONAL                          \
    }

static const struct sim_param with_plugin[] = {
    {"plugin", SIM_PLUGIN, 0, .flags = SIM_OPTIONAL, TEXTS, .plugins = LIST(&sound_a)}, {0}};
TYPE(nested, "a", ALL, with_plugin, NULL);

static const struct mistake mistakes[] = {
    {.params = {{PARAM("plugin", SIM_PLUGIN, plugin), .flags = SIM_OPTIONAL, TEXTS}},
     .says = "a plug-in needs the list of its alternatives"},
    {.params = {{PARAM("count", SIM_COUNT, count), .flags = SIM_OPTIONAL, .plugins = LIST(&sound_a),
                 TEXTS}},
     .says = "only plug-ins have .plugins"},
    {.params = {{PARAM("plugin", SIM_PLUGIN, plugin), .by_default = "b", .plugins = LIST(&sound_a),
                 TEXTS}},
     .says = "the default b is none of its alternatives"},
    {.params = {{PARAM("plugin", SIM_PLUGIN, plugin), .by_default = "a", .flags = SIM_CHANGEABLE,
                 .plugins = LIST(&sound_a), TEXTS}},
     .says = "of flags, a plug-in has SIM_REQUIRED or SIM_OPTIONAL only"},
    {.params = {{PARAM("plugin", SIM_PLUGIN, plugin), .plugins = LIST(&sound_a), TEXTS}},
     .says = "parameter \"plugin\": no default"},
    {.params = {{PARAM("group", SIM_GROUP, share), .flags = SIM_OPTIONAL, .fields = with_plugin,
                 TEXTS}},
     .says = "a plug-in stands in the model's own table"},
    {.params = {PLUGIN(&nested)},
     .says = "the model \"bad\", \"plugin\" of type \"a\", parameter \"plugin\": a plug-in "
             "stands in the model's own table"},
    {.params = {PLUGIN(&sound_a, &sound_b, &hits_a)},
     .says = "parameter \"plugin\": two alternatives are named \"a\""},
    {.params = {PLUGIN(&capital)}, .says = "of type \"A\": a name is of small letters"},
    {.params = {PLUGIN(&no_sentence)}, .says = "of type \"a\": it needs a sentence and a source"},
    {.params = {PLUGIN(&beyond)},
     .says = "of type \"a\", parameter \"size\": its bytes 16 to 24 are not within the struct's "
             "own, 0 to 16"},
    {.params = {PLUGIN(&named_type)},
     .says = "parameter \"type\": the name is that of the type itself"},
    {.params = {PLUGIN(&with_trace)},
     .says = "parameter \"size\": a trace stands in the model's own table"},
    {.params = {PLUGIN(&same_twice)},
     .says = "of type \"a\", parameter \"size\": there are two of this name"},
    {.params = {PLUGIN(&no_unit)}, .says = "of type \"a\", meter \"hits\": it needs a unit"},
    {.params = {PLUGIN(&too_small)},
     .says = "of type \"a\", meter \"hits\": it is not within the plug-in's struct"},
    {.params = {PLUGIN(&like_fabric)},
     .says = "of type \"a\", meter \"rate\": there are two of this name"},
    {.params = {PLUGIN(&like_model)},
     .meters = {METER("done", SIM_COUNTER, done)},
     .says = "of type \"a\", meter \"done\": there are two of this name"},
    {.params = {PLUGIN(&one_place)},
     .says = "meter \"more\": it has the place of the meter \"hits\""},
    {.params = {PLUGIN(&hits_a, &bytes_b)},
     .says = "\"plugin\" of type \"b\", meter \"hits\": in type \"a\" it has another kind or unit"},
    {.params = {PLUGIN(&hits_a),
                {PARAM("other", SIM_PLUGIN, other_plugin), TEXTS, .plugins = LIST(&hits_b),
                 .flags = SIM_OPTIONAL}},
     .says = "\"other\" of type \"b\", meter \"hits\": there are two of this name"},
    {.params = {PLUGIN(&hits_a)},
     .meters = {{"part", SIM_RATIO, "1", "A ratio.", 0, "hits", "rate", 0}},
     .says = "the model \"bad\", meter \"part\": a ratio of \"hits\", which is no meter here"},
    {.params = {{PARAM("share", SIM_FRACTION, share), .by_default = "1", TEXTS},
                {PARAM("share", SIM_COUNT, count), .by_default = "1", TEXTS}},
     .says = "the model \"bad\", parameter \"share\": there are two of this name"},
    {.params = {{"count", SIM_COUNT, sizeof(struct bad), "1", TEXTS}},
     .says = "parameter \"count\": its bytes "},
    {.params = {{"count", SIM_COUNT, 8, "1", TEXTS}}, .says = "are not within the struct's own"},
    {.params = {{PARAM("group", SIM_GROUP, share), .flags = SIM_OPTIONAL, .fields = fields, TEXTS}},
     .says = "parameter \"late\": its bytes "},
    {.params = {{PARAM("group", SIM_GROUP, share), .flags = SIM_OPTIONAL, TEXTS}},
     .says = "needs the table of its fields"},
    {.params = {{PARAM("list", SIM_LIST, share), .flags = SIM_OPTIONAL, .fields = fields, TEXTS}},
     .says = "a list needs the size of its elements"},
    {.params = {{PARAM("kind", SIM_CHOICE, choice), .by_default = "\"near\"", TEXTS}},
     .says = "a choice needs the list of its choices"},
    {.params = {{PARAM("kind", SIM_CHOICE, choice), .by_default = "\"nearer\"", .choices = kinds,
                 TEXTS}},
     .says = "the default \"nearer\" is none of its choices"},
    {.params = {{PARAM("flag", SIM_BOOL, flag), .by_default = "yes", TEXTS}},
     .says = "the default yes is not true or false"},
    {.params = {{PARAM("count", SIM_COUNT, count), TEXTS}}, .says = "no default: it must be"},
    {.params = {{PARAM("count", SIM_COUNT, count), .by_default = "1", .flags = SIM_REQUIRED,
                 TEXTS}},
     .says = "it has a default, and is required or optional"},
    {.params = {{PARAM("count", SIM_COUNT, count), .by_default = "1", .low = 5, .high = 2, TEXTS}},
     .says = "its bounds leave nothing: from 5 to 2"},
    {.params = {{PARAM("count", SIM_COUNT, count), .by_default = "1", .flags = SIM_WORK, TEXTS}},
     .says = "SIM_WORK and SIM_DEADLINE are for distributions"},
    {.params = {{PARAM("count", (enum sim_param_kind)99, count), .by_default = "1", TEXTS}},
     .says = "99 is no kind of parameter"},
    {.params = {{PARAM("to", SIM_COUNT, count), .by_default = "1", TEXTS}},
     .says = "parameter \"to\": the name is that of a port"},
    {.params = {{PARAM("nodes", SIM_COUNT, count), .by_default = "1", TEXTS}},
     .says = "the name is that of a key of every component"},
    {.params = {{PARAM("timeout", SIM_COUNT, count), .by_default = "1", TEXTS}},
     .says = "the name is that of a parameter of every caller"},
    {.params = {{PARAM("Count", SIM_COUNT, count), .by_default = "1", TEXTS}},
     .says = "a name is of small letters"},
    {.params = {{PARAM("count", SIM_COUNT, count), .by_default = "1", .doc = "A value."}},
     .says = "it does not say where its default comes from"},
    {.params = {{PARAM("count", SIM_COUNT, count), .by_default = "1", .source = "x"}},
     .says = "parameter \"count\": it needs a sentence"},
    {.meters = {SIM_STATION_METERS("", struct bad, first),
                SIM_STATION_METERS("", struct bad, second)},
     .says = "there are two of this name: the second of two stations needs names of its own"},
    {.meters = {METER("sojourn", SIM_COUNTER, done)},
     .says = "meter \"sojourn\": there are two of this name"},
    {.meters = {METER("done", SIM_COUNTER, done), METER("again", SIM_COUNTER, done)},
     .says = "meter \"again\": it has the place of the meter \"done\""},
    {.meters = {{"done", SIM_COUNTER, "1", "A meter.", sizeof(struct bad), NULL, NULL, 0}},
     .says = "meter \"done\": it is not within the model's struct"},
    {.meters = {{"part", SIM_RATIO, "1", "A ratio.", 0, "done", "gone", 0},
                METER("done", SIM_COUNTER, done)},
     .says = "meter \"part\": a ratio of \"gone\", which is no meter here"},
    {.meters = {{"part", SIM_RATIO, "1", "A ratio.", 0, NULL, NULL, 0}},
     .says = "a ratio of \"(nothing)\""},
    {.meters = {{"part", SIM_RATIO, "1", "A ratio.", 0, "size", "size", 0},
                METER("size", SIM_HISTOGRAM, size)},
     .says = "a ratio of \"size\", which is no counter or gauge"},
    {.meters = {{"done", SIM_COUNTER, "1", "A meter.", IN(done), NULL, NULL, SIM_SHARE}},
     .says = "SIM_SHARE are for ratios"},
    {.meters = {{"size", SIM_HISTOGRAM, "1", "A meter.", IN(size), NULL, NULL, SIM_USER_SUCCESS}},
     .says = "SIM_USER_SUCCESS is for counters"},
    {.meters = {{"done", SIM_COUNTER, NULL, "A meter.", IN(done), NULL, NULL, SIM_HEADLINE}},
     .says = "meter \"done\": it needs a unit"},
    {.ports = {{"to", IN(to), SIM_OPTIONAL, "A port."}, {"to", IN(other), SIM_OPTIONAL, "A port."}},
     .says = "port \"to\": it has the name of the port \"to\""},
    {.ports = {{"to", IN(to), SIM_OPTIONAL, "A port."}, {"too", IN(to), SIM_OPTIONAL, "A port."}},
     .says = "port \"too\": it has the place of the port \"to\""},
    {.ports = {{"to", sizeof(struct bad), SIM_OPTIONAL, "A port."}},
     .says = "port \"to\": it is not within the model's struct"},
    {.ports = {{"to", IN(to), 0, "A port."}}, .says = "its flags are SIM_REQUIRED or SIM_OPTIONAL"},
    {.usages = {{.name = "work", .meter = "gone", .doc = "A use."}},
     .says = "use \"work\": \"gone\" is no counter or gauge of the model"},
    {.usages = {{.name = "work", .meter = "rate", .doc = "A use."},
                {.name = "work", .meter = "rate", .doc = "A use."}},
     .says = "use \"work\": there are two of this name"},
};

static const struct sim_port_def sound_ports[] = {
    {"to", IN(to), SIM_OPTIONAL, "Whom it calls."},
    {0},
};

static struct sim_model model_with(const struct mistake *m)
{
    return (struct sim_model){.name = "bad",
                              .summary = "Made for mistakes.",
                              .source = "none",
                              .size = sizeof(struct bad),
                              .params = m->params,
                              .meters = m->meters,
                              .ports = m->ports[0].name ? m->ports : sound_ports,
                              .usages = m->usages,
                              .init = bad_init,
                              .serve = bad_serve};
}

static void each_mistake_is_said_with_its_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        struct sim_model model = model_with(&mistakes[i]);
        struct sim_error error = {""};
        int status = sim_model_check(&model, true, &error);
        if (status == 0 || !strstr(error.text, mistakes[i].says) ||
            !strstr(error.text, "the model \"bad\""))
            fail_msg("not \"%s\" but \"%s\"", mistakes[i].says, error.text);
    }
}

static void expect_hooks(struct sim_model model, const char *says)
{
    struct sim_error error = {""};
    assert_int_equal(sim_model_check(&model, true, &error), -1);
    if (!strstr(error.text, says))
        fail_msg("not \"%s\" but \"%s\"", says, error.text);
}

static void so_are_those_of_the_model_itself(void **state)
{
    (void)state;
    static const struct mistake none = {.says = ""};
    struct sim_error error = {""};
    struct sim_model model = model_with(&none), sound = model;
    assert_int_equal(sim_model_check(&model, true, &error), 0);
    model.size = 8;
    expect_hooks(model, "smaller than a struct sim_node");
    model = sound;
    model.suffers = 64;
    expect_hooks(model, "a bit that means nothing");
    model.suffers = SIM_SUFFERS_FLUSH;
    expect_hooks(model, "has no .fault");
    model = sound;
    model.ports = NULL;
    model.offered = bad_offered;
    expect_hooks(model, "calls start at it");
    model = sound;
    model.summary = NULL;
    expect_hooks(model, "a sentence and a source");
    assert_int_equal(sim_model_check(&model, false, &error), 0); /* a test may do without */
}

/* ---- at the start of a world ----------------------------------------------------------------- */

static struct sim_world *world_of(const struct sim_model *model, struct bad *image,
                                  struct sim_error *error)
{
    static struct sim_plan_port open;
    static struct sim_plan_component component;
    static struct sim_plan plan;
    component = (struct sim_plan_component){
        .name = "it", .model = model, .nodes = 1, .image = image, .ports = &open};
    plan = (struct sim_plan){.components = &component,
                             .component_count = 1,
                             .duration = SIM_SECOND,
                             .interval = SIM_SECOND};
    return sim_world_new(&plan, 1, 0, error);
}

static void a_world_of_it_does_not_start(void **state)
{
    (void)state;
    struct bad image = {.share = 0};
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        struct sim_model model = model_with(&mistakes[i]);
        struct sim_error error = {""};
        if (sim_model_check(&model, false, &error) == 0) /* a sentence is missing, no more */
            continue;
        assert_null(world_of(&model, &image, &error));
        assert_non_null(strstr(error.text, mistakes[i].says));
    }
}

static void a_station_without_meters_does_not_start(void **state)
{
    (void)state;
    static const struct mistake none = {.says = ""};
    struct sim_model model = model_with(&none);
    struct bad image = {.share = 0};
    struct sim_error error = {""};
    assert_null(world_of(&model, &image, &error));
    assert_string_equal(error.text,
                        "the model \"bad\": it has a station whose meters stand in no table: put "
                        "SIM_STATION_METERS(prefix, struct, member) among its meters");
}

/* ---- asserted -------------------------------------------------------------------------------- */

static void nothing_done(struct sim *sim, void *self, sim_arg arg, const struct sim_reply *reply)
{
    (void)sim;
    (void)self;
    (void)arg;
    (void)reply;
}

static void calls_an_open_port(struct bad *b)
{
    const struct sim_request request = {.op = SIM_READ};
    sim_call(&b->to, 0, &request, nothing_done, b, (sim_arg){0});
}

static void calls_a_node_of_an_open_port(struct bad *b)
{
    const struct sim_request request = {.op = SIM_READ};
    sim_call_node(&b->to, 0, 0, &request, nothing_done, b, (sim_arg){0});
}

static void asks_an_open_port(struct bad *b)
{
    sim_port_share(&b->to, 0);
}

static void takes_a_job_that_is_no_call(struct bad *b)
{
    sim_station_arrive(&b->first, (sim_call_id){0});
}

static void has_a_station_that_nobody_made(struct bad *b)
{
    sim_station_arrive(&b->second, (sim_call_id){0});
}

static const struct mistake sound = {
    .meters = {SIM_STATION_METERS("", struct bad, first), {.name = NULL}},
    .says = "",
};

/* What a process says that does this; it has to end by abort(). */
static void expect_abort(void (*act)(struct bad *), const char *says)
{
    struct sim_model model = model_with(&sound);
    struct bad image = {.share = 0};
    struct sim_error error = {""};
    char text[1024];
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], STDERR_FILENO);
        signal(SIGABRT, SIG_DFL);
        struct sim_world *world = world_of(&model, &image, &error);
        if (world)
            act((struct bad *)sim_world_node(world, 0, 0));
        _exit(77);
    }
    close(ends[1]);
    ssize_t n = read(ends[0], text, sizeof text - 1);
    close(ends[0]);
    text[n > 0 ? n : 0] = '\0';
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT || !strstr(text, says))
        fail_msg("status %d, said \"%s\", not \"%s\"", status, text, says);
}

static void what_no_table_shows_is_asserted(void **state)
{
    (void)state;
#ifdef WEIR_NO_ASSERTS
    skip();
#endif
    expect_abort(calls_an_open_port, "a port is called that the scenario left open");
    expect_abort(calls_a_node_of_an_open_port, "a port is asked that the scenario left open");
    expect_abort(asks_an_open_port, "a port is asked that the scenario left open");
    expect_abort(takes_a_job_that_is_no_call, "is a call that the node has in hand");
    expect_abort(has_a_station_that_nobody_made, "sim_station_init() makes a station");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_model_here_has_a_mistake),
        cmocka_unit_test(each_mistake_is_said_with_its_row),
        cmocka_unit_test(so_are_those_of_the_model_itself),
        cmocka_unit_test(a_world_of_it_does_not_start),
        cmocka_unit_test(a_station_without_meters_does_not_start),
        cmocka_unit_test(what_no_table_shows_is_asserted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
