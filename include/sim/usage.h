/* usage.h - the table in which a model declares what it uses and is billed for. */
#ifndef SIM_USAGE_H
#define SIM_USAGE_H

#include <stdbool.h>

/* How a use is shared out among causes. */
enum sim_split {
    SIM_SPLIT_NONE,     /* not: what is held is there for the users */
    SIM_SPLIT_REQUESTS, /* as the calls that arrived in the window */
    SIM_SPLIT_WORK,     /* as the time the station worked for them */
};

/* Something that costs. Its quantity is that of a meter of the model's, the station's or the
 * caller's table: what a counter counted, or the area under a gauge (unit x time). */
struct sim_usage {
    const char *name;  /* as price books and metrics have it */
    const char *noun;  /* one of them: "instance", "request"; NULL: bytes */
    const char *meter; /* NULL: the nodes there are, whether they are up or not */
    enum sim_split split;
    bool provisioned; /* billed as it stands there, used or not */
    const char *doc;
};

#endif
