/* copies.c - the register of copies: counts by subject and node, updated as keys come and go. The
 * audit (audit.c) counts again by walking the models' data. */

#include "parts/copies_state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

const struct sim_meter sim__copy_meters[] = {
    SIM_ROW(.name = "copies", .kind = SIM_GAUGE, .unit = "keys",
            .offset = offsetof(struct sim_copies, copies),
            .doc = "Keys held that are somebody's: their keyspace has subjects."),
    SIM_ROW(.name = "copy_subjects", .kind = SIM_GAUGE, .unit = "subjects",
            .offset = offsetof(struct sim_copies, subjects),
            .doc = "Subjects of whom at least one key is held."),
    SIM_ROW(.name = "copy_bytes", .kind = SIM_GAUGE, .unit = "B",
            .offset = offsetof(struct sim_copies, bytes), .flags = SIM_WORSE_HIGH,
            .doc = "Bytes of those keys."),
    SIM_ROW(.name = "abroad_bytes", .kind = SIM_GAUGE, .unit = "B",
            .offset = offsetof(struct sim_copies, abroad), .flags = SIM_WORSE_HIGH,
            .doc = "Of them, held outside the home of their subject."),
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

struct sim_copies_of *sim__copies_held(const struct sim_node *node,
                                       const struct sim_keyspace *space)
{
    assert(node->copies != NULL);
    return &node->copies->spaces[space - node->world->keyspaces];
}

/* Brings the gauges of a node up to date. */
void sim__copies_show(struct sim_node *node, const struct sim_copies_of *before,
                      const struct sim_copies_of *after)
{
    sim_time now = sim_now(node->sim);
    struct sim_copies *c = node->copies;
    sim_gauge_add(&c->copies, now, after->copies - before->copies);
    sim_gauge_add(&c->subjects, now, after->subjects - before->subjects);
    sim_gauge_add(&c->bytes, now, after->bytes - before->bytes);
    sim_gauge_add(&c->abroad, now, after->abroad - before->abroad);
}

bool sim__copies_abroad(const struct sim_node *node, const struct sim_keyspace *space,
                        uint64_t subject)
{
    uint32_t home = sim_subject_home(space, subject);
    return home != SIM_NO_HOME && home != node->region;
}

/* False when out of memory: the simulation is then marked failed. */
bool sim__copies_counted(struct sim_node *node, const struct sim_keyspace *space,
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
    assert((change == 1 || change == -1) && key < space->count && space->subjects > 0);
    struct sim_copies_of *of = sim__copies_held(node, space), before = *of;
    if (!sim__copies_counted(node, space, of))
        return;
    uint64_t subject = sim_subject_of(space, key);
    int64_t bytes = change * sim_value_bytes(space, key);
    uint32_t had = of->of_subject[subject];
    assert(change > 0 || had > 0);
    of->of_subject[subject] = (uint32_t)((int64_t)had + change);
    of->copies += change;
    of->subjects += (of->of_subject[subject] > 0) - (had > 0);
    of->bytes += bytes;
    of->abroad += sim__copies_abroad(node, space, subject) ? bytes : 0;
    assert(of->copies >= 0 && of->subjects >= 0 && of->bytes >= 0 && of->abroad >= 0);
    sim__copies_show(node, &before, of);
}

void sim_copies_cleared(struct sim_node *node, struct sim_keyspace *space)
{
    if (space->subjects == 0)
        return;
    struct sim_copies_of *of = sim__copies_held(node, space), before = *of;
    if (of->of_subject != NULL)
        memset(of->of_subject, 0, space->subjects * sizeof *of->of_subject);
    *of = (struct sim_copies_of){.of_subject = of->of_subject};
    sim__copies_show(node, &before, of);
}

void sim_copies_of_subject(struct sim_world *w, const struct sim_keyspace *space, uint64_t subject,
                           sim_holder_visit *visit, void *self)
{
    for (uint32_t i = 0; i < w->component_count; i++)
        for (uint32_t n = 0; n < w->plan->components[i].nodes; n++) {
            struct sim_node *node = w->components[i].nodes[n];
            const struct sim_copies_of *of = node->copies ? sim__copies_held(node, space) : NULL;
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
