/* store_rows.c - writes rows of the store and reads them. */
#include "study/store/store_state.h"
#include "study/study_state.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

sqlite3_stmt *sim__store_query(struct sim_store *store, enum sim__store_query which,
                               struct sim_error *error)
{
    static const char *const texts[SIM__QUERIES] = SIM__STORE_QUERY_TEXTS;
    sqlite3_stmt **query = &store->queries[which];
    if (*query) {
        sqlite3_reset(*query);
    } else if (sqlite3_prepare_v3(store->db, texts[which], -1, SQLITE_PREPARE_PERSISTENT, query,
                                  NULL) != SQLITE_OK) {
        sim__store_fail(store, error);
        return NULL;
    }
    return *query;
}

static void bind_text(sqlite3_stmt *query, int at, const char *text)
{
    sqlite3_bind_text(query, at, text, -1, SQLITE_STATIC);
}

/* Runs a statement that returns no rows. */
static int step(struct sim_store *store, sqlite3_stmt *query, struct sim_error *error)
{
    int status = sqlite3_step(query) == SQLITE_DONE ? 0 : sim__store_fail(store, error);
    sqlite3_reset(query);
    return status;
}

struct seed_text {
    char s[24];
};

static struct seed_text seed_text(uint64_t seed)
{
    struct seed_text text;
    snprintf(text.s, sizeof text.s, "%" PRIu64, seed);
    return text;
}

/* ---- the cases of a study -------------------------------------------------------------------- */

static int put_swept(struct sim_store *store, const struct sim_scenario *scenario,
                     const char *const *paths, uint32_t path_count, const struct sim_case *it,
                     struct sim_error *error)
{
    for (uint32_t i = 0; it->at_text && i < path_count; i++) {
        sqlite3_stmt *query = sim__store_query(store, SIM__PUT_SWEPT, error);
        if (!query)
            return -1;
        bind_text(query, 1, scenario->name);
        bind_text(query, 2, scenario->hash);
        bind_text(query, 3, it->name);
        bind_text(query, 4, paths[i]);
        bind_text(query, 5, it->at_text[i]);
        if (isnan(it->at[i]))
            sqlite3_bind_null(query, 6);
        else
            sqlite3_bind_double(query, 6, it->at[i]);
        if (step(store, query, error) != 0)
            return -1;
    }
    return 0;
}

int sim_store_name(struct sim_store *store, const struct sim_scenario *scenario,
                   const char *const *paths, uint32_t path_count, const struct sim_case *cases,
                   uint32_t count, struct sim_error *error)
{
    if (sim_store_begin(store, error) != 0)
        return -1;
    for (uint32_t i = 0; i < count; i++) {
        sqlite3_stmt *query = sim__store_query(store, SIM__PUT_CASE, error);
        if (!query)
            return -1;
        bind_text(query, 1, scenario->name);
        bind_text(query, 2, scenario->hash);
        bind_text(query, 3, cases[i].name);
        bind_text(query, 4, cases[i].variant);
        sqlite3_bind_int64(query, 5, cases[i].cell);
        bind_text(query, 6, cases[i].key);
        if (step(store, query, error) != 0 ||
            put_swept(store, scenario, paths, path_count, &cases[i], error) != 0)
            return -1;
    }
    return sim_store_end(store, error);
}

/* ---- runs, in -------------------------------------------------------------------------------- */

int sim_store_begin(struct sim_store *store, struct sim_error *error)
{
    return sqlite3_exec(store->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK
               ? 0
               : sim__store_fail(store, error);
}

int sim_store_end(struct sim_store *store, struct sim_error *error)
{
    return sqlite3_exec(store->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK
               ? 0
               : sim__store_fail(store, error);
}

static int drop(struct sim_store *store, enum sim__store_query what,
                const struct sim_store_run *run, struct sim_error *error)
{
    struct seed_text seed = seed_text(run->seed);
    sqlite3_stmt *query = sim__store_query(store, what, error);
    if (!query)
        return -1;
    bind_text(query, 1, run->it->key);
    bind_text(query, 2, seed.s);
    bind_text(query, 3, sim__engine);
    sqlite3_bind_int64(query, 4, run->replication);
    return step(store, query, error);
}

static int put_run(struct sim_store *store, const struct sim_store_run *run,
                   struct sim_error *error)
{
    struct seed_text seed = seed_text(run->seed);
    char hash[17];
    sqlite3_stmt *query = sim__store_query(store, SIM__PUT_RUN, error);
    if (!query)
        return -1;
    snprintf(hash, sizeof hash, "%016" PRIx64, run->record->hash);
    bind_text(query, 1, run->it->key);
    bind_text(query, 2, seed.s);
    sqlite3_bind_int64(query, 3, run->replication);
    bind_text(query, 4, sim__engine);
    bind_text(query, 5, WEIR_VERSION);
    bind_text(query, 6, run->record->outcome == SIM_REACHED ? "reached" : "stopped");
    sqlite3_bind_int64(query, 7, (sqlite3_int64)run->record->events);
    bind_text(query, 8, hash);
    sqlite3_bind_int64(query, 9, run->record->audit_held);
    sqlite3_bind_double(query, 10, run->took_s);
    for (int part = 0; part < SIM_RECORD_PARTS; part++) {
        const struct sim_bytes *bytes = &run->packed->parts[part];
        sqlite3_bind_blob64(query, 11 + part, bytes->data, bytes->length, SQLITE_STATIC);
    }
    return step(store, query, error);
}

static void bind_quantity(sqlite3_stmt *query, const struct sim_metric *m, const char *unit)
{
    bind_text(query, 1, m->component);
    bind_text(query, 2, m->meter);
    bind_text(query, 3, m->stat);
    bind_text(query, 4, unit);
}

static const char *copy_name(struct sim_store *store, const char *text)
{
    return sim_names_get(store->names, text, strlen(text));
}

/* Finds or adds the quantity of a metric. */
static int learn(struct sim_store *store, struct sim__quantity *known, const struct sim_plan *plan,
                 const struct sim_metric *m, struct sim_error *error)
{
    const char *unit = sim__rate_unit(store->names, plan, m);
    *known = (struct sim__quantity){copy_name(store, m->component), copy_name(store, m->meter),
                                    copy_name(store, m->stat), copy_name(store, m->unit), 0};
    if (!unit || !known->component || !known->meter || !known->stat || !known->unit) {
        known->component = NULL;
        snprintf(error->text, sizeof error->text, "out of memory");
        return -1;
    }
    sqlite3_stmt *query = sim__store_query(store, SIM__PUT_QUANTITY, error);
    if (!query)
        return -1;
    bind_quantity(query, m, unit);
    if (step(store, query, error) != 0)
        return -1;
    query = sim__store_query(store, SIM__GET_QUANTITY, error);
    if (!query)
        return -1;
    bind_quantity(query, m, unit);
    if (sqlite3_step(query) != SQLITE_ROW)
        return sim__store_fail(store, error);
    known->id = sqlite3_column_int64(query, 0);
    sqlite3_reset(query);
    return 0;
}

static bool is_of(const struct sim__quantity *known, const struct sim_metric *m)
{
    return known->component && strcmp(known->component, m->component) == 0 &&
           strcmp(known->meter, m->meter) == 0 && strcmp(known->stat, m->stat) == 0 &&
           strcmp(known->unit, m->unit) == 0;
}

/* Rows of a run that are collected for one statement. */
struct rows {
    sqlite3_int64 run, quantities[SIM__STORE_ROW_COUNT];
    double values[SIM__STORE_ROW_COUNT];
    int count;
};

/* Writes the collected rows: with one statement if there are exactly as many as it takes. */
static int put_rows(struct sim_store *store, struct rows *rows, struct sim_error *error)
{
    bool full = rows->count == SIM__STORE_ROW_COUNT;
    for (int i = 0; i < rows->count; i++) {
        enum sim__store_query which = full ? SIM__PUT_METRICS : SIM__PUT_METRIC;
        int at = full ? 2 * i : 0;
        sqlite3_stmt *query = full && i > 0 ? store->queries[which]
                                            : sim__store_query(store, which, error);
        if (!query)
            return -1;
        sqlite3_bind_int64(query, 1, rows->run);
        sqlite3_bind_int64(query, at + 2, rows->quantities[i]);
        sqlite3_bind_double(query, at + 3, rows->values[i]);
        if ((!full || i + 1 == rows->count) && step(store, query, error) != 0)
            return -1;
    }
    rows->count = 0;
    return 0;
}

/* Writes the metrics of a run. Most runs of a study have the same quantities in the same order. */
static int put_metrics(struct sim_store *store, const struct sim_store_run *run,
                       struct sim_error *error)
{
    struct rows rows = {.run = sqlite3_last_insert_rowid(store->db)};
    uint32_t count = run->record->metric_count;
    if (count > store->known_count) {
        struct sim__quantity *wider = realloc(store->known, count * sizeof *wider);
        if (!wider) {
            snprintf(error->text, sizeof error->text, "out of memory");
            return -1;
        }
        memset(wider + store->known_count, 0, (count - store->known_count) * sizeof *wider);
        store->known = wider;
        store->known_count = count;
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct sim_metric *m = &run->record->metrics[i];
        if (!is_of(&store->known[i], m) &&
            learn(store, &store->known[i], &run->it->plan, m, error) != 0)
            return -1;
        if (isnan(m->value))
            continue;
        rows.quantities[rows.count] = store->known[i].id;
        rows.values[rows.count++] = m->value;
        if (rows.count == SIM__STORE_ROW_COUNT && put_rows(store, &rows, error) != 0)
            return -1;
    }
    return put_rows(store, &rows, error);
}

int sim_store_put(struct sim_store *store, const struct sim_store_run *run, struct sim_error *error)
{
    if (drop(store, SIM__DROP_METRICS, run, error) != 0 ||
        drop(store, SIM__DROP_RUN, run, error) != 0 || put_run(store, run, error) != 0)
        return -1;
    return put_metrics(store, run, error);
}

/* ---- runs, out ------------------------------------------------------------------------------- */

int sim_store_find(struct sim_store *store, const struct sim_case *it, uint64_t seed,
                   uint32_t first, uint32_t end, bool numbers_only, sim_store_found *found,
                   void *self, struct sim_error *error)
{
    struct seed_text text = seed_text(seed);
    sqlite3_stmt *query = sim__store_query(store, numbers_only ? SIM__FIND_NUMBERS : SIM__FIND,
                                           error);
    if (!query)
        return -1;
    bind_text(query, 1, it->key);
    bind_text(query, 2, text.s);
    bind_text(query, 3, sim__engine);
    sqlite3_bind_int64(query, 4, first);
    sqlite3_bind_int64(query, 5, end);
    int status = 0, stepped = SQLITE_DONE;
    while (status == 0 && (stepped = sqlite3_step(query)) == SQLITE_ROW) {
        struct sim_packed packed = {.parts = {{NULL, 0}}};
        for (int part = 0; part < (numbers_only ? 1 : SIM_RECORD_PARTS); part++) {
            const void *data = sqlite3_column_blob(query, 1 + part);
            packed.parts[part].data = (unsigned char *)(uintptr_t)data;
            packed.parts[part].length = (size_t)sqlite3_column_bytes(query, 1 + part);
        }
        status = found(self, (uint32_t)sqlite3_column_int64(query, 0), &packed);
    }
    if (status == 0 && stepped != SQLITE_DONE)
        status = sim__store_fail(store, error);
    sqlite3_reset(query);
    return status;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static const char *text_of(sqlite3_stmt *query, int column)
{
    const unsigned char *text = sqlite3_column_text(query, column);
    return text ? (const char *)text : "";
}

static void say_case(sqlite3_stmt *q, void *self,
                     void (*say)(void *, const struct sim_store_case *))
{
    struct sim_store_case it = {.scenario = text_of(q, 0),
                                .hash = text_of(q, 1),
                                .variant = text_of(q, 2),
                                .name = text_of(q, 3),
                                .seed = text_of(q, 4),
                                .version = text_of(q, 5),
                                .runs = (uint32_t)sqlite3_column_int64(q, 6),
                                .events = sqlite3_column_double(q, 7),
                                .took_s = sqlite3_column_double(q, 8)};
    say(self, &it);
}

int sim_store_cases(struct sim_store *store, void (*say)(void *, const struct sim_store_case *),
                    void *self, struct sim_error *error)
{
    sqlite3_stmt *query;
    int status;
    if (sqlite3_prepare_v2(store->db,
                           "SELECT c.scenario, c.hash, c.variant, c.name, r.seed, r.version,"
                           " count(*), sum(r.events), sum(r.took_s)"
                           " FROM study_case c JOIN run r ON r.key = c.key"
                           " GROUP BY c.scenario, c.hash, c.variant, c.cell, c.name, r.seed,"
                           " r.version, r.engine"
                           " ORDER BY c.scenario, c.hash, c.variant, c.cell, c.name, r.seed,"
                           " r.version, r.engine",
                           -1, &query, NULL) != SQLITE_OK)
        return sim__store_fail(store, error);
    while ((status = sqlite3_step(query)) == SQLITE_ROW)
        say_case(query, self, say);
    status = status == SQLITE_DONE ? 0 : sim__store_fail(store, error);
    sqlite3_finalize(query);
    return status;
}

static void say_metric(sqlite3_stmt *q, void *self,
                       void (*say)(void *, const struct sim_store_metric *))
{
    struct sim_store_metric m = {.scenario = text_of(q, 0),
                                 .hash = text_of(q, 1),
                                 .variant = text_of(q, 2),
                                 .name = text_of(q, 3),
                                 .seed = text_of(q, 4),
                                 .version = text_of(q, 5),
                                 .replication = (uint32_t)sqlite3_column_int64(q, 6),
                                 .component = text_of(q, 7),
                                 .meter = text_of(q, 8),
                                 .stat = text_of(q, 9),
                                 .unit = text_of(q, 10),
                                 .value = sqlite3_column_double(q, 11),
                                 .cell = (uint64_t)sqlite3_column_int64(q, 12)};
    say(self, &m);
}

int sim_store_metrics(struct sim_store *store, void (*say)(void *, const struct sim_store_metric *),
                      void *self, struct sim_error *error)
{
    sqlite3_stmt *query;
    int status;
    if (sqlite3_prepare_v2(store->db,
                           "SELECT scenario, hash, variant, name, seed, version, replication,"
                           " component, meter, stat, unit, value, cell FROM result"
                           " ORDER BY scenario, hash, variant, cell, name, seed, version, engine,"
                           " replication, component, meter, stat",
                           -1, &query, NULL) != SQLITE_OK)
        return sim__store_fail(store, error);
    while ((status = sqlite3_step(query)) == SQLITE_ROW)
        say_metric(query, self, say);
    status = status == SQLITE_DONE ? 0 : sim__store_fail(store, error);
    sqlite3_finalize(query);
    return status;
}
