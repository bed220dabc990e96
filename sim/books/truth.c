/* truth.c - when versions were committed, and reads compared with it.
 *
 * The commits of a keyspace are in one ring. Each points to the commit of its key before it, and to
 * one further back, chosen so that any is reached in O(log n) steps (Myers 1983, An applicative
 * random-access stack). If a later commit has taken a place, its key and version show it. */
#include "books/truth_state.h"

#include "sim/kernel.h"

#include <assert.h>
#include <string.h>

#define COMMITS_LEAST 1024
#define COMMITS_MOST (UINT32_C(1) << 22)

struct commit {
    uint64_t key;
    sim_time when;
    uint32_t version;
    uint32_t before, jump; /* places + 1 of earlier commits of the key; 0: none */
};

struct sim_commits {
    struct sim_blocks *blocks;
    struct commit *ring;
    uint32_t capacity, next; /* next: the place for the next commit */
    uint32_t *last;          /* by key: place + 1 of its last commit; 0: never written */
};

struct sim_commits *sim__commits_new(struct sim_blocks *blocks, uint64_t keys)
{
    struct sim_commits *c = sim_blocks_alloc(blocks, 1, sizeof *c);
    if (c == NULL)
        return NULL;
    c->blocks = blocks;
    c->last = sim_blocks_alloc(blocks, keys, sizeof *c->last);
    return c->last != NULL ? c : NULL;
}

/* Makes room for one more commit: the ring grows up to its greatest size, then starts over. */
static bool room(struct sim_commits *c)
{
    if (c->next < c->capacity)
        return true;
    if (c->capacity == COMMITS_MOST) {
        c->next = 0;
        return true;
    }
    uint32_t capacity = c->capacity ? 2 * c->capacity : COMMITS_LEAST;
    struct commit *ring = sim_blocks_grow(c->blocks, c->ring, capacity, sizeof *ring);
    if (ring == NULL)
        return false;
    memset(ring + c->capacity, 0, (capacity - c->capacity) * sizeof *ring);
    c->ring = ring;
    c->capacity = capacity;
    return true;
}

/* The commit at a place, if it is still one of `key` and older than `version`; otherwise NULL. */
static const struct commit *older(const struct sim_commits *c, uint32_t place, uint64_t key,
                                  uint32_t version)
{
    if (place == 0)
        return NULL;
    const struct commit *e = &c->ring[place - 1];
    return e->key == key && e->version < version ? e : NULL;
}

/* Where a commit jumps to whose predecessor is at `place`. */
static uint32_t jump_from(const struct sim_commits *c, const struct commit *before, uint32_t place)
{
    const struct commit *near = older(c, before->jump, before->key, before->version);
    const struct commit *far = near ? older(c, near->jump, near->key, near->version) : NULL;
    return far && before->version - near->version == near->version - far->version ? near->jump
                                                                                  : place;
}

uint32_t sim_commit(struct sim *sim, struct sim_keyspace *space, uint64_t key)
{
    assert(key < space->count && space->latest[key] < UINT32_MAX);
    struct sim_commits *c = space->commits;
    uint32_t version = ++space->latest[key];
    if (!room(c)) {
        sim_fail_memory(sim);
        return version;
    }
    uint32_t place = c->last[key];
    const struct commit *before = older(c, place, key, version);
    struct commit commit = {.key = key, .when = sim_now(sim), .version = version};
    if (before != NULL) {
        commit.before = place;
        commit.jump = jump_from(c, before, place);
    }
    c->ring[c->next++] = commit;
    c->last[key] = c->next;
    return version;
}

/* The oldest remembered commit of a key for which `wanted` holds; NULL: for none. `wanted` must
 * hold for all commits after one for which it holds. */
static const struct commit *oldest(const struct sim_keyspace *space, uint64_t key,
                                   bool (*wanted)(const struct commit *, int64_t), int64_t bound)
{
    const struct sim_commits *c = space->commits;
    const struct commit *e = older(c, c->last[key], key, UINT32_MAX), *next;
    if (e == NULL || !wanted(e, bound))
        return NULL;
    for (;; e = next) {
        next = older(c, e->jump, key, e->version);
        if (next == NULL || !wanted(next, bound))
            next = older(c, e->before, key, e->version);
        if (next == NULL || !wanted(next, bound))
            return e;
    }
}

static bool is_after(const struct commit *e, int64_t when)
{
    return e->when > when;
}

static bool is_newer(const struct commit *e, int64_t version)
{
    return e->version > version;
}

uint32_t sim_version_at(const struct sim_keyspace *space, uint64_t key, sim_time when)
{
    assert(key < space->count);
    const struct commit *after = oldest(space, key, is_after, when);
    return after == NULL ? space->latest[key] : after->version - 1;
}

sim_time sim_overwritten_at(const struct sim_keyspace *space, uint64_t key, uint32_t version)
{
    const struct commit *next = oldest(space, key, is_newer, version);
    return next == NULL ? SIM_NEVER : next->when;
}

void sim__truth_stale(struct sim_truth_meters *m, const struct sim_keyspace *space, uint64_t key,
                      uint32_t version, sim_time asked)
{
    assert(version < space->latest[key] && "no read returns what is not committed yet");
    uint32_t then = sim_version_at(space, key, asked);
    if (version >= then)
        return; /* overwritten only after the read was asked: not stale */
    sim_count(&m->stale);
    sim_histogram_record(&m->versions_behind, then - version);
    sim_histogram_record(&m->stale_age, asked - sim_overwritten_at(space, key, version));
}

int64_t sim_value_bytes(const struct sim_keyspace *space, uint64_t key)
{
    if (space->value_bytes.kind == SIM_DIST_CONSTANT)
        return (int64_t)space->value_bytes.scale;
    struct sim_stream stream;
    uint64_t seed = sim_mix64(key + 1);
    for (int i = 0; i < 4; i++)
        stream.s[i] = seed = sim_mix64(seed + UINT64_C(0x9e3779b97f4a7c15));
    double bytes = sim_dist_draw(&space->value_bytes, &stream);
    return bytes < 0x1p50 ? (int64_t)bytes : INT64_C(1) << 50;
}
