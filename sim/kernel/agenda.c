/* agenda.c - a binary heap of events. */
#include "kernel/agenda.h"

#include <assert.h>
#include <stdlib.h>

static bool before(const struct sim__agenda_event *a, const struct sim__agenda_event *b)
{
    return a->time != b->time ? a->time < b->time : a->sequence < b->sequence;
}

int sim__agenda_add(struct sim__agenda *a, struct sim__agenda_event event)
{
    if (a->count == a->capacity) {
        uint32_t capacity = a->capacity ? 2 * a->capacity : 16;
        void *grown = capacity > a->capacity ? realloc(a->events, capacity * sizeof *a->events)
                                             : NULL;
        if (grown == NULL)
            return -1;
        a->events = grown;
        a->capacity = capacity;
    }
    uint32_t at = a->count++;
    for (; at > 0 && before(&event, &a->events[(at - 1) / 2]); at = (at - 1) / 2)
        a->events[at] = a->events[(at - 1) / 2];
    a->events[at] = event;
    return 0;
}

struct sim__agenda_event sim__agenda_take(struct sim__agenda *a)
{
    assert(a->count > 0);
    struct sim__agenda_event first = a->events[0], last = a->events[--a->count];
    uint32_t at = 0;
    for (uint32_t child = 1; child < a->count; child = 2 * at + 1) {
        if (child + 1 < a->count && before(&a->events[child + 1], &a->events[child]))
            child++;
        if (!before(&a->events[child], &last))
            break;
        a->events[at] = a->events[child];
        at = child;
    }
    a->events[at] = last;
    return first;
}
