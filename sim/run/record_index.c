/* record_index.c - the index of a record's numbers by component. */
#include "base/lookup.h"
#include "sim/record.h"

#include <stdlib.h>
#include <string.h>

/* Adjacent numbers of one component. */
struct run {
    uint32_t first, end, next; /* next: 1 + the component's next one; 0: none */
};

struct index {
    struct sim_lookup by_name; /* the component's first run */
    struct run *runs;
    uint32_t run_count, capacity;
    uint32_t count; /* of the numbers when it was made; a list of another length is searched
                       instead */
};

struct sim_places {
    struct index of[2]; /* enum sim_record_list */
};

static const char *name_at(const struct sim_record *record, enum sim_record_list list, uint32_t i)
{
    return list == SIM_LIST_METRICS ? record->metrics[i].component : record->series[i].component;
}

static uint32_t count_of(const struct sim_record *record, enum sim_record_list list)
{
    return list == SIM_LIST_METRICS ? record->metric_count : record->series_count;
}

/* Begins a run with one number; `last`: for each run, the last run of its component. 0, or -1 when
 * out of memory. */
static int begin_run(struct index *x, uint32_t **last, const char *name, uint32_t first)
{
    if (x->run_count == x->capacity) {
        uint32_t capacity = x->capacity ? 2 * x->capacity : 64;
        struct run *runs = realloc(x->runs, capacity * sizeof *runs);
        x->runs = runs ? runs : x->runs;
        uint32_t *wider = realloc(*last, capacity * sizeof *wider);
        *last = wider ? wider : *last;
        if (!runs || !wider)
            return -1;
        x->capacity = capacity;
    }
    uint32_t run = x->run_count++;
    x->runs[run] = (struct run){first, first + 1, 0};
    uint32_t there = sim_lookup_put(&x->by_name, name, strlen(name), run);
    if (there == SIM_LOOKUP_NONE)
        return -1;
    if (there != run)
        x->runs[(*last)[there]].next = run + 1;
    (*last)[there] = run;
    return 0;
}

static int index_make(struct index *x, const struct sim_record *record, enum sim_record_list list)
{
    uint32_t *last = NULL;
    int status = 0;
    x->count = count_of(record, list);
    for (uint32_t i = 0; status == 0 && i < x->count; i++) {
        const char *name = name_at(record, list, i);
        if (i > 0 && strcmp(name, name_at(record, list, i - 1)) == 0)
            x->runs[x->run_count - 1].end++;
        else
            status = begin_run(x, &last, name, i);
    }
    free(last);
    return status;
}

int sim_record_place(struct sim_record *record)
{
    sim_record_unplace(record);
    record->places = calloc(1, sizeof *record->places);
    if (!record->places || index_make(&record->places->of[0], record, SIM_LIST_METRICS) != 0 ||
        index_make(&record->places->of[1], record, SIM_LIST_SERIES) != 0) {
        sim_record_unplace(record);
        return -1;
    }
    return 0;
}

void sim_record_unplace(struct sim_record *record)
{
    for (int i = 0; record->places && i < 2; i++) {
        sim_lookup_free(&record->places->of[i].by_name);
        free(record->places->of[i].runs);
    }
    free(record->places);
    record->places = NULL;
}

bool sim_record_next(const struct sim_record *record, enum sim_record_list list, const char *name,
                     size_t length, struct sim_record_run *at)
{
    const struct index *x = record->places ? &record->places->of[list] : NULL;
    uint32_t count = count_of(record, list);
    if (!x || x->count != count) { /* no index: the whole list, once */
        bool first = !at->begun;
        *at = (struct sim_record_run){.first = 0, .end = count, .begun = true};
        return first;
    }
    uint32_t found = at->begun ? at->next : sim_lookup_get(&x->by_name, name, length) + 1;
    at->begun = true;
    if (found == 0)
        return false;
    const struct run *run = &x->runs[found - 1];
    *at = (struct sim_record_run){run->first, run->end, run->next, true};
    return true;
}
