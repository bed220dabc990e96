/* store_state.h - what the files of the store share. */
#ifndef SIM_STUDY_STORE_STATE_H
#define SIM_STUDY_STORE_STATE_H

#include "study/store/store.h"
#include "study/store/store_sql.h"

#include <sqlite3.h>

/* The quantity of a number and its row in the tables. */
struct sim__quantity {
    const char *component, *meter, *stat,
        *unit; /* owned by the store's names; the unit as recorded */
    sqlite3_int64 id;
};

struct sim_store {
    char *folder, *path; /* DIR/store, and the database in it */
    char *above;         /* DIR */
    int lock;            /* on the folder; -1: opened for reading */
    bool made_above;     /* DIR did not exist before */
    bool sound;          /* opened for writing without errors */
    sqlite3 *db;
    sqlite3_stmt *queries[SIM__QUERIES];
    struct sim_names *names;
    struct sim__quantity *known; /* [i]: the quantity of metric i of the run stored last */
    uint32_t known_count;
};

/* Reports SQLite's error. Returns -1. */
int sim__store_fail(const struct sim_store *, struct sim_error *);
/* The prepared statement, reset. NULL with the reason. */
sqlite3_stmt *sim__store_query(struct sim_store *, enum sim__store_query, struct sim_error *);

#endif
