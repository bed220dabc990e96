/* heap4_hold.c - the hold model on the queue that was not chosen: an implicit 4-ary heap (LaMarca
 * and Ladner 1996) of 16-byte entries ordered by (time, sequence), event records beside it. As
 * hold.c, so that `./dev bench` shows what the choice rests on. */
#include "sim/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct entry {
    int64_t time;
    uint64_t key;
};

typedef void handler(void *self, uint64_t arg);

struct record {
    uint64_t key;
    handler *fn;
    void *self;
    uint64_t arg;
};

struct hold {
    struct entry *heap;
    struct record *records;
    uint32_t *free;
    uint32_t count, free_count;
    int64_t now;
    uint64_t sequence, left, sum;
    struct sim_stream stream;
};

static int before(struct entry a, struct entry b)
{
    return a.time < b.time || (a.time == b.time && a.key < b.key);
}

static void push(struct hold *h, struct entry e)
{
    uint32_t at = h->count++;
    for (; at > 0 && before(e, h->heap[(at - 1) / 4]); at = (at - 1) / 4)
        h->heap[at] = h->heap[(at - 1) / 4];
    h->heap[at] = e;
}

static struct entry pop(struct hold *h)
{
    struct entry top = h->heap[0], last = h->heap[--h->count];
    uint32_t at = 0;
    for (uint32_t child; (child = 4 * at + 1) < h->count;) {
        uint32_t end = child + 4 < h->count ? child + 4 : h->count, least = child;
        for (uint32_t i = child + 1; i < end; i++)
            if (before(h->heap[i], h->heap[least]))
                least = i;
        if (!before(h->heap[least], last))
            break;
        h->heap[at] = h->heap[least];
        at = least;
    }
    h->heap[at] = last;
    return top;
}

static void schedule(struct hold *h, handler *fn, uint64_t arg)
{
    uint32_t index = h->free[--h->free_count];
    uint64_t key = ++h->sequence << 24 | index;
    h->records[index] = (struct record){key, fn, h, arg};
    int64_t gap = (int64_t)(sim_draw_exponential(&h->stream) * 1e6);
    push(h, (struct entry){h->now + gap, key});
}

static void event(void *self, uint64_t arg)
{
    struct hold *h = self;
    h->sum += (uint64_t)h->now;
    h->left--;
    schedule(h, event, arg);
}

static void run(struct hold *h, uint64_t steps)
{
    for (h->left = steps; h->left > 0;) {
        struct entry e = pop(h);
        uint32_t index = e.key & 0xffffff;
        struct record r = h->records[index];
        if (r.key != e.key)
            continue;
        h->free[h->free_count++] = index;
        h->now = e.time;
        r.fn(r.self, r.arg);
    }
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
    uint32_t n = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000;
    uint64_t steps = argc > 2 ? strtoull(argv[2], NULL, 10) : 10000000;
    struct hold h = {.heap = calloc(n + 1, sizeof *h.heap),
                     .records = calloc(n + 1, sizeof *h.records),
                     .free = calloc(n + 1, sizeof *h.free)};
    if (n == 0 || n >= 1 << 24 || !h.heap || !h.records || !h.free)
        return 1;
    sim_stream_init(&h.stream, 1, 0, "hold", "increments");
    for (uint32_t i = 0; i < n + 1; i++)
        h.free[h.free_count++] = n - i;
    for (uint32_t i = 0; i < n; i++)
        schedule(&h, event, i);
    run(&h, steps > n ? steps : n);
    double start = seconds();
    run(&h, steps);
    printf("{\"ns_per_event\": %.2f, \"events\": %llu, \"checksum\": %llu}\n",
           (seconds() - start) * 1e9 / (double)steps, (unsigned long long)steps,
           (unsigned long long)h.sum);
    free(h.heap);
    free(h.records);
    free(h.free);
    return 0;
}
