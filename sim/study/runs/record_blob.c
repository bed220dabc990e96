/* record_blob.c - a run's record as bytes and back, to the bit. */
#include "study/runs/record_blob.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { FORMAT = 5, HEAD_BYTES = 16, MOST_BYTES = 1 << 30 };

/* Whoever gives a record a field gives it a place in write_…() and read_…() below, and FORMAT the
 * next number. A trace is not kept: who asks for one has the run done anew. */
_Static_assert(sizeof(struct sim_record) == 328 && sizeof(struct sim_metric) == 72 &&
                   sizeof(struct sim_answer) == 88 && sizeof(struct sim_series) == 40 &&
                   sizeof(struct sim_audit_line) == 200 &&
                   sizeof(struct sim_distribution_result) == 64 && sizeof(struct sim_tally) == 40 &&
                   sizeof(struct sim_fault_window) == 32 && sizeof(struct sim_attribution) == 48 &&
                   sizeof(struct sim_attribution_part) == 24,
               "a field of struct sim_record has no place in record_blob.c yet");

/* ---- writing --------------------------------------------------------------------------------- */

static void put(struct sim_buffer *out, uint64_t value, size_t bytes)
{
    unsigned char text[8];
    for (size_t i = 0; i < bytes; i++)
        text[i] = (unsigned char)(value >> 8 * i);
    sim_buffer_add(out, (const char *)text, bytes);
}

static void put_double(struct sim_buffer *out, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    put(out, bits, 8);
}

static void put_text(struct sim_buffer *out, const char *text)
{
    size_t n = strlen(text);
    n = n > UINT16_MAX ? UINT16_MAX : n;
    put(out, n, 2);
    sim_buffer_add(out, text, n);
}

static void write_attributions(struct sim_buffer *out, const struct sim_record *record)
{
    put(out, record->attribution_count, 4);
    for (uint32_t i = 0; i < record->attribution_count; i++) {
        const struct sim_attribution *a = &record->attributions[i];
        put_text(out, a->source);
        put_text(out, a->stat);
        put_double(out, a->percentile);
        put_double(out, a->latency);
        put(out, a->requests, 4);
        put(out, a->sampled, 4);
        put(out, a->first_part, 4);
        put(out, a->part_count, 4);
    }
    put(out, record->attribution_part_count, 4);
    for (uint32_t i = 0; i < record->attribution_part_count; i++) {
        const struct sim_attribution_part *p = &record->attribution_parts[i];
        put_text(out, p->component);
        put_text(out, p->cause);
        put_double(out, p->mean);
    }
}

static void write_metric(struct sim_buffer *out, const struct sim_metric *m)
{
    put_text(out, m->component);
    put_text(out, m->meter);
    put_text(out, m->stat);
    put_text(out, m->unit);
    put(out, m->headline, 1);
    put(out, m->asked, 1);
    put(out, m->node, 4);
    put_double(out, m->value);
    put(out, m->n, 8);
}

static void write_numbers(struct sim_buffer *out, const struct sim_record *record)
{
    put(out, (uint64_t)record->outcome, 4);
    put_text(out, record->why);
    put(out, record->events, 8);
    put(out, record->hash, 8);
    put(out, (uint64_t)record->interval, 8);
    put(out, record->windows, 4);
    put(out, record->audit_held, 1);
    put(out, record->metric_count, 4);
    for (uint32_t i = 0; i < record->metric_count; i++)
        write_metric(out, &record->metrics[i]);
    put(out, record->answer_count, 4);
    for (uint32_t i = 0; i < record->answer_count; i++) {
        write_metric(out, &record->answers[i].metric);
        put(out, (uint64_t)record->answers[i].from, 8);
        put(out, (uint64_t)record->answers[i].to, 8);
    }
    put(out, record->audit_count, 4);
    for (uint32_t i = 0; i < record->audit_count; i++) {
        const struct sim_audit_line *line = &record->audit[i];
        put_text(out, line->name);
        put_text(out, line->component);
        put(out, line->held, 1);
        put_double(out, line->expected);
        put_double(out, line->observed);
        put_text(out, line->text);
    }
    put(out, record->fault_begins, 8);
    put(out, record->fault_count, 4);
    for (uint32_t i = 0; i < record->fault_count; i++) {
        const struct sim_fault_window *window = &record->faults[i];
        put(out, window->fault, 4);
        put(out, (uint64_t)window->on.kind, 4);
        put(out, window->on.index, 4);
        put(out, window->on.node, 4);
        put(out, (uint64_t)window->began, 8);
        put(out, (uint64_t)window->ended, 8);
    }
    write_attributions(out, record);
}

static void write_series(struct sim_buffer *out, const struct sim_record *record)
{
    put(out, record->windows, 4);
    put(out, record->series_count, 4);
    for (uint32_t i = 0; i < record->series_count; i++) {
        const struct sim_series *s = &record->series[i];
        put_text(out, s->component);
        put_text(out, s->meter);
        put_text(out, s->stat);
        put_text(out, s->unit);
        for (uint32_t w = 0; w < record->windows; w++)
            put_double(out, s->values[w]);
    }
}

static void write_distributions(struct sim_buffer *out, const struct sim_record *record)
{
    put(out, record->distribution_count, 4);
    for (uint32_t i = 0; i < record->distribution_count; i++) {
        const struct sim_distribution_result *d = &record->distributions[i];
        uint32_t filled = 0;
        put_text(out, d->component);
        put_text(out, d->meter);
        put_text(out, d->unit);
        put(out, d->tally.n, 8);
        put_double(out, d->tally.sum);
        put(out, (uint64_t)d->tally.low, 8);
        put(out, (uint64_t)d->tally.high, 8);
        for (uint32_t k = 0; d->tally.rows && k < SIM_HISTOGRAM_BUCKETS; k++)
            filled += sim_tally_count(&d->tally, k) > 0;
        put(out, d->tally.rows != NULL, 1);
        put(out, filled, 4);
        for (uint32_t k = 0; filled > 0 && k < SIM_HISTOGRAM_BUCKETS; k++) {
            if (sim_tally_count(&d->tally, k) == 0)
                continue;
            put(out, k, 4);
            put(out, sim_tally_count(&d->tally, k), 8);
        }
    }
}

/* A head and the content deflated, at the fastest level: the simulation should have the time. */
static int deflate_part(struct sim_buffer *content, unsigned part, struct sim_bytes *to)
{
    uLongf room = compressBound((uLong)content->length);
    to->data = content->failed ? NULL : malloc(HEAD_BYTES + room);
    if (!to->data)
        return -1;
    struct sim_buffer head = {0};
    put(&head, 'w' | 'r' << 8 | FORMAT << 16 | part << 24, 4);
    put(&head, content->length, 4);
    put(&head, crc32(0, (const Bytef *)content->text, (uInt)content->length), 4);
    put(&head, 0, 4);
    int status = head.failed ? Z_MEM_ERROR
                             : compress2(to->data + HEAD_BYTES, &room, (const Bytef *)content->text,
                                         (uLong)content->length, Z_BEST_SPEED);
    if (status == Z_OK)
        memcpy(to->data, head.text, HEAD_BYTES);
    to->length = HEAD_BYTES + room;
    sim_buffer_free(&head);
    return status == Z_OK ? 0 : -1;
}

int sim_record_pack(const struct sim_record *record, struct sim_packed *packed)
{
    static void (*const writers[])(struct sim_buffer *, const struct sim_record *) = {
        write_numbers, write_series, write_distributions};
    int status = 0;
    *packed = (struct sim_packed){.parts = {{NULL, 0}}};
    for (unsigned part = 0; status == 0 && part < SIM_RECORD_PARTS; part++) {
        struct sim_buffer content = {0};
        writers[part](&content, record);
        status = deflate_part(&content, part, &packed->parts[part]);
        sim_buffer_free(&content);
    }
    return status;
}

void sim_packed_free(struct sim_packed *packed)
{
    for (unsigned part = 0; part < SIM_RECORD_PARTS; part++)
        free(packed->parts[part].data);
    *packed = (struct sim_packed){.parts = {{NULL, 0}}};
}

/* ---- reading --------------------------------------------------------------------------------- */

struct reader {
    const unsigned char *at, *end;
    struct sim_names *names;
    bool short_of_memory, damaged; /* once damaged, everything reads as zero */
};

static uint64_t get(struct reader *in, size_t bytes)
{
    uint64_t value = 0;
    if ((size_t)(in->end - in->at) < bytes) {
        in->damaged = true;
        return 0;
    }
    for (size_t i = 0; i < bytes; i++)
        value |= (uint64_t)in->at[i] << 8 * i;
    in->at += bytes;
    return value;
}

static double get_double(struct reader *in)
{
    uint64_t bits = get(in, 8);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static const char *get_text(struct reader *in)
{
    size_t n = (size_t)get(in, 2);
    if ((size_t)(in->end - in->at) < n) {
        in->damaged = true;
        return "";
    }
    const char *text = sim_names_get(in->names, (const char *)in->at, n);
    in->at += n;
    in->short_of_memory = in->short_of_memory || !text;
    return text ? text : "";
}

static void get_into(struct reader *in, char *text, size_t room)
{
    size_t n = (size_t)get(in, 2);
    if ((size_t)(in->end - in->at) < n || n >= room) {
        in->damaged = true;
        return;
    }
    memcpy(text, in->at, n);
    text[n] = '\0';
    in->at += n;
}

/* An array for as many as are said to follow, each of which takes at least `least` bytes. */
static void *get_array(struct reader *in, uint32_t *count, size_t size, size_t least)
{
    uint32_t n = (uint32_t)get(in, 4);
    if (n > (size_t)(in->end - in->at) / least)
        in->damaged = true;
    void *array = in->damaged ? NULL : calloc(n + 1u, size);
    in->short_of_memory = in->short_of_memory || (!in->damaged && !array);
    *count = array ? n : 0;
    return array;
}

static void read_attributions(struct reader *in, struct sim_record *record)
{
    record->attributions = get_array(in, &record->attribution_count, sizeof *record->attributions,
                                     36);
    for (uint32_t i = 0; i < record->attribution_count; i++) {
        struct sim_attribution *a = &record->attributions[i];
        a->source = get_text(in);
        a->stat = get_text(in);
        a->percentile = get_double(in);
        a->latency = get_double(in);
        a->requests = (uint32_t)get(in, 4);
        a->sampled = (uint32_t)get(in, 4);
        a->first_part = (uint32_t)get(in, 4);
        a->part_count = (uint32_t)get(in, 4);
    }
    record->attribution_parts = get_array(in, &record->attribution_part_count,
                                          sizeof *record->attribution_parts, 12);
    for (uint32_t i = 0; i < record->attribution_part_count; i++) {
        struct sim_attribution_part *p = &record->attribution_parts[i];
        p->component = get_text(in);
        p->cause = get_text(in);
        p->mean = get_double(in);
    }
    for (uint32_t i = 0; i < record->attribution_count; i++) {
        const struct sim_attribution *a = &record->attributions[i];
        in->damaged = in->damaged ||
                      (uint64_t)a->first_part + a->part_count > record->attribution_part_count;
    }
}

static void read_metric(struct reader *in, struct sim_metric *m)
{
    m->component = get_text(in);
    m->meter = get_text(in);
    m->stat = get_text(in);
    m->unit = get_text(in);
    m->headline = get(in, 1) != 0;
    m->asked = get(in, 1) != 0;
    m->node = (uint32_t)get(in, 4);
    m->value = get_double(in);
    m->n = get(in, 8);
}

static void read_numbers(struct reader *in, struct sim_record *record)
{
    record->outcome = (enum sim_outcome)get(in, 4);
    get_into(in, record->why, sizeof record->why);
    record->events = get(in, 8);
    record->hash = get(in, 8);
    record->interval = (sim_time)get(in, 8);
    record->windows = (uint32_t)get(in, 4);
    record->audit_held = get(in, 1) != 0;
    record->metrics = get_array(in, &record->metric_count, sizeof *record->metrics, 30);
    for (uint32_t i = 0; i < record->metric_count; i++)
        read_metric(in, &record->metrics[i]);
    record->answers = get_array(in, &record->answer_count, sizeof *record->answers, 46);
    for (uint32_t i = 0; i < record->answer_count; i++) {
        read_metric(in, &record->answers[i].metric);
        record->answers[i].from = (sim_time)get(in, 8);
        record->answers[i].to = (sim_time)get(in, 8);
    }
    record->audit = get_array(in, &record->audit_count, sizeof *record->audit, 23);
    for (uint32_t i = 0; i < record->audit_count; i++) {
        struct sim_audit_line *line = &record->audit[i];
        line->name = get_text(in);
        line->component = get_text(in);
        line->held = get(in, 1) != 0;
        line->expected = get_double(in);
        line->observed = get_double(in);
        get_into(in, line->text, sizeof line->text);
    }
    record->fault_begins = get(in, 8);
    record->faults = get_array(in, &record->fault_count, sizeof *record->faults, 32);
    for (uint32_t i = 0; i < record->fault_count; i++) {
        struct sim_fault_window *window = &record->faults[i];
        window->fault = (uint32_t)get(in, 4);
        window->on.kind = (int)get(in, 4);
        window->on.index = (uint32_t)get(in, 4);
        window->on.node = (uint32_t)get(in, 4);
        window->began = (sim_time)get(in, 8);
        window->ended = (sim_time)get(in, 8);
    }
    read_attributions(in, record);
}

static void read_series(struct reader *in, struct sim_record *record)
{
    uint32_t windows = (uint32_t)get(in, 4);
    in->damaged = in->damaged || windows != record->windows;
    record->series = get_array(in, &record->series_count, sizeof *record->series, 8);
    for (uint32_t i = 0; i < record->series_count; i++) {
        struct sim_series *s = &record->series[i];
        s->component = get_text(in);
        s->meter = get_text(in);
        s->stat = get_text(in);
        s->unit = get_text(in);
        if ((size_t)(in->end - in->at) / 8 < windows)
            in->damaged = true;
        s->values = in->damaged ? NULL : malloc(windows * sizeof(double) + 1);
        in->short_of_memory = in->short_of_memory || (!in->damaged && !s->values);
        for (uint32_t w = 0; s->values && w < windows; w++)
            s->values[w] = get_double(in);
    }
}

static void read_tally(struct reader *in, struct sim_tally *t)
{
    t->n = get(in, 8);
    t->sum = get_double(in);
    t->low = (int64_t)get(in, 8);
    t->high = (int64_t)get(in, 8);
    bool counted = get(in, 1) != 0;
    uint32_t filled = (uint32_t)get(in, 4);
    if (!counted)
        return;
    for (uint32_t i = 0; i < filled && !in->damaged; i++) {
        uint64_t bucket = get(in, 4), count = get(in, 8);
        if (bucket >= SIM_HISTOGRAM_BUCKETS)
            in->damaged = true;
        else if (sim_tally_put(t, (uint32_t)bucket, count) != 0)
            in->short_of_memory = true;
    }
}

static void read_distributions(struct reader *in, struct sim_record *record)
{
    record->distributions = get_array(in, &record->distribution_count,
                                      sizeof *record->distributions, 43);
    for (uint32_t i = 0; i < record->distribution_count; i++) {
        struct sim_distribution_result *d = &record->distributions[i];
        d->component = get_text(in);
        d->meter = get_text(in);
        d->unit = get_text(in);
        read_tally(in, &d->tally);
    }
}

/* The content of a part, malloc'd. NULL: it is damaged, or memory ran out. */
static unsigned char *inflate_part(const struct sim_bytes *from, unsigned part, struct reader *in)
{
    struct reader head = {.at = from->data, .end = from->data + from->length};
    uint64_t mark = get(&head, 4), length = get(&head, 4), crc = get(&head, 4);
    get(&head, 4);
    in->damaged = head.damaged || mark != ('w' | 'r' << 8 | FORMAT << 16 | part << 24) ||
                  length > MOST_BYTES;
    unsigned char *content = in->damaged ? NULL : malloc(length + 1);
    if (!content) {
        in->short_of_memory = !in->damaged;
        return NULL;
    }
    uLongf got = (uLongf)length;
    int status = uncompress(content, &got, head.at, (uLong)(head.end - head.at));
    in->short_of_memory = status == Z_MEM_ERROR;
    in->damaged = status != Z_OK || got != length || crc32(0, content, (uInt)length) != crc;
    in->at = content;
    in->end = content + length;
    return content;
}

struct sim_record *sim_record_unpack(const struct sim_packed *packed, struct sim_names *names,
                                     struct sim_error *error)
{
    static void (*const readers[])(struct reader *, struct sim_record *) = {
        read_numbers, read_series, read_distributions};
    static const char *const what[] = {"numbers", "series", "distributions"};
    struct sim_record *record = calloc(1, sizeof *record);
    struct reader in = {.names = names, .short_of_memory = !record};
    unsigned part = 0;
    for (; record && part < SIM_RECORD_PARTS; part++) {
        if (packed->parts[part].length == 0)
            continue;
        unsigned char *content = inflate_part(&packed->parts[part], part, &in);
        if (content && !in.damaged && !in.short_of_memory)
            readers[part](&in, record);
        in.damaged = in.damaged || (content && in.at != in.end);
        free(content);
        if (in.damaged || in.short_of_memory)
            break;
    }
    if (record && part == SIM_RECORD_PARTS)
        return record;
    if (in.short_of_memory)
        snprintf(error->text, sizeof error->text, "out of memory");
    else
        snprintf(error->text, sizeof error->text, "the %s of a run are damaged", what[part]);
    sim_record_free(record);
    return NULL;
}
