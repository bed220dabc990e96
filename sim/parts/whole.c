/* whole.c - data that a component holds as a whole: every key but those deleted. */
#include "parts/copies_state.h"

/* The bytes of the values of a subject's keys. */
static int64_t bytes_of_subject(const struct sim_keyspace *space, uint64_t subject, uint64_t keys)
{
    int64_t bytes = 0;
    if (space->value_bytes.kind == SIM_DIST_CONSTANT)
        return (int64_t)keys * sim_value_bytes(space, subject);
    for (uint64_t key = subject; key < space->count; key += space->subjects)
        bytes += sim_value_bytes(space, key);
    return bytes;
}

/* Registers every key of a keyspace. Returns their bytes. */
static int64_t register_whole(struct sim_node *node, struct sim_keyspace *space)
{
    struct sim_copies_of *of = sim__copies_held(node, space), before = *of;
    if (!sim__copies_counted(node, space, of))
        return 0;
    for (uint64_t s = 0; s < space->subjects; s++) {
        uint64_t keys = space->count / space->subjects + (s < space->count % space->subjects);
        int64_t bytes = bytes_of_subject(space, s, keys);
        of->of_subject[s] = (uint32_t)keys;
        of->subjects += keys > 0;
        of->bytes += bytes;
        of->abroad += sim__copies_abroad(node, space, s) ? bytes : 0;
    }
    of->copies = (int64_t)space->count;
    sim__copies_show(node, &before, of);
    return of->bytes;
}

int sim_whole_init(struct sim_whole *whole, struct sim_node *node)
{
    uint32_t index = 0, most = node->world->plan->keyspace_count;
    struct sim_keyspace *space;
    whole->node = node;
    whole->spaces = sim_node_alloc(node, most, sizeof *whole->spaces);
    if (whole->spaces == NULL)
        return -1;
    while ((space = sim_keyspace_next(node, &index)) != NULL) {
        double mean = sim_dist_mean(&space->value_bytes);
        whole->spaces[whole->count++].space = space;
        sim_gauge_add(&whole->bytes, sim_now(node->sim),
                      space->subjects != 0 ? register_whole(node, space)
                                           : (int64_t)((double)space->count * mean + 0.5));
    }
    return 0;
}

static struct sim_whole_space *space_of(const struct sim_whole *whole,
                                        const struct sim_keyspace *space)
{
    for (uint32_t i = 0; i < whole->count; i++)
        if (whole->spaces[i].space == space)
            return &whole->spaces[i];
    return NULL;
}

static bool is_gone(const struct sim_whole_space *s, uint64_t key)
{
    return s->gone != NULL && (s->gone[key / 64] >> (key % 64) & 1) != 0;
}

static void change(struct sim_whole *whole, struct sim_whole_space *s, uint64_t key, bool there)
{
    int64_t bytes = sim_value_bytes(s->space, key);
    s->gone[key / 64] ^= UINT64_C(1) << (key % 64);
    sim_gauge_add(&whole->bytes, sim_now(whole->node->sim), there ? bytes : -bytes);
    if (there)
        sim_copy_added(whole->node, s->space, key);
    else
        sim_copy_removed(whole->node, s->space, key);
}

void sim_whole_put(struct sim_whole *whole, const struct sim_keyspace *space, uint64_t key)
{
    struct sim_whole_space *s = space_of(whole, space);
    if (s != NULL && is_gone(s, key))
        change(whole, s, key, true);
}

void sim_whole_drop(struct sim_whole *whole, const struct sim_keyspace *space, uint64_t key)
{
    struct sim_whole_space *s = space_of(whole, space);
    if (s == NULL || is_gone(s, key))
        return;
    if (s->gone == NULL)
        s->gone = sim_node_alloc(whole->node, space->count / 64 + 1, sizeof *s->gone);
    if (s->gone == NULL)
        sim_fail_memory(whole->node->sim);
    else
        change(whole, s, key, false);
}

void sim_whole_visit(const struct sim_whole *whole, sim_copy_visit *visit, void *self)
{
    for (uint32_t i = 0; i < whole->count; i++)
        for (uint64_t key = 0; key < whole->spaces[i].space->count; key++)
            if (!is_gone(&whole->spaces[i], key))
                visit(self, whole->spaces[i].space, key);
}
