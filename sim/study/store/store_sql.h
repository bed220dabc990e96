/* store_sql.h - the tables of the store, and its queries. */
#ifndef SIM_STUDY_STORE_SQL_H
#define SIM_STUDY_STORE_SQL_H

enum {
    SIM__STORE_MARK = 0x77656972, /* "weir", SQLite's application id */
    SIM__STORE_VERSION = 1,       /* SQLite's user version; raise it with every change below */
};

#define SIM__STORE_TABLES                                                                          \
    "CREATE TABLE run (id INTEGER PRIMARY KEY, key TEXT NOT NULL, seed TEXT NOT NULL,"             \
    " replication INTEGER NOT NULL, engine TEXT NOT NULL, version TEXT NOT NULL,"                  \
    " outcome TEXT NOT NULL, events INTEGER NOT NULL, hash TEXT NOT NULL,"                         \
    " audit_held INTEGER NOT NULL, took_s REAL NOT NULL, finished TEXT NOT NULL,"                  \
    " numbers BLOB NOT NULL, series BLOB NOT NULL, distributions BLOB NOT NULL,"                   \
    " UNIQUE (key, seed, engine, replication));"                                                   \
    "CREATE TABLE quantity (id INTEGER PRIMARY KEY, component TEXT NOT NULL, meter TEXT NOT NULL," \
    " stat TEXT NOT NULL, unit TEXT NOT NULL, UNIQUE (component, meter, stat, unit));"             \
    "CREATE TABLE metric (run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,"                  \
    " quantity INTEGER NOT NULL REFERENCES quantity, value REAL NOT NULL,"                         \
    " PRIMARY KEY (run, quantity)) WITHOUT ROWID;"                                                 \
    "CREATE TABLE study_case (scenario TEXT NOT NULL, hash TEXT NOT NULL, name TEXT NOT NULL,"     \
    " variant TEXT NOT NULL, cell INTEGER NOT NULL, key TEXT NOT NULL,"                            \
    " PRIMARY KEY (scenario, hash, name)) WITHOUT ROWID;"                                          \
    "CREATE TABLE swept (scenario TEXT NOT NULL, hash TEXT NOT NULL, name TEXT NOT NULL,"          \
    " path TEXT NOT NULL, value TEXT NOT NULL, number REAL,"                                       \
    " PRIMARY KEY (scenario, hash, name, path)) WITHOUT ROWID;"                                    \
    "CREATE INDEX case_of_key ON study_case (key);"                                                \
    "CREATE VIEW result AS SELECT c.scenario, c.hash, c.variant, c.name, c.cell, r.seed,"          \
    " r.replication, r.version, r.engine, q.component, q.meter, q.stat, q.unit, m.value"           \
    " FROM study_case c JOIN run r ON r.key = c.key JOIN metric m ON m.run = r.id"                 \
    " JOIN quantity q ON q.id = m.quantity;"

/* Inserts several rows of a run by one statement, whose fixed cost is that of a row. */
#define SIM__STORE_ROWS                                                                            \
    "(?1,?,?),(?1,?,?),(?1,?,?),(?1,?,?),(?1,?,?),(?1,?,?),(?1,?,?),(?1,?,?),"                     \
    "(?1,?,?),(?1,?,?),(?1,?,?),(?1,?,?),(?1,?,?),(?1,?,?),(?1,?,?),(?1,?,?)"
enum { SIM__STORE_ROW_COUNT = 16 };

enum sim__store_query {
    SIM__PUT_RUN,
    SIM__DROP_RUN,
    SIM__DROP_METRICS,
    SIM__PUT_METRIC,
    SIM__PUT_METRICS,
    SIM__PUT_QUANTITY,
    SIM__GET_QUANTITY,
    SIM__PUT_CASE,
    SIM__PUT_SWEPT,
    SIM__FIND,
    SIM__FIND_NUMBERS,
    SIM__QUERIES
};

#define SIM__STORE_QUERY_TEXTS                                                                     \
    {                                                                                              \
        [SIM__PUT_RUN] = "INSERT INTO run (key, seed, replication, engine, version, outcome,"      \
                         " events, hash, audit_held, took_s, finished, numbers, series,"           \
                         " distributions) VALUES (?,?,?,?,?,?,?,?,?,?,"                            \
                         "strftime('%Y-%m-%dT%H:%M:%SZ','now'),?,?,?)",                            \
        [SIM__DROP_RUN] = "DELETE FROM run WHERE key = ? AND seed = ? AND engine = ?"              \
                          " AND replication = ?",                                                  \
        [SIM__DROP_METRICS] = "DELETE FROM metric WHERE run = (SELECT id FROM run WHERE key = ?"   \
                              " AND seed = ? AND engine = ? AND replication = ?)",                 \
        [SIM__PUT_METRIC] = "INSERT INTO metric (run, quantity, value) VALUES (?,?,?)",            \
        [SIM__PUT_METRICS] = "INSERT INTO metric (run, quantity, value) VALUES " SIM__STORE_ROWS,  \
        [SIM__PUT_QUANTITY] = "INSERT OR IGNORE INTO quantity (component, meter, stat, unit)"      \
                              " VALUES (?,?,?,?)",                                                 \
        [SIM__GET_QUANTITY] = "SELECT id FROM quantity WHERE component = ? AND meter = ?"          \
                              " AND stat = ? AND unit = ?",                                        \
        [SIM__PUT_CASE] = "INSERT OR REPLACE INTO study_case VALUES (?,?,?,?,?,?)",                \
        [SIM__PUT_SWEPT] = "INSERT OR REPLACE INTO swept VALUES (?,?,?,?,?,?)",                    \
        [SIM__FIND] = "SELECT replication, numbers, series, distributions FROM run WHERE key = ?"  \
                      " AND seed = ? AND engine = ? AND replication >= ? AND replication < ?"      \
                      " ORDER BY replication",                                                     \
        [SIM__FIND_NUMBERS] = "SELECT replication, numbers FROM run WHERE key = ? AND seed = ?"    \
                              " AND engine = ? AND replication >= ? AND replication < ?"           \
                              " ORDER BY replication",                                             \
    }

#endif
