/* fuzz_page.c - any bytes as the results that `weir report` reads, summary.json and resolved.json
 * with a NUL between them: refused with a reason, or a page that is whole. */
#include "fuzz/scratch.h"

#include "report/page/page.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static FILE *remarks;
    struct sim_error error = {""};
    const uint8_t *middle = size ? memchr(data, '\0', size) : NULL;
    size_t summary = middle ? (size_t)(middle - data) : size;
    size_t resolved = middle ? size - summary - 1 : 0;
    scratch_write("summary.json", data, summary);
    scratch_write("resolved.json", middle ? middle + 1 : (const uint8_t *)"{}",
                  middle ? resolved : 2);
    remarks = remarks ? remarks : fopen("/dev/null", "w");
    if (sim_page_make(scratch, NULL, remarks, &error) != SIM_PAGE_FINE && !error.text[0])
        abort();
    return 0;
}
