/* test_unions.c - values that are one of several types: distributions and popularities in variants,
 * and their pages. */
#include "scenario/scenario.h"

#include "sim/policy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* No parameter may be named as the tag of unions is: a patch of it would remove what is beside. */
static void expect_no_tag(const struct sim_param *table)
{
    for (const struct sim_param *p = table; p && p->name; p++) {
        if (strcmp(p->name, "type") == 0)
            fail_msg("a parameter is named \"type\"");
        if (p->kind == SIM_GROUP || p->kind == SIM_LIST)
            expect_no_tag(p->fields);
    }
}

static double mean_of(const struct sim_scenario *s, const char *variant)
{
    uint32_t at = 0;
    while (at + 1 < s->variant_count && strcmp(s->variants[at].name, variant) != 0)
        at++;
    const struct sim_plan_component *d = &s->variants[at].plan.components[1];
    for (const struct sim_param *p = d->model->params; p->name; p++)
        if (strcmp(p->name, "service_time") == 0)
            return sim_dist_mean((const struct sim_dist *)(const void *)(d->image + p->offset));
    return -1;
}

/* A distribution or popularity of another type takes the place of the old one; of the same type it
 * is patched. */
static void another_type_replaces_a_union(void **state)
{
    (void)state;
    static const char text[] =
        "{\"schema_version\": 1, \"title\": \"t\", \"run\": {\"duration\": \"3s\"},\n"
        "\"keyspaces\": {\"k\": {\"keys\": 10, \"popularity\": {\"type\": \"zipf\", "
        "\"exponent\": 0.9}}},\n"
        "\"components\": {\"u\": {\"model\": \"client\", \"to\": \"d\", \"rate\": \"9/s\", "
        "\"keyspace\": \"k\"}, \"d\": {\"model\": \"service\", \"servers\": 1, "
        "\"service_time\": {\"type\": \"lognormal\", \"mean\": \"1ms\", \"scv\": 4}}},\n"
        "\"variants\": {\"base\": {}, "
        "\"other\": {\"components\": {\"d\": {\"service_time\": {\"type\": \"exponential\", "
        "\"mean\": \"2ms\"}}}}, "
        "\"same\": {\"components\": {\"d\": {\"service_time\": {\"mean\": \"3ms\"}}}}, "
        "\"nulls\": {\"components\": {\"d\": {\"service_time\": {\"type\": \"gamma\", \"mean\": "
        "\"4ms\", \"shape\": 2, \"scv\": null}}}}, "
        "\"hot\": {\"keyspaces\": {\"k\": {\"popularity\": {\"type\": \"hot-set\", \"hot\": 2, "
        "\"share\": \"90%\"}}}}}}";
    struct sim_diagnostics said = {0};
    struct sim_scenario *s = sim_scenario_parse("small.json", text, strlen(text), NULL, &said);
    sim_diagnostics_print(&said, stderr);
    assert_non_null(s);
    assert_true(fabs(mean_of(s, "base") - 1e6) < 1);
    assert_true(fabs(mean_of(s, "other") - 2e6) < 1);
    assert_true(fabs(mean_of(s, "same") - 3e6) < 1);
    assert_true(fabs(mean_of(s, "nulls") - 4e6) < 1);
    sim_scenario_free(s);
    sim_diagnostics_free(&said);
    for (const struct sim_model *const *m = sim_models(); *m; m++)
        expect_no_tag((*m)->params);
    expect_no_tag(sim_policy_params);
    expect_no_tag(sim_link_param_table);
}

/* The pages name every type that the schema knows. */
static void pages_have_every_type(void **state)
{
    (void)state;
    static const char *const wanted[] = {"constant",  "uniform", "exponential", "normal",
                                         "lognormal", "pareto",  "weibull",     "gamma",
                                         "erlang",    "mixture", "empirical",   "percentiles",
                                         "geometric", "scv",     "stages"};
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    assert_true(sim_value_page("distribution", out) && sim_value_page("popularity", out));
    assert_false(sim_value_page("client", out));
    fclose(out);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        assert_non_null(strstr(text, wanted[i]));
    assert_true(strstr(text, "hot-set") && strstr(text, "exponent"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_type_replaces_a_union),
        cmocka_unit_test(pages_have_every_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
