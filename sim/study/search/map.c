/* map.c - the probability of an outcome over two numbers of a scenario. */
#include "study/search/probe_state.h"

#include "study/estimates/wilson.h"

#include <math.h>
#include <stdlib.h>

/* Counts the replications of a cell with observations, and those of them that hold. */
static void count(const struct sim_runs *runs, uint32_t at, const struct sim_criterion *c,
                  struct sim_map_cell *cell)
{
    struct sim_expect expect = sim__probe_expect(c);
    double sum = 0;
    for (uint32_t r = 0; r < runs->replications; r++) {
        double seen = sim_expect_observe(&expect, sim_runs_record(runs, at, r));
        if (isnan(seen))
            continue;
        cell->trials++;
        cell->yes += sim__probe_says(c, seen);
        sum += seen;
    }
    cell->share = sim_wilson_trials(cell->yes, cell->trials, SIM_LEVEL);
    sim__probe_carry(c, runs, at, &cell->share);
    cell->mean = cell->trials > 0 ? sum / cell->trials : NAN;
}

/* Runs the cells of a row together. The runs are freed after each row, so a map needs no more
 * memory than its largest row. */
static int run_row(struct sim_probe *probe, const struct sim_asked *asked, struct sim_map *map,
                   uint32_t row, struct sim_case *cases)
{
    const struct sim_criterion *c = &asked->criterion;
    struct sim_map_cell *cells = &map->cells[(size_t)row * map->columns];
    const struct sim_wanted wanted = sim__probe_wanted(c);
    struct sim_runs runs;
    for (uint32_t i = 0; i < map->columns; i++) {
        const double at[2] = {cells[i].x, cells[i].y};
        if (sim__probe_case(probe, asked->variant, asked->vary, at, 2, &wanted, &cases[i]) != 0)
            return -1;
    }
    sim_runs_begin(&runs, cases, map->columns, true);
    int status = sim__probe_run(probe, asked->vary, &runs, probe->options.replications);
    for (uint32_t i = 0; runs.runs && i < map->columns; i++) {
        count(&runs, i, c, &cells[i]);
        map->finished += sim_runs_sample(&runs, i) != NULL;
    }
    sim__probe_unit(probe, &runs, &wanted);
    sim_runs_free(&runs);
    return status;
}

int sim_probe_map(struct sim_probe *probe, const struct sim_asked *asked, struct sim_map *map)
{
    *map = (struct sim_map){.columns = asked->vary[0].steps, .rows = asked->vary[1].steps};
    struct sim_case *cases = calloc(map->columns, sizeof *cases);
    map->cells = calloc((size_t)map->columns * map->rows, sizeof *map->cells);
    int status = cases && map->cells ? 0 : sim__probe_failed(probe, "out of memory");
    for (uint32_t i = 0; status == 0 && i < map->columns * map->rows; i++) {
        struct sim_map_cell *cell = &map->cells[i];
        cell->x = sim_vary_step(&asked->vary[0], i % map->columns, map->columns);
        cell->y = sim_vary_step(&asked->vary[1], i / map->columns, map->rows);
        cell->share = sim_wilson_trials(0, 0, SIM_LEVEL);
        cell->mean = NAN;
    }
    for (uint32_t row = 0; status == 0 && row < map->rows; row++)
        status = run_row(probe, asked, map, row, cases);
    free(cases);
    return status;
}
