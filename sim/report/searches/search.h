/* search.h - the outputs of searches: text, JSON and figures. */
#ifndef SIM_REPORT_SEARCH_H
#define SIM_REPORT_SEARCH_H

#include "study/search/probe.h"

#include <stdio.h>

/* The input of all writers; they own none of it. */
struct sim_search {
    const struct sim_scenario *scenario;
    const struct sim_asked *asked; /* find and map */
    const struct sim_sensitivity_asked *inputs;
    const struct sim_find *found;
    const struct sim_map *map;
    const struct sim_sensitivity *sensitivity;
    double probability, within; /* find */
    uint32_t replications;      /* find: of a first look */
    const char *unit;           /* of the metric */
    const char *figure_format;
};

/* What is printed, in `columns` columns. */
typedef void sim_search_print(const struct sim_search *, unsigned columns, FILE *);
/* find.json, map.json, sensitivity.json (--json). */
typedef void sim_search_write(const struct sim_search *, FILE *);
/* The figure's data and program. */
typedef void sim_search_draw(const struct sim_search *, FILE *csv, FILE *gp);

/* Shared by the writers: the text "users.latency.mean <= 5ms from 60s to 120s"; the members "vary",
 * "x" and "y"; and "while". */
struct sim_buffer;
struct sim_json;
void sim_search_say_criterion(struct sim_buffer *, const struct sim_criterion *);
void sim_search_write_vary(struct sim_json *, const char *key, const struct sim_vary *);
void sim_search_write_criterion(struct sim_json *, const struct sim_search *);

sim_search_print sim_find_print, sim_map_print, sim_sensitivity_print;
sim_search_write sim_find_write, sim_map_write, sim_sensitivity_write;
sim_search_draw sim_find_draw, sim_map_draw, sim_sensitivity_draw;

#endif
