/* asks.h - questions to the database of results, for the tests of what is kept. */
#ifndef TESTS_CLI_ASKS_H
#define TESTS_CLI_ASKS_H

#include "spawn.h"

#include <sqlite3.h>

/* The first number of the first row; -1 when there is none. */
static inline long long ask(const char *path, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *query;
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    sqlite3_busy_timeout(db, 10000);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &query, NULL), SQLITE_OK);
    int status = sqlite3_step(query);
    long long answer = status == SQLITE_ROW ? sqlite3_column_int64(query, 0) : -1;
    assert_true(status == SQLITE_ROW || status == SQLITE_DONE);
    sqlite3_finalize(query);
    sqlite3_close(db);
    return answer;
}

#endif
