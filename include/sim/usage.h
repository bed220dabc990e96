/* usage.h - the table in which a model declares what it uses and is billed for. */
#ifndef SIM_USAGE_H
#define SIM_USAGE_H

#include <stdbool.h>

/* How a use is divided among causes. */
enum sim_split {
    SIM_SPLIT_NONE,     /* it is not: what is held is there for the users */
    SIM_SPLIT_REQUESTS, /* in proportion to the calls that arrived in the window */
    SIM_SPLIT_WORK,     /* in proportion to the time that the station worked */
};

/* Something that is billed. Its quantity is read from a meter of the model's, the station's or the
 * caller's table: what a counter counted, or the area under a gauge (unit x time). */
struct sim_usage {
    const char *name;  /* its name in price books and metrics */
    const char *noun;  /* the noun for one: "instance", "request"; NULL: bytes */
    const char *meter; /* NULL: the number of nodes, whether they are up or not */
    enum sim_split split;
    bool provisioned; /* billed whether it is used or not */
    const char *doc;
};

#endif
