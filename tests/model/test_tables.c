/* test_tables.c - what must hold of every model's tables: no name means two things, every row is
 * documented, every default says where it comes from, and ratios are of meters there are. */
#include "scenario/scenario.h"

#include "sim/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NAMES_MOST 256

struct names {
    const char *of;
    const char *seen[NAMES_MOST];
    int count, wrong;
};

static void add(struct names *names, const char *name)
{
    for (int i = 0; i < names->count; i++) {
        if (strcmp(names->seen[i], name) != 0)
            continue;
        print_error("%s: \"%s\" has two meanings\n", names->of, name);
        names->wrong++;
    }
    assert_true(names->count < NAMES_MOST);
    names->seen[names->count++] = name;
}

static bool is_sentence(const char *text)
{
    size_t n = text ? strlen(text) : 0;
    return n > 2 && text[n - 1] == '.' && !(text[0] >= 'a' && text[0] <= 'z');
}

static void add_meters(struct names *names, const struct sim_meter *m)
{
    for (; m && m->name; m++) {
        add(names, m->name);
        names->wrong += !m->unit || !is_sentence(m->doc);
        names->wrong += (m->kind == SIM_RATIO) != (m->of != NULL && m->by != NULL);
        names->wrong += m->kind == SIM_RATIO && strncmp(m->doc, "Share", 5) == 0 &&
                        !(m->flags & SIM_SHARE);
        names->wrong += m->flags & SIM_SHARE && (m->kind != SIM_RATIO || strcmp(m->unit, "1") != 0);
        if (!m->unit || !is_sentence(m->doc))
            print_error("%s.%s: no unit or no sentence\n", names->of, m->name);
    }
}

static void add_params(struct names *names, const struct sim_param *p)
{
    for (; p && p->name; p++) {
        add(names, p->name);
        bool sourced = !p->by_default || p->source;
        if (!is_sentence(p->doc) || !sourced)
            print_error("%s.%s: no sentence, or a default without a source\n", names->of, p->name);
        names->wrong += !is_sentence(p->doc) || !sourced;
        struct names inner = {.of = p->name};
        if (p->fields)
            add_params(&inner, p->fields);
        names->wrong += inner.wrong;
    }
}

static void test_every_model(void **state)
{
    (void)state;
    for (const struct sim_model *const *m = sim_models(); *m; m++) {
        struct names keys = {.of = (*m)->name}, meters = {.of = (*m)->name};
        const struct sim_port_def *port = (*m)->ports;
        add_params(&keys, (*m)->params);
        for (; port && port->name; port++)
            add(&keys, port->name);
        for (int t = 0; t < SIM_METERS_TABLES; t++)
            add_meters(&meters, sim_meters_of(*m, (enum sim_meter_table)t));
        if ((*m)->ports)
            add_params(&keys, sim_policy_params);
        for (const struct sim_meter *r = (*m)->meters; r && r->name; r++) {
            int found = r->kind == SIM_RATIO ? 0 : 2;
            for (int i = 0; r->kind == SIM_RATIO && i < meters.count; i++)
                found += !strcmp(meters.seen[i], r->of) + !strcmp(meters.seen[i], r->by);
            assert_int_equal(found, 2);
        }
        assert_true(is_sentence((*m)->summary) && (*m)->source);
        assert_int_equal(keys.wrong + meters.wrong, 0);
    }
}

static void test_a_double_name_is_found(void **state)
{
    (void)state;
    const struct sim_meter *caller = sim_meters_of(sim_model_find("client"), SIM_METERS_CALLER);
    struct names names = {.of = "two tables"};
    add_meters(&names, caller);
    assert_int_equal(names.wrong, 0);
    add_meters(&names, caller);
    assert_true(names.wrong > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_model),
        cmocka_unit_test(test_a_double_name_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
