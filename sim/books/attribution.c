/* attribution.c - divides the latency of a request among components and causes.
 *
 * It goes backwards from the end of the request, along what decided when it ended (the critical
 * path: Yang and Miller 1988, ICDCS). While a call is served, its time is its own (service, or the
 * waits that marks name), except where it awaited other calls. There the call that ended last has
 * the time back to when it was sent; before that, the call that had ended last by then; and so on.
 * The time of a call is network on the way there and back, and the callee's in between. In an
 * operation of several attempts, the attempt that decided has its own time. The time in attempts of
 * earlier rounds is `retry`, that between rounds `backoff`, and that in an attempt of the same
 * round before the deciding one was sent `hedge`. The pieces are adjoining intervals of integer
 * nanoseconds, so they sum to the whole exactly; the audit counts again.
 *
 * At the end the rows are sorted by latency, and those around a percentile say what the latency is
 * made of. Like the users' latency, rows are only of requests that ended well after the warm-up. */
#include "books/trace_state.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#define LEVEL_MOST 60u

/* ---- dividing -------------------------------------------------------------------------------- */

static void spend(struct sim__trace *t, const struct sim__span *s, enum sim_spent on, sim_time time)
{
    uint32_t key = s->component * SIM_SPENT_CAUSES + on;
    assert(time >= 0);
    if (time == 0)
        return;
    if (t->spent[key] == 0)
        t->touched[t->touched_count++] = key;
    t->spent[key] += time;
}

/* Divides a span's own time by its marks; before the first mark it is spent on `first`. */
static void own(struct sim__trace *t, const struct sim__span *s, sim_time from, sim_time to,
                enum sim_spent first)
{
    assert(from <= to);
    for (uint32_t i = s->child; i != 0 && to > from; i = t->spans[i].sibling) {
        const struct sim__span *mark = &t->spans[i];
        if (mark->kind != SIM__SPAN_MARK || mark->sent >= to)
            continue;
        sim_time since = mark->sent > from ? mark->sent : from;
        spend(t, s, (enum sim_spent)mark->status, to - since);
        to = since;
    }
    spend(t, s, first, to - from);
}

/* Of the awaited calls in a list, the one that ended last, within ]from, to]; 0: none. */
static uint32_t last_ended(const struct sim__trace *t, uint32_t list, sim_time from, sim_time to)
{
    uint32_t last = 0;
    for (uint32_t i = list; i != 0; i = t->spans[i].sibling) {
        const struct sim__span *s = &t->spans[i];
        bool decides = s->kind != SIM__SPAN_MARK && (s->flags & SIM__SPAN_ABANDONED) == 0 &&
                       s->ended > from && s->ended <= to && s->sent < s->ended;
        if (decides && (last == 0 || s->ended > t->spans[last].ended))
            last = i;
    }
    return last;
}

static void divide(struct sim__trace *, const struct sim__span *, sim_time from, sim_time to);

static sim_time later(sim_time a, sim_time b)
{
    return a > b ? a : b;
}

static sim_time sooner(sim_time a, sim_time b)
{
    return a < b ? a : b;
}

/* Divides the time in which a component served a call. */
static void divide_served(struct sim__trace *t, const struct sim__span *s, sim_time from,
                          sim_time to)
{
    uint32_t list = s->child, i;
    while (to > from && (i = last_ended(t, list, from, to)) != 0) {
        const struct sim__span *awaited = &t->spans[i];
        sim_time since = later(awaited->sent, from);
        own(t, s, awaited->ended, to, SIM_SPENT_SERVICE);
        divide(t, awaited, since, awaited->ended);
        to = since;
        list = awaited->sibling; /* calls that had ended by then were sent before */
    }
    own(t, s, from, to, SIM_SPENT_SERVICE);
}

/* Divides the time of an operation before the deciding attempt was sent. */
static void divide_before(struct sim__trace *t, const struct sim__span *s,
                          const struct sim__span *decided, sim_time from, sim_time to)
{
    while (to > from) {
        const struct sim__span *out = NULL; /* the attempt that was out until last; of several, the
                                               one sent first */
        for (uint32_t i = s->child; i != 0; i = t->spans[i].sibling) {
            const struct sim__span *x = &t->spans[i];
            if (x == decided || x->kind == SIM__SPAN_MARK || x->sent >= to)
                continue;
            if (out == NULL || sooner(x->ended, to) >= sooner(out->ended, to))
                out = x;
        }
        sim_time until = out == NULL ? from : later(sooner(out->ended, to), from);
        own(t, s, until, to, SIM_SPENT_LIMIT);
        if (out == NULL)
            return;
        sim_time since = sooner(later(out->sent, from), until);
        spend(t, s, out->attempt == decided->attempt ? SIM_SPENT_HEDGE : SIM_SPENT_RETRY,
              until - since);
        to = since;
    }
}

/* Divides a root, an operation or a call. */
static void divide(struct sim__trace *t, const struct sim__span *s, sim_time from, sim_time to)
{
    assert(from <= to && s->ended != SIM_NEVER);
    if (s->kind == SIM__SPAN_CALL) {
        sim_time arrived = sooner(later(s->arrived, from), to);
        sim_time left = sooner(later(s->left, arrived), to);
        spend(t, s, SIM_SPENT_NETWORK, (arrived - from) + (to - left));
        divide_served(t, s, arrived, left);
        return;
    }
    uint32_t i = last_ended(t, s->child, from, to);
    if (i == 0) {
        own(t, s, from, to, SIM_SPENT_LIMIT);
        return;
    }
    const struct sim__span *decided = &t->spans[i];
    sim_time since = later(decided->sent, from);
    own(t, s, decided->ended, to, SIM_SPENT_LIMIT);
    divide(t, decided, since, decided->ended);
    divide_before(t, s, decided, from, since);
}

static bool has_room(const struct sim__trace *t)
{
    return t->live_rows < SIM__ROWS && t->live_parts < SIM__ROW_PARTS;
}

/* Removes the dropped rows. O(rows), once each time that half of the room was filled. */
static void close_gaps(struct sim__trace *t)
{
    uint32_t rows = 0, parts = 0;
    for (uint32_t i = 0; i < t->row_count; i++)
        if (t->rows[i].source != SIM__NO_SOURCE)
            t->sources[t->rows[i].source].newest = 0;
    for (uint32_t i = 0; i < t->row_count; i++) {
        struct sim__row row = t->rows[i];
        if (row.source == SIM__NO_SOURCE)
            continue;
        for (uint32_t k = 0; k < row.count; k++)
            t->parts[parts + k] = t->parts[row.first + k];
        row.first = parts;
        row.older = t->sources[row.source].newest;
        parts += row.count;
        t->rows[rows++] = row;
        t->sources[row.source].newest = rows;
    }
    t->row_count = rows;
    t->part_count = parts;
}

void sim__attribution_add(struct sim__trace *t, const struct sim__span *root)
{
    sim_time latency = root->ended - root->intended, sum = 0;
    assert(root->kind == SIM__SPAN_ROOT && root->ended != SIM_NEVER);
    if (root->status != SIM_OK)
        return;
    while (!has_room(t)) /* rare: only with large trees */
        sim__attribution_raise(t);
    uint32_t source = root->component;
    if (!sim__is_chosen(root->pick, t->sources[source].level))
        return;
    if (t->row_count == 2 * SIM__ROWS || t->part_count >= 2 * SIM__ROW_PARTS)
        close_gaps(t);
    struct sim__row *row = &t->rows[t->row_count++];
    *row = (struct sim__row){.pick = root->pick,
                             .latency = latency,
                             .source = source,
                             .first = t->part_count,
                             .older = t->sources[source].newest};
    t->sources[source].newest = t->row_count;
    sim_time sent = later(root->sent, root->intended);
    spend(t, root, SIM_SPENT_QUEUE, sent - root->intended);
    divide(t, root, sent, root->ended);
    for (uint32_t i = 0; i < t->touched_count; i++) {
        uint32_t key = t->touched[i];
        t->parts[t->part_count++] = (struct sim__row_part){key, t->spent[key]};
        sum += t->spent[key];
        t->spent[key] = 0;
    }
    row->count = t->touched_count;
    t->live_rows++;
    t->live_parts += row->count;
    t->touched_count = 0;
    t->divided++;
    t->unequal += sum != latency;
}

/* Drops the rows of a source that are not chosen at its new level. O(its rows). */
static void thin(struct sim__trace *t, struct sim__source *source)
{
    uint32_t *at = &source->newest;
    while (*at != 0) {
        struct sim__row *row = &t->rows[*at - 1];
        if (sim__is_chosen(row->pick, source->level)) {
            at = &row->older;
            continue;
        }
        *at = row->older;
        assert(t->live_rows > 0 && t->live_parts >= row->count);
        row->source = SIM__NO_SOURCE;
        t->live_rows--;
        t->live_parts -= row->count;
    }
}

void sim__attribution_clear(struct sim__trace *t)
{
    for (uint32_t i = 0; i < t->row_count; i++)
        if (t->rows[i].source != SIM__NO_SOURCE)
            t->sources[t->rows[i].source].newest = 0;
    t->row_count = t->part_count = t->live_rows = t->live_parts = 0;
}

/* ---- who is followed most -------------------------------------------------------------------- */

/* The source with more followed requests; of two equal ones, the first. */
static uint32_t winner(const struct sim__trace *t, uint32_t a, uint32_t b)
{
    uint32_t x = t->sources[a].begun, y = t->sources[b].begun;
    return x > y || (x == y && a < b) ? a : b;
}

void sim__attribution_begun(struct sim__trace *t, uint32_t source)
{
    for (uint32_t i = (t->component_count + source) / 2; i > 0; i /= 2)
        t->most[i] = winner(t, t->most[2 * i], t->most[2 * i + 1]);
}

/* Entry i is the winner of entries 2i and 2i + 1; the second half are the sources themselves. */
static int most_make(struct sim__trace *t)
{
    uint32_t n = t->component_count;
    t->most = calloc(2 * (size_t)n + 2, sizeof *t->most);
    if (t->most == NULL)
        return -1;
    for (uint32_t i = 0; i < n; i++)
        t->most[n + i] = i;
    for (uint32_t i = n > 0 ? n - 1 : 0; i > 0; i--)
        t->most[i] = winner(t, t->most[2 * i], t->most[2 * i + 1]);
    return 0;
}

void sim__attribution_raise(struct sim__trace *t)
{
    uint32_t source = t->most[1];
    struct sim__source *most = &t->sources[source];
    if (most->level == LEVEL_MOST)
        return;
    most->level++;
    t->begun -= most->begun - most->begun / 2;
    most->begun /= 2;
    sim__attribution_begun(t, source);
    thin(t, most);
}

int sim__attribution_make(struct sim__trace *t)
{
    size_t keys = (size_t)t->component_count * SIM_SPENT_CAUSES;
    t->rows = calloc(2 * SIM__ROWS, sizeof *t->rows);
    t->parts = calloc(2 * SIM__ROW_PARTS + keys, sizeof *t->parts);
    t->spent = calloc(keys + 1, sizeof *t->spent);
    t->touched = calloc(keys + 1, sizeof *t->touched);
    bool made = t->rows && t->parts && t->spent && t->touched;
    return made ? most_make(t) : -1;
}

void sim__attribution_free(struct sim__trace *t)
{
    free(t->rows);
    free(t->parts);
    free(t->spent);
    free(t->touched);
    free(t->most);
}

/* ---- at percentiles -------------------------------------------------------------------------- */

/* The bands: requests whose rank by latency, as a share of all, is within these. */
static const struct band {
    const char *stat;
    double low, at, high;
} bands[] = {
    {"mean", 0, -1, 1},
    {"p50", 0.45, 0.5, 0.55},
    {"p99", 0.985, 0.99, 0.995},
    {"p999", 0.9985, 0.999, 0.9995},
};
#define BANDS (sizeof bands / sizeof bands[0])

static int by_latency(const void *a, const void *b)
{
    const struct sim__row *x = a, *y = b;
    if (x->source != y->source)
        return x->source < y->source ? -1 : 1;
    if (x->latency != y->latency)
        return x->latency < y->latency ? -1 : 1;
    return x->pick < y->pick ? -1 : x->pick > y->pick;
}

static int by_key(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* Adds the mean parts of adjacent rows, in the order of components and causes. */
static void add_parts(struct sim__trace *t, const struct sim__row *rows, uint32_t n,
                      struct sim__bands *out, struct sim__band *into)
{
    double latency = 0;
    for (uint32_t i = 0; i < n; i++) {
        latency += (double)rows[i].latency;
        for (uint32_t k = 0; k < rows[i].count; k++) {
            const struct sim__row_part *part = &t->parts[rows[i].first + k];
            if (t->spent[part->key] == 0)
                t->touched[t->touched_count++] = part->key;
            t->spent[part->key] += part->spent;
        }
    }
    qsort(t->touched, t->touched_count, sizeof *t->touched, by_key);
    into->requests = n;
    into->latency = latency / n * 1e-9;
    into->first_part = out->part_count;
    into->part_count = t->touched_count;
    for (uint32_t i = 0; i < t->touched_count; i++) {
        uint32_t key = t->touched[i];
        out->parts[out->part_count++] = (struct sim__band_part){
            key / SIM_SPENT_CAUSES, (enum sim_spent)(key % SIM_SPENT_CAUSES),
            (double)t->spent[key] / n * 1e-9};
        t->spent[key] = 0;
    }
    t->touched_count = 0;
}

static void add_band(struct sim__trace *t, const struct sim__row *rows, uint32_t n,
                     const struct band *band, struct sim__bands *out)
{
    uint32_t first = (uint32_t)(band->low * n), end = (uint32_t)ceil(band->high * n);
    if (band->at > 0 && (double)n * (1 - band->at) < 1)
        return; /* too few requests for that percentile */
    struct sim__band *into = &out->bands[out->band_count++];
    *into = (struct sim__band){
        .source = rows->source, .stat = band->stat, .sampled = n, .percentile = NAN};
    if (band->at > 0)
        into->percentile = (double)rows[(uint32_t)ceil(band->at * n) - 1].latency * 1e-9;
    add_parts(t, rows + first, end - first, out, into);
}

int sim__attribution_bands(struct sim__trace *t, struct sim__bands *out)
{
    uint32_t sources = 0;
    *out = (struct sim__bands){.bands = NULL};
    close_gaps(t);
    qsort(t->rows, t->row_count, sizeof *t->rows, by_latency);
    for (uint32_t i = 0; i < t->row_count; i++)
        sources += i == 0 || t->rows[i].source != t->rows[i - 1].source;
    size_t most = BANDS * (size_t)sources;
    out->bands = calloc(most + 1, sizeof *out->bands);
    out->parts = calloc(most * t->component_count * SIM_SPENT_CAUSES + 1, sizeof *out->parts);
    if (out->bands == NULL || out->parts == NULL) {
        free(out->bands);
        free(out->parts);
        return -1;
    }
    for (uint32_t first = 0, end; first < t->row_count; first = end) {
        for (end = first; end < t->row_count && t->rows[end].source == t->rows[first].source;)
            end++;
        for (size_t b = 0; b < BANDS; b++)
            add_band(t, t->rows + first, end - first, &bands[b], out);
    }
    return 0;
}
