/* fuzz_files.c - any bytes as a file that a scenario names: a price book when they begin as one, a
 * trace as CSV when they begin with text, else one of records. Refused with a reason, or loaded and
 * printed whole. */
#include "fuzz/scratch.h"

#include "scenario/scenario.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SCENARIO(load, more)                                                                       \
    "{\"schema_version\":1,\"title\":\"t\",\"run\":{\"duration\":\"10s\"},"                        \
    "\"keyspaces\":{\"k\":{\"keys\":50,\"value_bytes\":100}},\"regions\":{\"eu\":{},\"us\":{}},"   \
    "\"components\":{\"u\":{\"model\":\"client\",\"to\":\"s\",\"region\":\"us\"," load "},"        \
    "\"s\":{\"model\":\"store\",\"region\":\"eu\"}}" more "}"

static const struct {
    const char *name, *scenario;
} files[] = {
    {"t.csv", SCENARIO("\"trace\":{\"file\":\"t.csv\"},\"keyspace\":\"k\"", "")},
    {"t.bin", SCENARIO("\"trace\":{\"file\":\"t.bin\"},\"keyspace\":\"k\"", "")},
    {"book.json", SCENARIO("\"rate\":\"9/s\"", ",\"prices\":\"book\"")},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sim_diagnostics diagnostics = {0};
    struct sim_load_options options = {0};
    char path[SCRATCH_PATH + 16];
    size_t which = size > 0 && *data == '{' ? 2 : size > 0 && *data >= ' ' ? 0 : 1;
    scratch_write(files[which].name, data, size);
    snprintf(path, sizeof path, "%s/s.json", scratch);
    const char *text = files[which].scenario;
    struct sim_scenario *s = sim_scenario_parse(path, text, strlen(text), &options, &diagnostics);
    if ((s == NULL) != (diagnostics.errors > 0))
        abort();
    if (s != NULL)
        free(sim_scenario_resolved(s));
    sim_scenario_free(s);
    sim_diagnostics_free(&diagnostics);
    return 0;
}
