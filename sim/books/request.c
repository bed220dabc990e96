/* request.c - the words for what a call carries, and for what its time is spent on. */
#include "sim/request.h"

#include "sim/trace.h"

const char *const sim_spent_names[] = {"service", "queueing", "network", "lock",  "refresh",
                                       "limit",   "retry",    "backoff", "hedge", NULL};
_Static_assert(sizeof sim_spent_names / sizeof sim_spent_names[0] == SIM_SPENT_CAUSES + 1,
               "every cause of waiting has a name");

const char *const sim_op_names[] = {"read", "write", "delete", "scan", "other", NULL};
_Static_assert(sizeof sim_op_names / sizeof sim_op_names[0] == SIM_OP_COUNT + 1,
               "every operation has a name");

const char *const sim_status_names[] = {"ok",   "error",    "refused", "timeout",
                                        "lost", "conflict", NULL};
_Static_assert(sizeof sim_status_names / sizeof sim_status_names[0] == SIM_STATUS_COUNT + 1,
               "every status has a name");

const char *const sim_cause_names[] = {"user",        "retry",  "hedge", "refresh",
                                       "replication", "backup", NULL};
_Static_assert(sizeof sim_cause_names / sizeof sim_cause_names[0] == SIM_CAUSES + 1,
               "every cause has a name");
