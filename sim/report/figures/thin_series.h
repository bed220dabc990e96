/* thin_series.h - fewer points of a long series, with every peak kept. */
#ifndef SIM_REPORT_THIN_SERIES_H
#define SIM_REPORT_THIN_SERIES_H

#include <stdint.h>

/* Chooses which of `count` values a figure `buckets` points wide needs: of each bucket of
 * neighbours the first, the last, the least, the greatest and the first NAN, so that a gap stays a
 * gap. Their indices, ascending, go to `chosen` (room for 5 x buckets + 4); returns how many. All
 * of them when there are no more than four to a bucket. O(count). */
uint32_t sim_thin_series(const double *values, uint32_t count, uint32_t buckets, uint32_t *chosen);

#endif
