/* fuzz_loader.c - any bytes as a scenario: refused with a reason, or loaded and printed whole. */
#include "scenario/scenario.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sim_diagnostics diagnostics = {0};
    struct sim_load_options options = {0};
    struct sim_scenario *s = sim_scenario_parse("fuzz.json", (const char *)data, size, &options,
                                                &diagnostics);
    if ((s == NULL) != (diagnostics.errors > 0))
        abort();
    if (s != NULL)
        free(sim_scenario_resolved(s));
    sim_scenario_free(s);
    sim_diagnostics_free(&diagnostics);
    return 0;
}
