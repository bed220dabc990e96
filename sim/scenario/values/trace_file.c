/* trace_file.c - files of requests: CSV, and the 24-byte records in which block traces are
 * distributed. */
#include "scenario/load.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { RECORD = 24, COLUMNS = 5, CELLS_MOST = 64, CELL_MAX = 256 };
enum column { TIME, OP, KEY, BYTES, SESSION };

static const char *const column_names[COLUMNS + 1] = {"t_s", "op", "key", "bytes", "session", NULL};

#define TIME_MOST 4611686018.0 /* s: 2^62 ns */

/* A part of the file's text. */
struct cell {
    const char *text;
    size_t length;
};

/* A hash table (open addressing) that numbers names in the order in which they first appear. */
struct numbering {
    struct cell *names;
    uint32_t *slots; /* number + 1; 0: empty */
    size_t mask, count;
};

/* A file being read. */
struct reading {
    struct sim__load *load;
    struct sim_arena work; /* memory needed only while reading */
    const char *name;      /* as in the scenario */
    const char *text;
    size_t bytes;
    struct sim_trace_request *requests;
    size_t count;
    struct numbering keys, sessions;
    int places[COLUMNS];       /* of each column in a row; -1: not there */
    struct sim_buffer strange; /* the names of ignored columns, one after another */
    char why[SIM_ERROR_TEXT_BYTES];
};

/* ---- numbering ------------------------------------------------------------------------------- */

static bool numbering_make(struct reading *r, struct numbering *n, size_t most)
{
    size_t slots = 16;
    while (slots < 2 * most)
        slots *= 2;
    n->names = sim_arena_alloc(&r->work, most, sizeof *n->names);
    n->slots = sim_arena_alloc(&r->work, slots, sizeof *n->slots);
    n->mask = slots - 1;
    return n->names && n->slots;
}

static uint32_t number_of(struct numbering *n, struct cell name)
{
    size_t slot = sim_hash64(name.text, name.length, 0) & n->mask;
    for (; n->slots[slot]; slot = (slot + 1) & n->mask) {
        const struct cell *other = &n->names[n->slots[slot] - 1];
        if (other->length == name.length && memcmp(other->text, name.text, name.length) == 0)
            return n->slots[slot] - 1;
    }
    n->names[n->count++] = name;
    n->slots[slot] = (uint32_t)n->count;
    return n->slots[slot] - 1;
}

/* Makes room for `most` requests and their names. False: too many (reported), or out of memory. */
static bool make_room(struct reading *r, size_t most)
{
    if (most > SIM__TRACE_REQUESTS_MAX) {
        snprintf(r->why, sizeof r->why, "\"%s\" has more than %d requests", sim_quote(r->name).s,
                 SIM__TRACE_REQUESTS_MAX);
        return false;
    }
    r->requests = sim__alloc(r->load, most, sizeof *r->requests);
    bool keys = r->places[KEY] < 0 || numbering_make(r, &r->keys, most);
    bool sessions = r->places[SESSION] < 0 || numbering_make(r, &r->sessions, most);
    return r->requests && keys && sessions;
}

/* ---- CSV ------------------------------------------------------------------------------------- */

/* Reads a decimal number, times `scale`, rounded to a whole number. False: not a number, or larger
 * than `most` before scaling. Up to nine decimals are exact. */
static bool decimal(struct cell c, int64_t scale, double most, int64_t *out)
{
    char copy[48];
    struct sim_amount amount;
    struct sim_error ignored;
    int64_t whole = 0, part = 0, unit = scale;
    size_t i = 0;
    for (; i < c.length && i < 10 && c.text[i] >= '0' && c.text[i] <= '9'; i++)
        whole = 10 * whole + (c.text[i] - '0');
    bool digits = i > 0;
    if (digits && i < c.length && c.text[i] == '.')
        for (i++; i < c.length && unit >= 10 && c.text[i] >= '0' && c.text[i] <= '9'; i++) {
            unit /= 10;
            part += (c.text[i] - '0') * unit;
        }
    if (digits && i == c.length) {
        *out = whole * scale + part;
        return (double)whole <= most;
    }
    if (c.length == 0 || c.length >= sizeof copy)
        return false;
    memcpy(copy, c.text, c.length);
    copy[c.length] = '\0';
    if (sim_units_parse(copy, SIM_DIM_NUMBER, NULL, &amount, &ignored) || !(amount.value >= 0) ||
        amount.value > most)
        return false;
    *out = sim_time_nearest(amount.value * (double)scale);
    return true;
}

/* Splits the line at *at into cells and moves *at past it. Returns the number of cells; -1: too
 * many. */
static int split(const struct reading *r, size_t *at, struct cell cells[CELLS_MOST])
{
    const char *begin = r->text + *at;
    const char *end = memchr(begin, '\n', r->bytes - *at);
    *at = end ? (size_t)(end - r->text) + 1 : r->bytes;
    end = end ? end : r->text + r->bytes;
    if (end > begin && end[-1] == '\r')
        end--;
    for (int n = 0; n < CELLS_MOST; n++) {
        const char *comma = memchr(begin, ',', (size_t)(end - begin));
        cells[n] = (struct cell){begin, (size_t)((comma ? comma : end) - begin)};
        while (cells[n].length > 0 && *cells[n].text == ' ') {
            cells[n].text++;
            cells[n].length--;
        }
        while (cells[n].length > 0 && cells[n].text[cells[n].length - 1] == ' ')
            cells[n].length--;
        if (!comma)
            return n + 1;
        begin = comma + 1;
    }
    return -1;
}

static bool is(struct cell c, const char *word)
{
    return c.length == strlen(word) && memcmp(c.text, word, c.length) == 0;
}

static const char *shown(struct cell c, char copy[CELL_MAX])
{
    size_t n = c.length < 40 ? c.length : 40;
    memcpy(copy, c.text, n);
    copy[n] = '\0';
    return copy;
}

static bool refuse(struct reading *r, size_t line, const char *format, const char *what)
{
    char sentence[CELL_MAX + 128];
    snprintf(sentence, sizeof sentence, format, what);
    snprintf(r->why, sizeof r->why, "\"%s\", line %zu: %s", sim_quote(r->name).s, line, sentence);
    return false;
}

/* Ignores a column that weir does not know, unless its name looks like a typing error. */
static bool leave_aside(struct reading *r, struct cell c)
{
    char copy[CELL_MAX];
    struct sim_nearest nearest = sim_nearest(shown(c, copy));
    if (c.length == 0)
        return refuse(r, 1, "%s", "a column has no name");
    for (int k = 0; k < COLUMNS; k++)
        if (r->places[k] < 0)
            sim_nearest_try(&nearest, column_names[k]);
    if (nearest.best) {
        char text[CELL_MAX];
        snprintf(text, sizeof text, "\"%s\" is not a column%s", sim_quote(copy).s,
                 sim_nearest_hint(&nearest).s);
        return refuse(r, 1, "%s", text);
    }
    sim_buffer_printf(&r->strange, "%s\"%s\"", r->strange.length > 0 ? ", " : "",
                      sim_quote(copy).s);
    return true;
}

/* Reads the column names in the first line. Returns their number; -1: an error was reported. */
static int read_header(struct reading *r, size_t *at)
{
    struct cell cells[CELLS_MOST];
    char copy[CELL_MAX];
    int n = split(r, at, cells);
    for (int k = 0; k < COLUMNS; k++)
        r->places[k] = -1;
    for (int i = 0; i < n; i++) {
        int k = 0;
        while (k < COLUMNS && !is(cells[i], column_names[k]))
            k++;
        if (k < COLUMNS && r->places[k] >= 0) {
            refuse(r, 1, "the column \"%s\" appears twice", shown(cells[i], copy));
            return -1;
        }
        if (k < COLUMNS)
            r->places[k] = i;
    }
    if (n < 0 || r->places[TIME] < 0) {
        refuse(r, 1, "the first line names the columns, such as %s", "t_s,op,key,bytes,session");
        return -1;
    }
    for (int i = 0; i < n; i++) {
        int k = 0;
        while (k < COLUMNS && r->places[k] != i)
            k++;
        if (k == COLUMNS && !leave_aside(r, cells[i]))
            return -1;
    }
    return n;
}

static bool read_row(struct reading *r, size_t line, const struct cell *cells)
{
    struct sim_trace_request *q = &r->requests[r->count];
    char copy[CELL_MAX];
    int64_t value = 0;
    struct cell c = cells[r->places[TIME]];
    if (!decimal(c, SIM_SECOND, TIME_MOST, &q->at))
        return refuse(r, line, "\"%s\" is not a time in seconds, such as 0.25",
                      sim_quote(shown(c, copy)).s);
    if (r->count > 0 && q->at < q[-1].at)
        return refuse(r, line, "the time goes back to %s: requests must be in order of time",
                      sim_quote(shown(c, copy)).s);
    if (r->places[OP] >= 0) {
        c = cells[r->places[OP]];
        while (sim_op_names[q->op] && !is(c, sim_op_names[q->op]))
            q->op++;
        if (!sim_op_names[q->op])
            return refuse(r, line, "\"%s\" is none of read, write, delete, scan, other",
                          sim_quote(shown(c, copy)).s);
    }
    if (r->places[BYTES] >= 0) {
        c = cells[r->places[BYTES]];
        if (!decimal(c, 1, 9e9, &value))
            return refuse(r, line, "\"%s\" is not a number of bytes", sim_quote(shown(c, copy)).s);
        q->bytes = value;
    }
    for (int k = 0; k < 2; k++) {
        int place = r->places[k ? SESSION : KEY];
        if (place >= 0 && cells[place].length == 0)
            return refuse(r, line, "\"%s\" is empty", k ? "session" : "key");
    }
    if (r->places[KEY] >= 0)
        q->key = number_of(&r->keys, cells[r->places[KEY]]);
    if (r->places[SESSION] >= 0)
        q->session = 1 + number_of(&r->sessions, cells[r->places[SESSION]]);
    r->count++;
    return true;
}

static bool read_csv(struct reading *r)
{
    struct cell cells[CELLS_MOST];
    size_t at = r->bytes >= 3 && memcmp(r->text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    size_t lines = 1, line = 1; /* a byte order mark is not part of the first name */
    for (size_t i = 0; i < r->bytes; i++)
        lines += r->text[i] == '\n';
    int columns = read_header(r, &at);
    if (columns < 0)
        return false;
    if (!make_room(r, lines))
        return false;
    while (at < r->bytes) {
        int n = split(r, &at, cells);
        char wanted[64];
        snprintf(wanted, sizeof wanted, "as many columns as the first line, %d", columns);
        line++;
        if (n == 1 && cells[0].length == 0 && at == r->bytes)
            break; /* an empty line at the end */
        if (n != columns)
            return refuse(r, line, "a row has %s", wanted);
        if (!read_row(r, line, cells))
            return false;
    }
    return true;
}

/* ---- 24-byte records ------------------------------------------------------------------------- */

static int64_t little_endian(const char bytes[4])
{
    int64_t value = 0;
    for (int i = 4; i-- > 0;)
        value = value << 8 | (unsigned char)bytes[i];
    return value;
}

/* u32 time in s, u64 id, u32 size, i64 next access (ignored: it is the future), each little endian:
 * the format of libCacheSim's traces. */
static bool read_records(struct reading *r)
{
    if (r->bytes % RECORD) {
        snprintf(r->why, sizeof r->why,
                 "\"%s\" has %zu bytes, which are not whole records of %d bytes",
                 sim_quote(r->name).s, r->bytes, RECORD);
        return false;
    }
    size_t count = r->bytes / RECORD;
    r->places[KEY] = r->places[BYTES] = 0;
    r->places[OP] = r->places[SESSION] = -1;
    if (!make_room(r, count))
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *record = r->text + i * RECORD;
        struct sim_trace_request *q = &r->requests[i];
        q->at = little_endian(record) * SIM_SECOND;
        q->key = number_of(&r->keys, (struct cell){record + 4, 8});
        q->bytes = little_endian(record + 12);
        if (i > 0 && q->at < q[-1].at) {
            snprintf(r->why, sizeof r->why, "\"%s\", record %zu: the time goes back",
                     sim_quote(r->name).s, i + 1);
            return false;
        }
    }
    r->count = count;
    return true;
}

/* ---- the file -------------------------------------------------------------------------------- */

/* Reads the whole file into the working arena. False with the reason, or out of memory. */
static bool read_file(struct reading *r, const char *path)
{
    char why[128];
    FILE *file = sim__open_file(path, false, why, sizeof why);
    bool missing = access(path, F_OK) != 0;
    long size = -1;
    if (file && fseek(file, 0, SEEK_END) == 0)
        size = ftell(file);
    const char *wrong = missing     ? "cannot be opened: its path is from the scenario's folder"
                        : !file     ? why
                        : size < 0  ? "cannot be read"
                        : size == 0 ? "is empty"
                        : size > SIM__TRACE_BYTES_MAX ? "is larger than 1 GiB"
                                                      : NULL;
    char *text = wrong ? NULL : sim_arena_alloc(&r->work, (size_t)size, 1);
    if (text && (fseek(file, 0, SEEK_SET) || fread(text, 1, (size_t)size, file) != (size_t)size))
        wrong = "cannot be read";
    if (file)
        fclose(file);
    if (wrong)
        snprintf(r->why, sizeof r->why, "\"%s\" %s", sim_quote(r->name).s, wrong);
    r->text = text;
    r->bytes = (size_t)size;
    return text && !wrong;
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

/* Reads the file into its entry, or stores the reason why it cannot be read. */
static void read_entry(struct sim__load *load, struct sim__trace_file *entry)
{
    struct reading r = {.load = load, .name = entry->name};
    const char *file = load->document->file, *slash = strrchr(file, '/');
    int folder = slash && *entry->name != '/' ? (int)(slash - file) + 1 : 0;
    r.work.allow = load->arena->allow;
    r.work.allow_self = load->arena->allow_self;
    const char *path = sim_arena_format(load->arena, "%.*s%s", folder, file, entry->name);
    entry->path = path;
    bool csv = ends_with(entry->name, ".csv"), known = csv || ends_with(entry->name, ".bin");
    if (!known)
        snprintf(r.why, sizeof r.why,
                 "\"%s\" is not a trace: a trace is a .csv file, or a .bin file of %d-byte records",
                 sim_quote(r.name).s, RECORD);
    bool good = known && path && read_file(&r, path) && (csv ? read_csv(&r) : read_records(&r));
    if (good && r.count == 0) {
        snprintf(r.why, sizeof r.why, "\"%s\" has no requests", sim_quote(r.name).s);
        good = false;
    }
    if (good)
        entry->trace = (struct sim_trace){.name = entry->name,
                                          .requests = r.requests,
                                          .count = r.count,
                                          .keys = r.keys.count,
                                          .has_keys = r.places[KEY] >= 0,
                                          .has_ops = r.places[OP] >= 0,
                                          .has_bytes = r.places[BYTES] >= 0,
                                          .has_sessions = r.places[SESSION] >= 0,
                                          .hash = sim_hash64(r.text, r.bytes, 0)};
    entry->why = r.why[0] ? sim__copy(load, r.why) : NULL;
    entry->strange = r.strange.length > 0 ? sim__copy(load, r.strange.text) : NULL;
    sim_buffer_free(&r.strange);
    load->out_of_memory = load->out_of_memory || (!good && !r.why[0]);
    sim_arena_free(&r.work);
}

bool sim__read_trace(struct sim__load *load, const struct sim__at *at, json_t *value, char *out)
{
    const char *name = sim__read_text(load, at, value);
    if (!name)
        return false;
    struct sim__trace_file **place = &load->document->traces;
    while (*place && strcmp((*place)->name, name) < 0)
        place = &(*place)->next;
    struct sim__trace_file *entry = *place;
    if (!entry || strcmp(entry->name, name) != 0) {
        entry = sim__alloc(load, 1, sizeof *entry);
        if (!entry)
            return false;
        entry->name = name;
        entry->next = *place;
        *place = entry;
        read_entry(load, entry);
    }
    if (entry->why)
        sim__say(load, at, SIM__SOFT, "%s", entry->why);
    if (entry->why || load->out_of_memory)
        return false;
    if (entry->strange)
        sim__say(load, at, SIM__SOFT | SIM__WARNING, "these columns are ignored: %s",
                 entry->strange);
    const struct sim_trace *trace = &entry->trace;
    memcpy(out, &trace, sizeof trace);
    return true;
}

/* ---- what it is given beside ----------------------------------------------------------------- */

/* The struct sim_arrivals_replay of a table, and the keyspace given with it (1 + its index). */
static const struct sim_arrivals_replay *replay_of(const struct sim_param *table, const char *image,
                                                   const char **key, uintptr_t *space)
{
    const struct sim_arrivals_replay *found = NULL;
    for (const struct sim_param *p = table; p && p->name; p++) {
        if (p->kind == SIM_GROUP && p->fields == sim_arrivals_replay_params) {
            found = (const struct sim_arrivals_replay *)(const void *)(image + p->offset);
            *key = p->name;
        }
        if (p->kind == SIM_KEYSPACE)
            memcpy(space, image + p->offset, sizeof *space);
    }
    return found && found->trace ? found : NULL;
}

/* Reports an error if no request falls into the run, and a warning if some come after its end. */
static void check_length(struct sim__load *load, const struct sim__at *at,
                         const struct sim_arrivals_replay *replay)
{
    const struct sim_trace *trace = replay->trace;
    double duration = (double)load->plan->duration, after = INFINITY;
    size_t i = trace->count, late = 0;
    sim_time first = SIM_NEVER;
    for (; i-- > 0 && trace->requests[i].at >= replay->from; first = trace->requests[i].at) {
        after = (double)(trace->requests[i].at - replay->from) / replay->speed;
        late += after >= duration;
    }
    size_t asked = trace->count - (i + 1);
    if (!(duration > 0) || late == 0)
        return;
    struct sim_amount_text ends = sim_units_format(SIM_DIM_TIME, duration);
    if (late == asked)
        sim__say(load, at, SIM__SOFT,
                 "no request falls into the run, %s: the first one is at %s in the file; set "
                 "\"from\"",
                 ends.s, sim_units_format(SIM_DIM_TIME, (double)first).s);
    else
        sim__say(load, at, SIM__SOFT | SIM__WARNING,
                 "%zu of the trace's %zu requests come after the run's end, at %s, and are left "
                 "out: the last comes at %s",
                 late, asked, ends.s,
                 sim_units_format(SIM_DIM_TIME,
                                  (double)(trace->requests[trace->count - 1].at - replay->from) /
                                      replay->speed)
                     .s);
}

void sim__check_trace(struct sim__load *load, const struct sim__at *at,
                      const struct sim_param *table, const char *image)
{
    uintptr_t space = 0;
    const char *key = NULL;
    const struct sim_arrivals_replay *replay = replay_of(table, image, &key, &space);
    if (!replay)
        return;
    const struct sim__at *here = SIM__KEY(at, key);
    const struct sim_trace *trace = replay->trace;
    const struct sim_plan *plan = load->plan;
    uint64_t keys = space ? plan->keyspaces[space - 1].keys.n : 0;
    if (trace->has_keys && !space)
        sim__say(load, here, SIM__SOFT,
                 "the trace has keys: give a \"keyspace\" with at least %llu keys",
                 (unsigned long long)trace->keys);
    else if (trace->has_keys && keys > 0 && keys < trace->keys)
        sim__say(load, here, SIM__SOFT,
                 "the trace has %llu keys, more than the %llu of the keyspace \"%s\"",
                 (unsigned long long)trace->keys, (unsigned long long)keys,
                 plan->keyspaces[space - 1].name);
    check_length(load, here, replay);
}
