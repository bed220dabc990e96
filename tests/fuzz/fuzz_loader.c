/* fuzz_loader.c - any bytes as a scenario: refused with a reason, or loaded, printed whole and
 * explained. It is read as if it stood among the scenarios, so that it finds their price books. */
#include "scenario/scenario.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sim_diagnostics diagnostics = {0};
    struct sim_load_options options = {0};
    char *said = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&said, &bytes);
    struct sim_scenario *s = sim_scenario_parse("scenarios/fuzz.json", (const char *)data, size,
                                                &options, &diagnostics);
    if ((s == NULL) != (diagnostics.errors > 0) || !out)
        abort();
    sim_diagnostics_print(&diagnostics, out);
    if (s != NULL) {
        char *resolved = sim_scenario_resolved(s);
        if (resolved == NULL || sim_scenario_explain(s, "", out) != 0)
            abort();
        free(resolved);
    }
    fclose(out);
    free(said);
    sim_scenario_free(s);
    sim_diagnostics_free(&diagnostics);
    return 0;
}
