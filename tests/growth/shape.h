/* shape.h - scenarios of so many of something, for the programs of tests/growth/. */
#ifndef WEIR_TESTS_GROWTH_SHAPE_H
#define WEIR_TESTS_GROWTH_SHAPE_H

#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A part of a scenario: text before, item i with its number wherever "%u" stands, text after. */
struct list {
    const char *before, *item, *after;
};

struct shape {
    const char *name;
    uint32_t n;
    bool refused;              /* it has mistakes */
    struct list components[2]; /* besides "users" and "db" */
    const char *users;         /* what "users" has besides */
    const char *run;           /* instead of "100s": its duration, and what else it has */
    double most;               /* steps at twice as many, over those at n; 0: in proportion */
    struct list top[4];
};

/* A text, its "%u" the number, "%p" the one before it, "%s" the next, "%n" how many there are. */
static inline void add_text(struct sim_buffer *out, const char *text, uint32_t i, uint32_t n)
{
    for (; *text; text++) {
        char which = *text == '%' ? text[1] : '\0';
        bool number = which == 'u' || which == 'p' || which == 's' || which == 'n';
        uint32_t before = i > 0 ? i - 1 : 0;
        if (number)
            sim_buffer_printf(out, "%u",
                              which == 'n'   ? n
                              : which == 'u' ? i
                              : which == 's' ? i + 1
                                             : before);
        else
            sim_buffer_add(out, text, 1);
        text += number;
    }
}

static inline void add_list(struct sim_buffer *out, const struct list *list, uint32_t n)
{
    add_text(out, list->before, 0, n);
    for (uint32_t i = 0; list->item && i < n; i++) {
        sim_buffer_puts(out, i ? "," : "");
        add_text(out, list->item, i, n);
    }
    add_text(out, list->after, 0, n);
}

/* The caller frees it. */
static inline char *text_of(const struct shape *shape, uint32_t n)
{
    struct sim_buffer out = {0};
    sim_buffer_puts(&out, "{\"schema_version\": 1, \"title\": \"t\", \"run\": {\"duration\": ");
    add_text(&out, shape->run ? shape->run : "\"100s\"", 0, n);
    sim_buffer_puts(&out, "}, \"components\": {\"users\": {\"model\": \"client\", \"to\": \"db\"");
    add_text(&out, shape->users ? shape->users : ", \"rate\": \"10/s\"", 0, n);
    sim_buffer_puts(&out, "}, \"db\": {\"model\": \"store\"}");
    for (int i = 0; i < 2 && shape->components[i].before; i++) {
        sim_buffer_puts(&out, ",");
        add_list(&out, &shape->components[i], n);
    }
    sim_buffer_puts(&out, "}");
    for (int i = 0; i < 4 && shape->top[i].before; i++) {
        sim_buffer_puts(&out, ",");
        add_list(&out, &shape->top[i], n);
    }
    sim_buffer_puts(&out, "}");
    return sim_buffer_take(&out);
}

#define SERVICE "\"s%u\": {\"model\": \"service\", \"servers\": 1, \"service_time\": \"1ms\""
#define SERVICES                                                                                   \
    {                                                                                              \
        "", SERVICE "}", ""                                                                        \
    }

#endif
