/* store_state.h - what the files of the store share. */
#ifndef SIM_STUDY_STORE_STATE_H
#define SIM_STUDY_STORE_STATE_H

#include "study/store/store.h"
#include "study/store/store_sql.h"

#include <sqlite3.h>

/* What a number of a run is, and where the tables have it. */
struct sim__quantity {
    const char *component, *meter, *stat, *unit; /* the store's names; the unit as recorded */
    sqlite3_int64 id;
};

struct sim_store {
    char *folder, *path; /* DIR/store, and the database in it */
    char *above;         /* DIR */
    int lock;            /* of the folder; -1: to read only */
    bool made_above;     /* DIR was not there */
    bool sound;          /* opened to write, and all is well with it */
    sqlite3 *db;
    sqlite3_stmt *queries[SIM__QUERIES];
    struct sim_names *names;
    struct sim__quantity *known; /* [i]: of the i-th metric of the run kept last */
    uint32_t known_count;
};

/* Says what SQLite complains of. -1. */
int sim__store_fail(const struct sim_store *, struct sim_error *);
/* The prepared statement, fresh. NULL with the reason. */
sqlite3_stmt *sim__store_query(struct sim_store *, enum sim__store_query, struct sim_error *);

#endif
