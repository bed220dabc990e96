/* test_ledger.c - prices, bills and the register of copies in small cases that are exact; and the
 * audit's checks of both, each seen to fail when a mistake is planted. */
#include "model/harness.h"

#include "run/record_state.h"

#include "sim/copies.h"
#include "sim/entries.h"
#include "sim/ledger.h"

#define HEAD(keyspace) SIZED("1000", keyspace)
#define SIZED(bytes, keyspace)                                                                     \
    "{'schema_version': 1, 'title': 't', 'run': {'duration': '10s', 'replications': 1}, "          \
    "'regions': {'eu': {}, 'us': {}}, 'keyspaces': {'items': {'keys': 100, "                       \
    "'value_bytes': " bytes keyspace "}}, "
#define DATED "'date': '2026-01-01', 'source': 'the test'"
#define COMPONENTS(more)                                                                           \
    "'components': {'users': {'model': 'client', 'region': 'us', 'to': 'cache', 'rate': '100/s', " \
    "" IN_STEP ", 'keyspace': 'items', 'request_bytes': 500" more                                  \
    "}, 'cache': {'model': 'cache', 'region': 'eu', 'origin': 'db', 'capacity': 50, "              \
    "'lookup_time': '0s'}, 'db': {'model': 'store', 'region': 'eu', 'read_time': '0s', "           \
    "'write_time': '0s'}}"

static const struct sim_bill_item *item(const struct sim_scenario *s, const char *place,
                                        const char *usage)
{
    const struct sim_bill *bill = s->variants[0].plan.bill;
    assert_non_null(bill);
    for (uint32_t i = 0; i < bill->item_count; i++)
        if (strcmp(bill->items[i].place, place) == 0 &&
            strcmp(bill->items[i].usage->name, usage) == 0)
            return &bill->items[i];
    fail_msg("there is no %s of %s", usage, place);
    return NULL;
}

/* VALIDATION.md, "Cost": 50 TB in a month are $4291.50 (AWS, 2026-05-06). They are that when 1 TB
 * is 1000 GB and the free 100 GB come off first: 10,000 x .09 + 39,900 x .085. */
static void egress_tiers(void **state)
{
    (void)state;
    struct sim_scenario *s = harness_scenario(HEAD("") COMPONENTS(
        "") ", 'prices': {" DATED ", 'transfer': {'eu>us': {'free': '100GB', "
            "'tiers': [{'up_to': '10TB', 'price': '$0.09/GB'}, {'up_to': '50TB', 'price': "
            "'$0.085/GB'}, {'up_to': '150TB', 'price': '$0.07/GB'}, {'price': '$0.05/GB'}]}}}}");
    const struct sim_price *price = item(s, "eu>us", "transfer")->price;
    assert_non_null(price);
    assert_null(item(s, "us>eu", "transfer")->price);
    const struct {
        double gigabytes, dollars;
    } months[] = {
        {0, 0},          {100, 0},      {101, 0.09},     {10100, 900},
        {50000, 4291.5}, {50100, 4300}, {150100, 11300}, /* 900 + 40,000 x .085 + 100,000 x .07 */
        {250100, 16300},                                 /* and 100,000 x .05 */
    };
    for (size_t i = 0; i < sizeof months / sizeof months[0]; i++) {
        double cost = sim_price_month(price, months[i].gigabytes * 1e9);
        if (fabs(cost - months[i].dollars) > 1e-9 * (1 + months[i].dollars))
            fail_msg("%g GB: %.12g, not %g", months[i].gigabytes, cost, months[i].dollars);
    }
    sim_scenario_free(s);
}

#define PRICES                                                                                     \
    ", 'prices': {" DATED ", 'models': {'*': {'instance': '$0.10/instance-h'}, 'store': {"         \
    "'reads': '$1/1M reads', 'storage': '$0.73/GB-month'}, 'cache': {'storage': {'price': "        \
    "'$7.3/GB-month', 'billed': 'peak'}}}, 'transfer': {'between': '$0.09/GB', 'within': "         \
    "'$0/GB'}}}"

static void close_to(const struct sim_record *record, const char *metric, double value)
{
    double seen = harness_metric(record, metric);
    if (!(fabs(seen - value) <= 1e-9 * fabs(value)))
        fail_msg("%s is %.12g, not %.12g", metric, seen, value);
}

/* 1000 reads in 10 s, of which those that miss reach the store; 100 keys of 1000 B there; the cache
 * is full with 50 from some time on, and never less again. */
static void a_bill_of_prices_times_quantities(void **state)
{
    (void)state;
    struct sim_scenario *s = harness_scenario(HEAD("") COMPONENTS("") PRICES);
    struct sim_record *r = harness_run(&s->variants[0], 1, 0);
    double hours = 10 / 3600.0;
    close_to(r, "db.cost_instance.per_hour", 0.1);
    close_to(r, "db.used_storage.per_hour", 100e3);
    close_to(r, "db.cost_storage.per_hour", 100e3 / 1e9 * 0.73 / 730);
    close_to(r, "db.cost_storage.per_month", 100e3 / 1e9 * 0.73);
    close_to(r, "db.cost_reads.per_hour", harness_metric(r, "db.reads.count") * 1e-6 / hours);
    close_to(r, "us>eu.used_transfer.per_hour",
             harness_metric(r, "users.attempts.count") * 500 / hours);
    double answers = harness_metric(r, "users.goodput.count");
    close_to(r, "eu>us.cost_transfer.per_hour", answers * 1000 / hours * 0.09 / 1e9);
    close_to(r, "cost.total.per_million",
             harness_metric(r, "cost.total.per_hour") * hours / answers * 1e6);
    /* by peak: each window at the most there was so far, so no less than the average */
    assert_true(harness_metric(r, "cache.used_storage.per_hour") >
                harness_metric(r, "cache.bytes.mean"));
    assert_true(harness_metric(r, "cache.used_storage.per_hour") <= 50e3);
    sim_record_free(r);
    sim_scenario_free(s);
}

/* What is down is paid for: a node by the hour, and the servers that it would have. */
static void what_is_down_is_paid_for(void **state)
{
    (void)state;
    struct sim_scenario *s = harness_scenario(
        HEAD("") "'components': {'users': {'model': 'client', 'to': 'app', 'rate': '10/s'},"
                 " 'app': {'model': 'service', 'nodes': 2, 'spread': 'random', 'servers': 4,"
                 " 'service_time': '1ms'}},"
                 " 'timeline': [{'at': '2s', 'for': '5s', 'do': 'crash', 'target': 'app/1'}],"
                 " 'prices': {" DATED ", 'models': {'service': {'instance': '$1/instance-h',"
                 " 'servers': '$0.10/server-h'}}}}");
    struct sim_record *r = harness_run(&s->variants[0], 1, 0);
    close_to(r, "app.capacity.mean", 4 + 4 * 0.5);
    close_to(r, "app.cost_instance.per_hour", 2);
    close_to(r, "app.cost_servers.per_hour", 0.8);
    sim_record_free(r);
    sim_scenario_free(s);
}

/* A tier that begins at a level: what is under one entry counts together. */
static void tiers_count_what_one_entry_prices(void **state)
{
    (void)state;
    struct sim_scenario *s = harness_scenario(
        HEAD("") COMPONENTS("") ", 'prices': {" DATED ", 'models': {'*': {'instance': {'tiers': "
                                "[{'up_to': 1, 'price': '$1/instance-h'}, {'price': "
                                "'$3/instance-h'}]}}}}}");
    struct sim_record *r = harness_run(&s->variants[0], 1, 0);
    close_to(r, "cost.total.per_hour", 4); /* two instances: $1 and $3 */
    close_to(r, "db.cost.per_hour", 2);
    sim_record_free(r);
    sim_scenario_free(s);
}

/* ---- mistakes, planted ----------------------------------------------------------------------- */

enum plant {
    NONE,
    BOOKED_TWICE,
    SHARES_OF_HALF,
    FALSE_COPY,
    LOST_COPY,
    WRONG_BYTES,
    WRONGLY_ABROAD,
    WRONG_KEPT
};

/* As struct cache of models/cache/ begins. */
struct like_a_cache {
    struct sim_node node;
    struct sim_port origin;
    struct sim_entries kept;
};

static void change_kept(struct sim_node *cache)
{
    struct sim_entries *kept = &((struct like_a_cache *)cache)->kept;
    assert_ptr_equal(kept->node, cache);
    kept->store->bytes += 1;
}

static const struct sim_audit_line *run_planted(const char *text, enum plant plant,
                                                struct sim_record **record)
{
    static const double users[SIM_CAUSES] = {1}, half[SIM_CAUSES] = {0.5};
    struct sim_scenario *s = harness_scenario(text);
    uint32_t reads = s->variants[0].plan.bill
                         ? (uint32_t)(item(s, "db", "reads") - s->variants[0].plan.bill->items)
                         : 0;
    struct sim_error error;
    struct sim_world *w = sim_world_new(&s->variants[0].plan, 1, 0, &error);
    assert_non_null(w);
    struct sim__recorder *recorder = sim__recorder_new(w);
    assert_non_null(recorder);
    struct sim_node *cache = sim_world_node(w, 1, 0);
    for (sim_time now = SIM_SECOND; now <= 10 * SIM_SECOND; now += SIM_SECOND) {
        assert_int_equal(sim_run_until(w->sim, now), SIM_REACHED);
        if (now == 5 * SIM_SECOND && plant == BOOKED_TWICE)
            sim__ledger_book(recorder->ledger, reads, 1, users, true);
        if (now == 5 * SIM_SECOND && plant == SHARES_OF_HALF)
            sim__ledger_book(recorder->ledger, reads, 1, half, true);
        if (now == 5 * SIM_SECOND && plant == FALSE_COPY)
            sim_copy_added(cache, &w->keyspaces[0], 7);
        if (now == 5 * SIM_SECOND && plant == LOST_COPY)
            sim_copy_removed(cache, &w->keyspaces[0], 0);
        if (now == 5 * SIM_SECOND && plant == WRONG_BYTES)
            cache->copies->spaces[0].bytes -= 1;
        if (now == 5 * SIM_SECOND && plant == WRONGLY_ABROAD)
            sim_world_node(w, 2, 0)->copies->spaces[0].abroad += 1;
        if (now == 5 * SIM_SECOND && plant == WRONG_KEPT)
            change_kept(cache);
        assert_int_equal(sim__recorder_roll(recorder, now), 0);
    }
    *record = sim__recorder_finish(recorder);
    assert_non_null(*record);
    sim__recorder_free(recorder);
    sim_world_free(w);
    sim_scenario_free(s);
    for (uint32_t i = 0; i < (*record)->audit_count; i++)
        if (!(*record)->audit[i].held)
            return &(*record)->audit[i];
    return NULL;
}

static void the_audit_finds(const char *text, enum plant plant, const char *name)
{
    struct sim_record *record;
    const struct sim_audit_line *line = run_planted(text, plant, &record);
    if (name == NULL && line != NULL)
        fail_msg("%s of %s: %s", line->name, line->component, line->text);
    if (name != NULL && (line == NULL || strcmp(line->name, name) != 0))
        fail_msg("no %s failed", name);
    sim_record_free(record);
}

static void the_audit_finds_wrong_bookings(void **state)
{
    (void)state;
    const char *text = HEAD("") COMPONENTS("") PRICES;
    the_audit_finds(text, NONE, NULL);
    the_audit_finds(text, BOOKED_TWICE, "ledger");
    the_audit_finds(text, SHARES_OF_HALF, "ledger");
}

static void the_audit_finds_wrong_copies(void **state)
{
    (void)state;
    const char *text = SIZED("{'type': 'exponential', 'mean': '1kB'}",
                             ", 'subjects': 10, 'home': {'us': 0.5, 'eu': 0.5}")
        COMPONENTS(", 'mix': {'read': 0.7, 'write': 0.2, "
                   "'delete': 0.1}") "}";
    the_audit_finds(text, NONE, NULL);
    the_audit_finds(text, FALSE_COPY, "copies");
    the_audit_finds(text, LOST_COPY, "copies");
    the_audit_finds(text, WRONG_BYTES, "copies");
    the_audit_finds(text, WRONGLY_ABROAD, "copies");
    the_audit_finds(text, WRONG_KEPT, "invariants");
}

/* ---- copies ---------------------------------------------------------------------------------- */

struct holders {
    char names[64];
    uint32_t copies;
};

static void add_holder(void *self, struct sim_node *node, const struct sim_keyspace *space,
                       uint32_t copies)
{
    struct holders *h = self;
    (void)space;
    strcat(strcat(h->names, node->name), " ");
    h->copies += copies;
}

/* 100 keys of 10 subjects: the database holds 10 of each from the start; a cache holds what was put
 * there, and nothing after a flush. */
static void holders_of_a_subject(void **state)
{
    (void)state;
    struct sim_scenario *s = harness_scenario(HEAD(", 'subjects': 10, 'home': {'us': 1}")
                                                  COMPONENTS("") "}");
    struct sim_error error;
    struct sim_world *w = sim_world_new(&s->variants[0].plan, 1, 0, &error);
    struct sim_keyspace *items = &w->keyspaces[0];
    struct sim_node *cache = sim_world_node(w, 1, 0), *db = sim_world_node(w, 2, 0);
    struct holders h = {.copies = 0};
    sim_copies_of_subject(w, items, 3, add_holder, &h);
    assert_string_equal(h.names, "db ");
    assert_int_equal(h.copies, 10);
    assert_int_equal(db->copies->copies.value, 100);
    assert_int_equal(db->copies->subjects.value, 10);
    assert_int_equal(db->copies->bytes.value, 100 * 1000);
    assert_int_equal(db->copies->abroad.value, 100 * 1000); /* held in eu, at home in us */
    assert_int_equal(sim_run_until(w->sim, 10 * SIM_SECOND), SIM_REACHED);
    assert_int_equal(cache->copies->copies.value, 50); /* full */
    assert_int_equal(cache->copies->bytes.value, 50 * 1000);
    cache->model->fault(cache, SIM_FAULT_FLUSH);
    assert_int_equal(cache->copies->copies.value, 0);
    assert_int_equal(cache->copies->subjects.value, 0);
    memset(&h, 0, sizeof h);
    sim_copies_of_subject(w, items, 3, add_holder, &h);
    assert_string_equal(h.names, "db ");
    sim_world_free(w);
    sim_scenario_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(egress_tiers),
        cmocka_unit_test(a_bill_of_prices_times_quantities),
        cmocka_unit_test(what_is_down_is_paid_for),
        cmocka_unit_test(tiers_count_what_one_entry_prices),
        cmocka_unit_test(the_audit_finds_wrong_bookings),
        cmocka_unit_test(the_audit_finds_wrong_copies),
        cmocka_unit_test(holders_of_a_subject),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
