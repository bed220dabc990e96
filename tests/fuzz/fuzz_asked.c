/* fuzz_asked.c - any text as what a command line asks of a scenario: lines of PATH=VALUE for --set,
 * PATH=LO..HI for --vary, 'METRIC op VALUE' for --while. Refused with a reason, or the case of both
 * ends can be made. */
#include "scenario/cases/vary.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { LINES = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char scenario[] =
    "{\"schema_version\":1,\"title\":\"t\",\"run\":{\"duration\":\"10s\"},\"components\":{"
    "\"users\":{\"model\":\"client\",\"to\":\"app\",\"rate\":\"100/s\",\"timeout\":\"1s\"},"
    "\"app\":{\"model\":\"service\",\"servers\":2,\"queue_limit\":50,\"service_time\":\"1ms\"}},"
    "\"timeline\":[{\"at\":\"3s\",\"for\":\"1s\",\"do\":\"slow\",\"target\":\"app\","
    "\"factor\":2}]}";

/* What the question can be made of, made. */
static void ask(struct sim_scenario *s, const char *vary, const char *criterion)
{
    struct sim_diagnostics said = {0};
    struct sim_asked asked = {0};
    struct sim_question question = {.vary = {vary}, .options = {"--vary"}, .criterion = criterion};
    int status = sim_question_read(s, &question, &asked, &said);
    if ((status != 0) != (said.errors > 0))
        abort();
    for (int end = 0; status == 0 && end < 2; end++) {
        struct sim_case c = {0};
        double value = end ? asked.vary[0].high : asked.vary[0].low;
        value = sim_vary_round(&asked.vary[0], value);
        const struct sim_wanted wanted = {asked.criterion.that, asked.criterion.from,
                                          asked.criterion.to};
        status = sim_vary_case(s, asked.variant, asked.vary, &value, 1, &wanted, &c, &said);
    }
    sim_diagnostics_free(&said);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[1024], *line[LINES] = {text, NULL, NULL};
    size_t n = size < sizeof text - 1 ? size : sizeof text - 1;
    if (n > 0)
        memcpy(text, data, n);
    text[n] = '\0';
    for (int i = 1; i < LINES; i++) {
        line[i] = strchr(line[i - 1], '\n');
        if (!line[i])
            return 0;
        *line[i]++ = '\0';
    }
    char *value = strchr(line[0], '=');
    if (value)
        *value++ = '\0';
    struct sim_set set = {line[0], value};
    struct sim_load_options options = {.sets = &set, .set_count = value ? 1 : 0};
    struct sim_diagnostics said = {0};
    struct sim_scenario *s = sim_scenario_parse("s.json", scenario, strlen(scenario), &options,
                                                &said);
    if ((s == NULL) != (said.errors > 0))
        abort();
    if (s)
        ask(s, line[1], line[2]);
    sim_scenario_free(s);
    sim_diagnostics_free(&said);
    return 0;
}
