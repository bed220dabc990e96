/* copies.c - the register of copies: counts by subject and node, kept as keys come and go. The
 * audit counts again by walking what the models hold (audit.c). */
#include "sim/copies.h"

#include "fabric/size_state.h"
#include "fabric/world_state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

const struct sim_meter sim__copy_meters[] = {
    {"copies", SIM_GAUGE, "keys", "Keys held that are somebody's: their keyspace has subjects.",
     offsetof(struct sim_copies, copies), NULL, NULL, 0},
    {"copy_subjects", SIM_GAUGE, "subjects", "Subjects of whom at least one key is held.",
     offsetof(struct sim_copies, subjects), NULL, NULL, 0},
    {"copy_bytes", SIM_GAUGE, "B", "Bytes of those keys.", offsetof(struct sim_copies, bytes), NULL,
     NULL, SIM_WORSE_HIGH},
    {"abroad_bytes", SIM_GAUGE, "B", "Of them, held outside the home of their subject.",
     offsetof(struct sim_copies, abroad), NULL, NULL, SIM_WORSE_HIGH},
    {.name = NULL},
};

uint32_t sim_subject_home(const struct sim_keyspace *space, uint64_t subject)
{
    if (space->home_count == 0)
        return SIM_NO_HOME;
    uint64_t bits = sim_mix64(subject + UINT64_C(0x9e3779b97f4a7c15));
    double u = (double)(bits >> 11) * 0x1p-53;
    uint32_t i = 0;
    while (i + 1 < space->home_count && u >= space->homes[i].up_to)
        i++;
    return space->homes[i].region;
}

static struct sim_copies_of *held_by(const struct sim_node *node, const struct sim_keyspace *space)
{
    assert(node->copies != NULL);
    return &node->copies->spaces[space - node->world->keyspaces];
}

/* Takes the present sums of a node to its gauges. */
static void show(struct sim_node *node, const struct sim_copies_of *before,
                 const struct sim_copies_of *after)
{
    sim_time now = sim_now(node->sim);
    struct sim_copies *c = node->copies;
    sim_gauge_add(&c->copies, now, after->copies - before->copies);
    sim_gauge_add(&c->subjects, now, after->subjects - before->subjects);
    sim_gauge_add(&c->bytes, now, after->bytes - before->bytes);
    sim_gauge_add(&c->abroad, now, after->abroad - before->abroad);
}

static bool is_abroad(const struct sim_node *node, const struct sim_keyspace *space,
                      uint64_t subject)
{
    uint32_t home = sim_subject_home(space, subject);
    return home != SIM_NO_HOME && home != node->component->plan->region;
}

/* False: no memory for the counts, and the simulation is marked failed. */
static bool counts_made(struct sim_node *node, const struct sim_keyspace *space,
                        struct sim_copies_of *of)
{
    if (of->of_subject == NULL)
        of->of_subject = sim_node_alloc(node, space->subjects, sizeof *of->of_subject);
    if (of->of_subject == NULL)
        sim_fail_memory(node->sim);
    return of->of_subject != NULL;
}

void sim__copy_change(struct sim_node *node, struct sim_keyspace *space, uint64_t key, int change)
{
    struct sim_copies_of *of = held_by(node, space), before = *of;
    if (!counts_made(node, space, of))
        return;
    uint64_t subject = sim_subject_of(space, key);
    int64_t bytes = change * sim_value_bytes(space, key);
    uint32_t had = of->of_subject[subject];
    assert(change > 0 || had > 0);
    of->of_subject[subject] = (uint32_t)((int64_t)had + change);
    of->copies += change;
    of->subjects += (of->of_subject[subject] > 0) - (had > 0);
    of->bytes += bytes;
    of->abroad += is_abroad(node, space, subject) ? bytes : 0;
    show(node, &before, of);
}

void sim_copies_cleared(struct sim_node *node, struct sim_keyspace *space)
{
    if (space->subjects == 0)
        return;
    struct sim_copies_of *of = held_by(node, space), before = *of;
    if (of->of_subject != NULL)
        memset(of->of_subject, 0, space->subjects * sizeof *of->of_subject);
    *of = (struct sim_copies_of){.of_subject = of->of_subject};
    show(node, &before, of);
}

void sim_copies_of_subject(struct sim_world *w, const struct sim_keyspace *space, uint64_t subject,
                           sim_holder_visit *visit, void *self)
{
    for (uint32_t i = 0; i < w->component_count; i++)
        for (uint32_t n = 0; n < w->plan->components[i].nodes; n++) {
            struct sim_node *node = w->components[i].nodes[n];
            const struct sim_copies_of *of = node->copies ? held_by(node, space) : NULL;
            if (of != NULL && of->of_subject != NULL && of->of_subject[subject] > 0)
                visit(self, node, space, of->of_subject[subject]);
        }
}

int sim__copies_make(struct sim_node *node)
{
    struct sim_world *w = node->world;
    node->copies = sim__world_alloc(w, 1, sizeof *node->copies);
    if (node->copies == NULL)
        return -1;
    node->copies->spaces = sim__world_alloc(w, w->plan->keyspace_count,
                                            sizeof *node->copies->spaces);
    return node->copies->spaces == NULL ? -1 : 0;
}

/* ---- which keys can come to a node ----------------------------------------------------------- */

/* Whether a component draws keys of this keyspace. */
static bool draws(const struct sim_param *p, const char *image, uintptr_t keyspace)
{
    for (; p != NULL && p->name != NULL; p++) {
        uintptr_t index;
        if (p->kind == SIM_GROUP && draws(p->fields, image + p->offset, keyspace))
            return true;
        if (p->kind != SIM_KEYSPACE)
            continue;
        memcpy(&index, image + p->offset, sizeof index);
        if (index == keyspace + 1)
            return true;
    }
    return false;
}

/* Marks what can be called from where a keyspace's keys are drawn, by breadth. */
void sim__keyspace_mark(const struct sim_plan *plan, uint32_t keyspace, bool *reached,
                        uint32_t *queue)
{
    uint32_t head = 0, tail = 0;
    for (uint32_t i = 0; i < plan->component_count; i++)
        if (draws(plan->components[i].model->params, plan->components[i].image, keyspace)) {
            reached[i] = true;
            queue[tail++] = i;
        }
    while (head < tail) {
        const struct sim_plan_component *c = &plan->components[queue[head++]];
        for (uint32_t k = 0; c->model->ports && c->model->ports[k].name; k++)
            for (uint32_t t = 0; t < c->ports[k].count; t++) {
                uint32_t to = c->ports[k].targets[t].component;
                if (!reached[to])
                    queue[tail++] = to;
                reached[to] = true;
            }
    }
}

struct sim_keyspace *sim_keyspace_next(const struct sim_node *node, uint32_t *index)
{
    struct sim_world *w = node->world;
    const struct sim_plan *plan = w->plan;
    uint32_t self = (uint32_t)(node->component - w->components);
    bool *reached = calloc(plan->component_count, sizeof *reached);
    uint32_t *queue = calloc(plan->component_count, sizeof *queue);
    struct sim_keyspace *found = NULL;
    if (reached == NULL || queue == NULL)
        sim_fail_memory(w->sim);
    while (reached != NULL && queue != NULL && !found && *index < plan->keyspace_count) {
        uint32_t at = (*index)++;
        memset(reached, 0, plan->component_count * sizeof *reached);
        sim__keyspace_mark(plan, at, reached, queue);
        found = reached[self] ? &w->keyspaces[at] : NULL;
    }
    free(reached);
    free(queue);
    return found;
}

/* ---- data that is kept whole ----------------------------------------------------------------- */

/* The bytes of a subject's keys, of which there are so many. */
static int64_t bytes_of_subject(const struct sim_keyspace *space, uint64_t subject, uint64_t keys)
{
    int64_t bytes = 0;
    if (space->value_bytes.kind == SIM_DIST_CONSTANT)
        return (int64_t)keys * sim_value_bytes(space, subject);
    for (uint64_t key = subject; key < space->count; key += space->subjects)
        bytes += sim_value_bytes(space, key);
    return bytes;
}

/* Every key there is; how many bytes that is. */
static int64_t register_whole(struct sim_node *node, struct sim_keyspace *space)
{
    struct sim_copies_of *of = held_by(node, space), before = *of;
    if (!counts_made(node, space, of))
        return 0;
    for (uint64_t s = 0; s < space->subjects; s++) {
        uint64_t keys = space->count / space->subjects + (s < space->count % space->subjects);
        int64_t bytes = bytes_of_subject(space, s, keys);
        of->of_subject[s] = (uint32_t)keys;
        of->subjects += keys > 0;
        of->bytes += bytes;
        of->abroad += is_abroad(node, space, s) ? bytes : 0;
    }
    of->copies = (int64_t)space->count;
    show(node, &before, of);
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
