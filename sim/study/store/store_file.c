/* store_file.c - opens and closes the store: checks the owner and the version, and takes the
 * lock. */
#include "study/store/store_state.h"

#include "study/store/directory_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WAIT_MS = 10000 }; /* waits for other readers of the database */

/* The number of runs in the store, after writing to it failed; -1: unknown. */
static long long kept(const struct sim_store *store)
{
    sqlite3_stmt *query;
    long long runs = -1;
    if (!sqlite3_get_autocommit(store->db))
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    if (sqlite3_prepare_v2(store->db, "SELECT count(*) FROM run", -1, &query, NULL) != SQLITE_OK)
        return -1;
    if (sqlite3_step(query) == SQLITE_ROW)
        runs = sqlite3_column_int64(query, 0);
    sqlite3_finalize(query);
    return runs;
}

int sim__store_fail(const struct sim_store *store, struct sim_error *error)
{
    int code = sqlite3_errcode(store->db), why = sqlite3_system_errno(store->db);
    bool stopped = store->sound && (code == SQLITE_FULL || code == SQLITE_IOERR);
    char said[112];
    snprintf(said, sizeof said, "%.60s%s%.40s", sqlite3_errmsg(store->db), why ? ": " : "",
             why ? strerror(why) : "");
    long long runs = stopped ? kept(store) : -1;
    if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
        snprintf(
            error->text, sizeof error->text,
            "%.200s is damaged, or is not a database (%s): it was not changed. Move it away, and "
            "its runs are simulated anew",
            store->path, said);
    else if (runs >= 0)
        snprintf(error->text, sizeof error->text,
                 "cannot write %.200s: %s. It holds %lld finished run%s, and no results were "
                 "written: free some space and run the command again to go on",
                 store->path, said, runs, runs == 1 ? "" : "s");
    else
        snprintf(error->text, sizeof error->text, "cannot %s %.300s: %s",
                 store->lock >= 0 ? "write" : "read", store->path, said);
    return -1;
}

static int fail(struct sim_error *error, const char *what, const char *path)
{
    snprintf(error->text, sizeof error->text, "cannot %s %.300s: %s", what, path, strerror(errno));
    return -1;
}

/* ---- what is in the file --------------------------------------------------------------------- */

static int number_of(struct sim_store *store, const char *sql, sqlite3_int64 *value,
                     struct sim_error *error)
{
    sqlite3_stmt *query;
    if (sqlite3_prepare_v2(store->db, sql, -1, &query, NULL) != SQLITE_OK)
        return sim__store_fail(store, error);
    int status = sqlite3_step(query);
    *value = status == SQLITE_ROW ? sqlite3_column_int64(query, 0) : 0;
    if (status != SQLITE_ROW && status != SQLITE_DONE) {
        sim__store_fail(store, error);
        sqlite3_finalize(query);
        return -1;
    }
    sqlite3_finalize(query);
    return 0;
}

/* Checks that the database is weir's and of a known version. *empty: it has no tables yet. */
static int check_owner(struct sim_store *store, bool *empty, struct sim_error *error)
{
    sqlite3_int64 mark = 0, version = 0, tables = 0;
    if (number_of(store, "PRAGMA application_id", &mark, error) != 0 ||
        number_of(store, "PRAGMA user_version", &version, error) != 0 ||
        number_of(store, "SELECT count(*) FROM sqlite_master", &tables, error) != 0)
        return -1;
    *empty = mark == 0 && version == 0 && tables == 0;
    if (*empty)
        return 0;
    if (mark != SIM__STORE_MARK || version < 1) {
        snprintf(error->text, sizeof error->text,
                 "%.300s is a database of another program: it was not changed. Move it away, or "
                 "give another directory",
                 store->path);
        return -1;
    }
    if (version > SIM__STORE_VERSION) {
        snprintf(error->text, sizeof error->text,
                 "%.300s was written by a newer weir (version %lld of the store; this one knows "
                 "%d): update weir, or give another directory",
                 store->path, (long long)version, SIM__STORE_VERSION);
        return -1;
    }
    return 0;
}

static int check_whole(struct sim_store *store, struct sim_error *error)
{
    sqlite3_stmt *query;
    if (sqlite3_prepare_v2(store->db, "PRAGMA quick_check(1)", -1, &query, NULL) != SQLITE_OK)
        return sim__store_fail(store, error);
    int status = sqlite3_step(query);
    const char *said = status == SQLITE_ROW ? (const char *)sqlite3_column_text(query, 0) : NULL;
    bool whole = said && strcmp(said, "ok") == 0;
    if (!said)
        sim__store_fail(store, error);
    else if (!whole)
        snprintf(error->text, sizeof error->text,
                 "%.300s is damaged (%.100s): it was not changed. Move it away, and its runs are "
                 "simulated anew",
                 store->path, said);
    sqlite3_finalize(query);
    return whole ? 0 : -1;
}

static int execute(struct sim_store *store, const char *sql, struct sim_error *error)
{
    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK
               ? 0
               : sim__store_fail(store, error);
}

/* Makes the tables, all or none. */
static int make_tables(struct sim_store *store, struct sim_error *error)
{
    char marks[128];
    snprintf(marks, sizeof marks, "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT",
             SIM__STORE_MARK, SIM__STORE_VERSION);
    if (execute(store, "BEGIN IMMEDIATE", error) != 0)
        return -1;
    if (execute(store, SIM__STORE_TABLES, error) == 0 && execute(store, marks, error) == 0)
        return 0;
    sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    return -1;
}

static int open_database(struct sim_store *store, int flags, struct sim_error *error)
{
    if (sqlite3_open_v2(store->path, &store->db, flags | SQLITE_OPEN_EXRESCODE, NULL) != SQLITE_OK)
        return sim__store_fail(store, error);
    sqlite3_extended_result_codes(store->db, 0);
    sqlite3_busy_timeout(store->db, WAIT_MS);
    return 0;
}

bool sim_store_bears_mark(int dir)
{
    enum { HEADER_BYTES = 100, MARK_AT = 68 }; /* of the file format of SQLite 3 */
    static const char first[16] = "SQLite format 3";
    unsigned char header[HEADER_BYTES];
    struct stat st;
    int fd = openat(dir, "store/results.sqlite", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool read_all = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
                    read(fd, header, sizeof header) == (ssize_t)sizeof header;
    close(fd);
    if (!read_all || memcmp(header, first, sizeof first) != 0)
        return false;
    unsigned mark = 0;
    for (int i = 0; i < 4; i++)
        mark = mark << 8 | header[MARK_AT + i];
    return mark == SIM__STORE_MARK;
}

/* ---- opening --------------------------------------------------------------------------------- */

static struct sim_store *store_new(const char *dir, struct sim_error *error)
{
    struct sim_store *store = calloc(1, sizeof *store);
    size_t room = strlen(dir) + sizeof "/store/results.sqlite";
    if (store) {
        store->lock = -1;
        store->names = sim_names_new();
        store->above = strdup(dir);
        store->folder = malloc(room);
        store->path = malloc(room);
    }
    if (!store || !store->names || !store->above || !store->folder || !store->path) {
        snprintf(error->text, sizeof error->text, "out of memory");
        sim_store_free(store);
        return NULL;
    }
    snprintf(store->folder, room, "%s/store", dir);
    snprintf(store->path, room, "%s/store/results.sqlite", dir);
    return store;
}

static int take_lock(struct sim_store *store, struct sim_error *error)
{
    store->made_above = mkdir(store->above, 0777) == 0;
    if (!store->made_above && errno != EEXIST)
        return fail(error, "make the directory", store->above);
    if (mkdir(store->folder, 0777) != 0 && errno != EEXIST)
        return fail(error, "make the directory", store->folder);
    store->lock = open(store->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (store->lock < 0)
        return fail(error, "open the directory", store->folder);
    if (flock(store->lock, LOCK_EX | LOCK_NB) == 0)
        return access(store->folder, W_OK) == 0 &&
                       (access(store->path, F_OK) != 0 || access(store->path, W_OK) == 0)
                   ? 0
                   : fail(error, "write into", store->folder);
    if (errno != EWOULDBLOCK)
        return fail(error, "lock the directory", store->folder);
    close(store->lock);
    store->lock = -1;
    snprintf(error->text, sizeof error->text,
             "%.300s is in use by another weir: wait until that has ended, or give another "
             "directory with --out",
             store->folder);
    return -1;
}

static int open_to_write(struct sim_store *store, struct sim_error *error)
{
    bool empty;
    if (take_lock(store, error) != 0 ||
        open_database(store, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, error) != 0 ||
        check_owner(store, &empty, error) != 0 || (!empty && check_whole(store, error) != 0))
        return -1;
    /* before the log is used, so that the mark is in the file itself */
    if (empty && make_tables(store, error) != 0)
        return -1;
    /* foreign keys are not checked for every number, because only this program writes */
    if (execute(store, "PRAGMA journal_mode = WAL", error) != 0 ||
        execute(store, "PRAGMA synchronous = NORMAL", error) != 0)
        return -1;
    store->sound = true;
    return 0;
}

struct sim_store *sim_store_open(const char *dir, struct sim_error *error)
{
    struct sim_store *store = store_new(dir, error);
    if (!store)
        return NULL;
    int lock = sim_directory_lock(dir);
    int status = open_to_write(store, error);
    sim_directory_unlock(lock);
    if (status != 0) {
        sim_store_free(store);
        return NULL;
    }
    return store;
}

/* Opens the file without its log, so that no other file is written. */
static int open_file_alone(struct sim_store *store, struct sim_error *error)
{
    char address[SIM_ERROR_TEXT_BYTES + 64];
    bool empty;
    sqlite3_close(store->db);
    store->db = NULL;
    if (snprintf(address, sizeof address, "file:%s?immutable=1", store->path) >=
        (int)sizeof address)
        return -1;
    if (sqlite3_open_v2(address, &store->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL) !=
        SQLITE_OK)
        return sim__store_fail(store, error);
    return check_owner(store, &empty, error);
}

/* Opens a database for reading. One of another program, or one that cannot be written, is opened
 * without its log. */
static int open_to_read(struct sim_store *store, struct sim_error *error)
{
    bool empty, plain = !strpbrk(store->path, "?#%");
    int above = open(store->above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ours = above >= 0 && sim_store_bears_mark(above);
    if (above >= 0)
        close(above);
    if (!ours && plain && open_file_alone(store, error) != 0)
        return -1;
    sqlite3_close(store->db);
    store->db = NULL;
    if (open_database(store, SQLITE_OPEN_READONLY, error) != 0)
        return -1;
    if (check_owner(store, &empty, error) == 0)
        return 0;
    int code = sqlite3_errcode(store->db);
    if ((code != SQLITE_CANTOPEN && code != SQLITE_READONLY) || !plain)
        return -1;
    return open_file_alone(store, error);
}

struct sim_store *sim_store_open_to_read(const char *dir, bool *missing, struct sim_error *error)
{
    struct sim_store *store = store_new(dir, error);
    if (missing)
        *missing = false;
    if (store && access(store->path, F_OK) != 0 && errno == ENOENT) {
        if (missing)
            *missing = true;
        snprintf(error->text, sizeof error->text, "there is no %.300s", store->path);
    } else if (store && open_to_read(store, error) == 0) {
        return store;
    }
    sim_store_free(store);
    return NULL;
}

/* ---- closing --------------------------------------------------------------------------------- */

/* Removes the files and directories of a store that got no runs. */
static void remove_empty(const struct sim_store *store)
{
    static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
    int lock = sim_directory_lock(store->above);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        char path[SIM_ERROR_TEXT_BYTES + 4096];
        if (snprintf(path, sizeof path, "%s%s", store->path, endings[i]) < (int)sizeof path)
            unlink(path);
    }
    rmdir(store->folder);
    if (store->made_above)
        rmdir(store->above);
    sim_directory_unlock(lock);
}

void sim_store_close(struct sim_store *store)
{
    struct sim_error ignored;
    sqlite3_int64 runs;
    bool empty = false;
    if (!store || !store->db)
        return;
    for (int i = 0; i < SIM__QUERIES; i++) {
        sqlite3_finalize(store->queries[i]);
        store->queries[i] = NULL;
    }
    if (store->lock >= 0 && !sqlite3_get_autocommit(store->db))
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    if (store->sound)
        empty = number_of(store, "SELECT count(*) FROM (SELECT 1 FROM run LIMIT 1)", &runs,
                          &ignored) == 0 &&
                runs == 0;
    sqlite3_close(store->db); /* the last process to close it merges the log into the file */
    store->db = NULL;
    if (empty)
        remove_empty(store);
}

void sim_store_free(struct sim_store *store)
{
    if (!store)
        return;
    sim_store_close(store);
    if (store->lock >= 0)
        close(store->lock);
    sim_names_free(store->names);
    free(store->known);
    free(store->above);
    free(store->folder);
    free(store->path);
    free(store);
}
