/* test_plugins.c - plug-ins in a scenario: how they are written, patched, set, swept and varied,
 * and what is printed of them. The model is tests/support/plugged.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants the above first */
#include <cmocka.h>

#include "scenario/cases/vary.h"
#include "scenario/scenario.h"
#include "sim/plugin.h"
#include "sim/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RATE "\"flush_rate\": \"1MB/s\""
#define BUFFERED "{\"type\": \"buffered\", \"buffer\": \"1MiB\", " RATE "}"

/* A plugged server with this engine (NULL: none is given) and what follows the components. */
static struct sim_scenario *load_with(const char *engine, const char *more,
                                      const struct sim_set *sets, size_t set_count,
                                      struct sim_diagnostics *said)
{
    char text[4096];
    struct sim_load_options options = {.sets = sets, .set_count = set_count};
    snprintf(text, sizeof text,
             "{\"schema_version\": 1, \"title\": \"t\", \"run\": {\"duration\": \"9s\"}, "
             "\"components\": {\n"
             "\"u\": {\"model\": \"client\", \"to\": \"db\", \"rate\": \"9/s\"},\n"
             "\"db\": {\"model\": \"plugged\"%s%s}}%s}",
             engine ? ",\n\"engine\": " : "", engine ? engine : "", more);
    return sim_scenario_parse("t.json", text, strlen(text), &options, said);
}

static struct sim_scenario *load(const char *engine, const char *more)
{
    struct sim_diagnostics said = {0};
    struct sim_scenario *s = load_with(engine, more, NULL, 0, &said);
    sim_diagnostics_print(&said, stderr);
    sim_diagnostics_free(&said);
    assert_non_null(s);
    return s;
}

static const struct sim_plugin *plugin_of(const struct sim_case *c, const char *name)
{
    const struct sim_plan_component *db = &c->plan.components[1];
    for (const struct sim_param *p = db->model->params; p->name; p++)
        if (strcmp(p->name, name) == 0)
            return sim_plugin_at(p, db->image);
    fail();
    return NULL;
}

static void expect_type(const struct sim_case *c, const char *type)
{
    assert_string_equal(plugin_of(c, "engine")->type->name, type);
}

/* The size of the buffer of a buffered engine, bytes. */
static int64_t buffer_of(const struct sim_case *c)
{
    const struct sim_plugin *plugin = plugin_of(c, "engine");
    expect_type(c, "buffered");
    for (const struct sim_param *p = plugin->type->params; p->name; p++)
        if (strcmp(p->name, "buffer") == 0)
            return *(const int64_t *)(const void *)((const char *)plugin->self + p->offset);
    fail();
    return 0;
}

/* ---- how it is written ----------------------------------------------------------------------- */

static void every_way_to_write_it_means_the_same(void **state)
{
    (void)state;
    static const char *const ways[] = {NULL, "\"plain\"",           "{\"type\": \"plain\"}",
                                       "{}", "{\"work\": \"1ms\"}", "{\"notes\": \"as it comes\"}"};
    char first[33] = "", hash[17] = "";
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct sim_scenario *s = load(ways[i], "");
        expect_type(&s->variants[0], "plain");
        if (i == 0)
            strcpy(hash, s->hash);
        if (i == 1) /* a key that is not there is added last, and keys keep their order */
            strcpy(first, s->variants[0].key);
        assert_string_equal(s->hash, hash);
        if (i > 1)
            assert_string_equal(s->variants[0].key, first);
        assert_null(plugin_of(&s->variants[0], "journal")->type);
        sim_scenario_free(s);
    }
    struct sim_scenario *s = load(BUFFERED, "");
    assert_int_equal(buffer_of(&s->variants[0]), 1 << 20);
    assert_string_not_equal(s->hash, hash);
    sim_scenario_free(s);
}

static void resolved_says_all_that_is_in_force(void **state)
{
    (void)state;
    struct sim_scenario *s = load("{" RATE ", \"type\": \"buffered\"}", "");
    char *text = sim_scenario_resolved(s);
    assert_non_null(strstr(text, "\"type\": \"buffered\""));
    assert_non_null(strstr(text, "\"flush_rate\": \"1MB/s\""));
    assert_non_null(strstr(text, "\"buffer\": \"64KiB\""));
    assert_non_null(strstr(text, "\"work\": \"1ms\""));
    free(text);
    sim_scenario_free(s);
}

/* ---- variants -------------------------------------------------------------------------------- */

/* A patch that names another type replaces the whole; one that names none or the same merges, as a
 * bare word too. */
static void a_variant_merges_or_replaces(void **state)
{
    (void)state;
    static const char variants[] =
        ", \"variants\": {\"base\": {}, "
        "\"key\": {\"components\": {\"db\": {\"engine\": {\"buffer\": \"2MiB\"}}}}, "
        "\"same\": {\"components\": {\"db\": {\"engine\": {\"type\": \"buffered\"}}}}, "
        "\"word\": {\"components\": {\"db\": {\"engine\": \"buffered\"}}}, "
        "\"other\": {\"components\": {\"db\": {\"engine\": {\"type\": \"plain\"}}}}, "
        "\"bare\": {\"components\": {\"db\": {\"engine\": \"plain\"}}}, "
        "\"none\": {\"components\": {\"db\": {\"engine\": null}}}, "
        "\"null\": {\"components\": {\"db\": {\"engine\": {\"buffer\": null}}}}}";
    struct sim_scenario *s = load(BUFFERED, variants);
    assert_int_equal(buffer_of(&s->variants[0]), 1 << 20);
    assert_int_equal(buffer_of(&s->variants[1]), 2 << 20);
    assert_int_equal(buffer_of(&s->variants[2]), 1 << 20);
    assert_int_equal(buffer_of(&s->variants[3]), 1 << 20);
    for (int i = 4; i < 7; i++)
        expect_type(&s->variants[i], "plain");
    assert_int_equal(buffer_of(&s->variants[7]), 64 << 10);
    sim_scenario_free(s);
}

/* A bare word, a default and nothing at all can be patched like an object. */
static void a_variant_patches_what_is_not_an_object(void **state)
{
    (void)state;
    static const char *const ways[] = {NULL, "\"plain\"", "{\"work\": \"2ms\"}"};
    static const char variants[] =
        ", \"variants\": {"
        "\"key\": {\"components\": {\"db\": {\"engine\": {\"work\": \"3ms\"}}}}, "
        "\"other\": {\"components\": {\"db\": {\"engine\": " BUFFERED "}}}, "
        "\"model\": {\"components\": {\"db\": {\"model\": \"service\", \"engine\": null, "
        "\"servers\": 1, \"service_time\": \"1ms\"}}}}";
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct sim_scenario *s = load(ways[i] ? ways[i] : "\"plain\"", variants);
        const struct sim_plugin *plugin = plugin_of(&s->variants[0], "engine");
        expect_type(&s->variants[0], "plain");
        assert_true(sim_dist_mean(plugin->self) > 2.9e6); /* its work comes first */
        assert_int_equal(buffer_of(&s->variants[1]), 1 << 20);
        sim_scenario_free(s);
    }
    struct sim_scenario *s = load(NULL, ", \"variants\": {\"a\": {\"components\": {\"db\": "
                                        "{\"engine\": {\"work\": \"3ms\"}}}}}");
    expect_type(&s->variants[0], "plain");
    sim_scenario_free(s);
}

/* ---- paths ----------------------------------------------------------------------------------- */

static void values_are_set_by_path(void **state)
{
    (void)state;
    static const struct {
        const char *engine;
        struct sim_set sets[2];
        size_t count;
        int64_t buffer; /* 0: plain */
    } cases[] = {
        {BUFFERED, {{"components.db.engine.buffer", "3MiB"}}, 1, 3 << 20},
        {BUFFERED, {{"components.db.engine", "plain"}}, 1, 0},
        {BUFFERED, {{"components.db.engine.type", "buffered"}}, 1, 1 << 20},
        {"\"plain\"", {{"components.db.engine.work", "2ms"}}, 1, 0},
        {NULL, {{"components.db.engine.work", "2ms"}}, 1, 0},
        {"\"plain\"", {{"components.db.engine", BUFFERED}}, 1, 1 << 20},
        {"\"plain\"",
         {{"components.db.engine", "buffered"}, {"components.db.engine.flush_rate", "1MB/s"}},
         2,
         64 << 10},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sim_diagnostics said = {0};
        struct sim_scenario *s = load_with(cases[i].engine, "", cases[i].sets, cases[i].count,
                                           &said);
        sim_diagnostics_print(&said, stderr);
        assert_non_null(s);
        if (cases[i].buffer)
            assert_int_equal(buffer_of(&s->variants[0]), cases[i].buffer);
        else
            expect_type(&s->variants[0], "plain");
        sim_diagnostics_free(&said);
        sim_scenario_free(s);
    }
}

static void what_is_set_is_checked(void **state)
{
    (void)state;
    static const struct sim_set set = {"components.db.engine.bufer", "3MiB"};
    struct sim_diagnostics said = {0};
    assert_null(load_with(BUFFERED, "", &set, 1, &said));
    assert_int_equal(said.errors, 1);
    assert_string_equal(said.items[0].pointer, "components.db.engine.bufer");
    assert_non_null(strstr(said.items[0].sentence, "(did you mean \"buffer\"?)"));
    sim_diagnostics_free(&said);
}

static void types_and_their_parameters_are_swept(void **state)
{
    (void)state;
    struct sim_scenario *s = load(
        "\"plain\"", ", \"sweep\": {\"cross\": {\"components.db.engine\": [\"plain\", " BUFFERED
                     "], \"components.db.engine.work\": [\"1ms\", \"2ms\"]}}");
    assert_int_equal(s->cell_count, 4);
    expect_type(&s->cells[1], "plain");
    assert_string_equal(s->cells[1].name, "db.engine=plain, db.engine.work=2ms");
    assert_int_equal(buffer_of(&s->cells[2]), 1 << 20);
    assert_int_equal(buffer_of(&s->cells[3]), 1 << 20);
    sim_scenario_free(s);
}

/* A variant of another type has nothing where the value would go. */
static void variants_of_another_type_are_not_swept(void **state)
{
    (void)state;
    struct sim_scenario *s = load(
        BUFFERED, ", \"variants\": {\"plain\": {\"components\": {\"db\": {\"engine\": "
                  "\"plain\"}}}, \"buffered\": {}}, \"sweep\": {\"cross\": "
                  "{\"components.db.engine.buffer\": [\"2MiB\", \"3MiB\"]}}");
    assert_int_equal(s->cell_count, 2);
    assert_string_equal(s->cells[0].variant, "buffered");
    assert_int_equal(buffer_of(&s->cells[1]), 3 << 20);
    sim_scenario_free(s);
    struct sim_diagnostics said = {0};
    assert_null(load_with("\"plain\"",
                          ", \"sweep\": {\"cross\": {\"components.db.engine.buffer\": [\"2MiB\"]}}",
                          NULL, 0, &said));
    assert_string_equal(said.items[0].sentence,
                        "there is nothing at \"components.db.engine.buffer\" to sweep");
    sim_diagnostics_free(&said);
}

static void parameters_are_varied(void **state)
{
    (void)state;
    struct sim_scenario *s = load(BUFFERED, "");
    struct sim_diagnostics said = {0};
    const struct sim_question question = {.vary = {"components.db.engine.buffer=1MiB..8MiB"},
                                          .options = {"--vary"},
                                          .criterion = "db.flushes.mean <= 9/s"};
    struct sim_asked asked;
    struct sim_case c;
    double value = 4 << 20;
    assert_int_equal(sim_question_read(s, &question, &asked, &said), 0);
    assert_int_equal(sim_vary_case(s, "base", asked.vary, &value, 1, NULL, &c, &said), 0);
    assert_int_equal(buffer_of(&c), 4 << 20);
    const struct sim_question wrong = {.vary = {"components.db.engine.flash_rate=1MB/s..8MB/s"},
                                       .options = {"--vary"},
                                       .criterion = "db.flushes.mean <= 9/s"};
    assert_int_equal(sim_question_read(s, &wrong, &asked, &said), -1);
    assert_non_null(strstr(said.items[0].sentence, "(did you mean \"flush_rate\"?)"));
    sim_diagnostics_free(&said);
    sim_scenario_free(s);
}

static void the_sections_of_searches_vary_them(void **state)
{
    (void)state;
    struct sim_scenario *s = load(
        BUFFERED,
        ", \"sensitivity\": {\"metric\": \"db.stalls.p99\", \"vary\": {"
        "\"components.db.engine.buffer\": {\"low\": \"1MiB\", \"mid\": \"2MiB\", "
        "\"high\": \"4MiB\"}}}, \"map\": {\"x\": {\"path\": "
        "\"components.db.engine.buffer\", \"from\": \"1MiB\", \"to\": \"4MiB\", "
        "\"steps\": 3}, \"y\": {\"path\": \"components.db.engine.flush_rate\", \"from\": "
        "\"1MB/s\", \"to\": \"4MB/s\", \"steps\": 3}, \"while\": \"db.stalls.p99 <= 1s\"}");
    sim_scenario_free(s);
}

/* ---- the timeline ---------------------------------------------------------------------------- */

static void a_set_names_the_plugin(void **state)
{
    (void)state;
    struct sim_scenario *s = load(
        BUFFERED, ", \"timeline\": [{\"at\": \"1s\", \"do\": \"set\", \"target\": \"db\", \"set\": "
                  "{\"engine\": {\"buffer\": \"5B\", \"work\": \"2ms\"}, \"queue_limit\": 3}}]");
    const struct sim_plan *plan = &s->variants[0].plan;
    assert_int_equal(plan->fault_count, 3);
    assert_string_equal(plan->faults[0].param->name, "buffer");
    assert_string_equal(plan->faults[0].plugin->name, "engine");
    assert_true(*(int64_t *)plan->faults[0].value == 5);
    assert_string_equal(plan->faults[1].param->name, "work");
    assert_null(plan->faults[2].plugin);
    sim_scenario_free(s);
}

/* ---- metrics --------------------------------------------------------------------------------- */

/* What is asked of the variant that has the meter is found; of all it is not. */
static void metrics_are_those_of_the_type(void **state)
{
    (void)state;
    static const char variants[] =
        ", \"variants\": {\"plain\": {\"components\": {\"db\": {\"engine\": \"plain\"}}}, "
        "\"buffered\": {}}, \"expect\": [{\"that\": \"db.flushes.mean\", \"at_most\": \"9/s\"%s}]";
    char more[512];
    struct sim_diagnostics said = {0};
    snprintf(more, sizeof more, variants, ", \"variant\": \"buffered\"");
    struct sim_scenario *s = load(BUFFERED, more);
    assert_non_null(sim_component_meter(&s->variants[1].plan.components[1], "flush_share"));
    assert_null(sim_component_meter(&s->variants[0].plan.components[1], "flush_share"));
    sim_scenario_free(s);
    snprintf(more, sizeof more, variants, "");
    assert_null(load_with(BUFFERED, more, NULL, 0, &said));
    assert_string_equal(said.items[0].sentence,
                        "\"db\" is a plugged, which has no meter \"flushes\": its \"engine\" has "
                        "one with type \"buffered\", and is \"plain\" here (in variant \"plain\")");
    sim_diagnostics_free(&said);
}

/* ---- without memory -------------------------------------------------------------------------- */

static bool allow_some(void *self, size_t bytes)
{
    uint32_t *left = self;
    (void)bytes;
    return (*left)-- > 0;
}

/* Whichever allocation fails, the scenario is refused for want of memory and nothing else. */
static void running_out_of_memory_is_an_error(void **state)
{
    (void)state;
    static const char text[] =
        "{\"schema_version\": 1, \"title\": \"t\", \"run\": {\"duration\": \"9s\"}, "
        "\"components\": {\"u\": {\"model\": \"client\", \"to\": \"db\", \"rate\": \"9/s\"}, "
        "\"db\": {\"model\": "
        "\"plugged\", \"engine\": " BUFFERED
        ", \"journal\": \"counted\"}}, \"timeline\": [{\"at\": "
        "\"1s\", \"do\": \"set\", \"target\": \"db\", \"set\": {\"engine\": {\"buffer\": "
        "\"5B\"}}}], \"variants\": {\"a\": {}, \"b\": {\"components\": {\"db\": {\"engine\": "
        "\"buffered\"}}}}}";
    struct sim_scenario *s = NULL;
    uint32_t allowed = 0;
    for (; !s; allowed++) {
        uint32_t left = allowed;
        struct sim_diagnostics said = {0};
        const struct sim_load_options options = {.allow = allow_some, .allow_self = &left};
        s = sim_scenario_parse("t.json", text, strlen(text), &options, &said);
        assert_true(s || said.out_of_memory);
        assert_true(said.count == 0 || said.out_of_memory);
        sim_diagnostics_free(&said);
    }
    assert_true(allowed > 10);
    assert_int_equal(buffer_of(&s->variants[1]), 1 << 20);
    sim_scenario_free(s);
}

/* ---- what is printed ------------------------------------------------------------------------- */

static void explain_says(const struct sim_scenario *s, const char *path, const char *expected)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    assert_int_equal(sim_scenario_explain(s, path, out), 0);
    fclose(out);
    char *to = text; /* columns aside */
    for (char *from = text; *from; from++)
        if (*from != ' ' || from[1] != ' ')
            *to++ = *from;
    *to = '\0';
    assert_string_equal(text, expected);
    free(text);
}

static void explain_knows_where_a_type_comes_from(void **state)
{
    (void)state;
    static const char variants[] =
        ", \"variants\": {\n\"base\": {},\n"
        "\"word\": {\"components\": {\"db\": {\"engine\": \"plain\"}}},\n"
        "\"key\": {\"components\": {\"db\": {\"engine\": {\"buffer\": \"2MiB\"}}}}}";
    struct sim_scenario *s = load(BUFFERED, variants);
    explain_says(s, "components.db.engine.buffer",
                 "components.db.engine.buffer = \"1MiB\" file, line 4\n\nvariant key\n"
                 "components.db.engine.buffer = \"2MiB\" variant, line 7\n");
    explain_says(s, "components.db.engine.type",
                 "components.db.engine.type = \"buffered\" file, line 4\n\nvariant word\n"
                 "components.db.engine.type = \"plain\" variant, line 6\n");
    sim_scenario_free(s);
    s = load("\"plain\"", "");
    explain_says(s, "components.db.engine",
                 "components.db.engine.type = \"plain\" file, line 4\n"
                 "components.db.engine.work = \"1ms\" default, chosen: a round number\n");
    sim_scenario_free(s);
    s = load("{\"work\": \"2ms\"}", "");
    explain_says(s, "components.db.engine",
                 "components.db.engine.type = \"plain\" default, chosen: the simplest\n"
                 "components.db.engine.work = \"2ms\" file, line 4\n");
    sim_scenario_free(s);
}

/* Of another type nothing is left, and nothing of it is said to come from the file. */
static void explain_forgets_the_other_type(void **state)
{
    (void)state;
    struct sim_scenario *s = load("{\"type\": \"buffered\", \"work\": \"1s\", " RATE "}",
                                  ", \"variants\": {\"other\": {\"components\": {\"db\": "
                                  "{\"engine\": {\"type\": \"plain\"}}}}}");
    explain_says(s, "components.db.engine.work",
                 "components.db.engine.work = \"1s\" file, line 4\n\nvariant other\n"
                 "components.db.engine.work = \"1ms\" default, chosen: a round number\n");
    sim_scenario_free(s);
}

static void the_page_has_each_type(void **state)
{
    (void)state;
    static const char *const wanted[] = {"engine \"plain\": ",
                                         "engine \"buffered\": ",
                                         "journal \"counted\": ",
                                         "\"engine\": { \"type\": \"buffered\", … }",
                                         "flush_rate",
                                         "* flushes",
                                         "type: \"plain\" or \"buffered\"; default plain"};
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    sim_model_page(sim_model_find("plugged"), out);
    fclose(out);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (!strstr(text, wanted[i]))
            fail_msg("no %s in %s", wanted[i], text);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_to_write_it_means_the_same),
        cmocka_unit_test(resolved_says_all_that_is_in_force),
        cmocka_unit_test(a_variant_merges_or_replaces),
        cmocka_unit_test(a_variant_patches_what_is_not_an_object),
        cmocka_unit_test(values_are_set_by_path),
        cmocka_unit_test(what_is_set_is_checked),
        cmocka_unit_test(types_and_their_parameters_are_swept),
        cmocka_unit_test(variants_of_another_type_are_not_swept),
        cmocka_unit_test(parameters_are_varied),
        cmocka_unit_test(the_sections_of_searches_vary_them),
        cmocka_unit_test(a_set_names_the_plugin),
        cmocka_unit_test(metrics_are_those_of_the_type),
        cmocka_unit_test(running_out_of_memory_is_an_error),
        cmocka_unit_test(explain_knows_where_a_type_comes_from),
        cmocka_unit_test(explain_forgets_the_other_type),
        cmocka_unit_test(the_page_has_each_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
