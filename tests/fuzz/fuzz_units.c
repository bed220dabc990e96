/* fuzz_units.c - any text as a quantity of each dimension: a finite number that is not negative, or
 * a reason. */
#include "scenario/scenario.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const dimensions[] = {"time", "rate", "bytes", "1"};
    char text[256];
    size_t n = size < sizeof text - 1 ? size : sizeof text - 1;
    if (n > 0)
        memcpy(text, data, n);
    text[n] = '\0';
    for (size_t i = 0; i < sizeof dimensions / sizeof *dimensions; i++) {
        struct sim_error error = {""};
        double value = 0;
        int status = sim_quantity(text, dimensions[i], &value, &error);
        if (status == 0 ? !isfinite(value) : error.text[0] == '\0')
            abort();
    }
    return 0;
}
