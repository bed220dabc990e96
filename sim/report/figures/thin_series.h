/* thin_series.h - reduces a long series to fewer points and keeps every peak. */
#ifndef SIM_REPORT_THIN_SERIES_H
#define SIM_REPORT_THIN_SERIES_H

#include <stdint.h>

/* Chooses the values that a figure of `buckets` points needs: of each bucket of neighbours the
 * first, the last, the least, the greatest and the first NAN, so that gaps stay visible. Stores
 * their indices, ascending, in `chosen` (room for 5 x buckets + 4) and returns their number. With
 * at most four values to a bucket, it chooses all. O(count). */
uint32_t sim_thin_series(const double *values, uint32_t count, uint32_t buckets, uint32_t *chosen);

#endif
