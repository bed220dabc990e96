/* test_own_work.c - work of a node's own and requests at the same station, and several stations of
 * a node one after the other, against closed forms (holds.h). The node is a test's model (box.h).
 */
#include "model/box.h"
#include "theory/holds.h"

/* Users at `rate` call a box. */
static void box_holds(const char *rate, struct box *image, const struct value *values, size_t count)
{
    char text[1000];
    snprintf(text, sizeof text,
             RUN("1000000s", "10000s") "'users': {'model': 'client', 'to': 'app', 'rate': '%s'},"
                                       " 'app': {'model': 'service', 'servers': 1,"
                                       " 'service_time': '1s'}}}",
             rate);
    struct sim_scenario *s = harness_scenario(text);
    box_put(s, 1, image);
    holds_of(s, values, count);
}

#define BOX_HOLDS(rate, image, ...)                                                                \
    do {                                                                                           \
        const struct value values[] = {__VA_ARGS__};                                               \
        box_holds(rate, image, values, sizeof values / sizeof *values);                            \
    } while (0)

/* Cobham 1954; Kleinrock 1976, sec. 3.6. Work in hand of .8 s is met by both classes; requests are
 * the first class, own work is the second. */
static void own_work_of_a_lower_class(void **state)
{
    (void)state;
    struct box box = {.cpu_mean = 1, .own_rate = 0.5, .own_mean = 1, .own_class = 1};
    box.cause = SIM_BACKUP;
    box.rules.discipline = SIM_PRIORITY;
    BOX_HOLDS("0.3/s", &box, {"users.latency.mean", 1 + 0.8 / 0.7, 0},
              {"app.own_wait.mean", 0.8 / (0.7 * 0.2), 0},
              {"app.own_latency.mean", 1 + 0.8 / (0.7 * 0.2), 0}, {"app.utilisation.mean", 0.8, 0});
    box.rules.discipline = SIM_PREEMPTIVE;
    BOX_HOLDS("0.3/s", &box, {"users.latency.mean", 1 / 0.7, 0},
              {"app.own_latency.mean", 1 / (0.7 * 0.2), 0}, {"app.own_in_hand.mean", 0.5 / 0.14, 0},
              {"app.own_done.mean", 0.5, 0});
}

/* Jackson 1957: each station is as if it were alone, M/M/1. The departures of the CPU are Poisson
 * (Burke 1956), and so is own work at the disk, whose pieces are as long as those of requests. */
static void a_tandem_with_own_work_at_the_disk(void **state)
{
    (void)state;
    struct box box = {.cpu_mean = 1, .disk_mean = 0.8};
    BOX_HOLDS("0.7/s", &box, {"users.latency.mean", 1 / 0.3 + 1 / (1.25 - 0.7), 0},
              {"app.utilisation.mean", 0.7, 0}, {"app.disk_utilisation.mean", 0.56, 0});
    box.own_rate = 0.3;
    box.own_mean = 0.8;
    box.own_at_disk = true;
    box.cause = SIM_BACKUP;
    BOX_HOLDS("0.7/s", &box, {"users.latency.mean", 1 / 0.3 + 1 / (1.25 - 1.0), 0},
              {"app.disk_own_latency.mean", 4, 0}, {"app.disk_utilisation.mean", 0.8, 0},
              {"app.disk_queue.mean", 0.8 * 0.8 / 0.2, 0});
}

/* M/M/1 with both kinds of work (Kleinrock 1976, sec. 4.4: sharing has the same mean). */
static void own_work_shares_the_processor(void **state)
{
    (void)state;
    struct box box = {.cpu_mean = 1, .own_rate = 0.3, .own_mean = 1};
    box.rules.discipline = SIM_SHARING;
    BOX_HOLDS("0.4/s", &box, {"users.latency.mean", 1 / 0.3, 0},
              {"app.own_latency.mean", 1 / 0.3, 0}, {"app.utilisation.mean", 0.7, 0});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_work_of_a_lower_class),
        cmocka_unit_test(a_tandem_with_own_work_at_the_disk),
        cmocka_unit_test(own_work_shares_the_processor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
