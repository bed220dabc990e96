/* shared_names.h - keeps one copy of each name of a meter or unit that came from a file or another
 * process. Records point to it. */
#ifndef SIM_STUDY_SHARED_NAMES_H
#define SIM_STUDY_SHARED_NAMES_H

#include <stddef.h>

struct sim_names;

/* NULL: out of memory. */
struct sim_names *sim_names_new(void);
void sim_names_free(struct sim_names *);
/* The one copy of a text, valid until the names are freed; equal texts give equal pointers. NULL:
 * out of memory. O(length). */
const char *sim_names_get(struct sim_names *, const char *text, size_t length);

#endif
