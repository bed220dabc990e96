/* cli_results.c - weir results: lists the runs in the store of a result directory. */
#include "cli/cli.h"

#include "base/text.h"
#include "report/number.h"
#include "study/store/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct listing {
    char hash[32]; /* hash of the scenario listed last */
    uint64_t cases;
};

static void list_case(void *self, const struct sim_store_case *it)
{
    struct listing *listing = self;
    if (listing->cases++ == 0 || strcmp(listing->hash, it->hash) != 0)
        sim_tell(stdout, "%s%s (%s)\n", listing->cases > 1 ? "\n" : "", it->scenario, it->hash);
    snprintf(listing->hash, sizeof listing->hash, "%s", it->hash);
    sim_tell(stdout, "  %-56s %6u runs, seed %s, weir %s, %s events, %s\n", it->name, it->runs,
             it->seed, it->version, sim_number_human(it->events, "1").s,
             sim_number_human(it->took_s, "s").s);
}

static void print_metric(void *self, const struct sim_store_metric *m)
{
    (void)self;
    const char *const texts[] = {m->scenario, m->hash, m->variant, m->name, m->version, m->seed};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        sim_number_field(stdout, texts[i]);
        putchar(',');
    }
    printf("%u,%s,%s,%s,%s,%s,%" PRIu64 "\n", m->replication, m->component, m->meter, m->stat,
           m->unit, sim_number_csv(m->value).s, m->cell);
}

int sim__cli_results(const struct sim_cli *cli)
{
    struct sim_error error;
    struct listing listing = {.cases = 0};
    bool missing;
    const char *dir = cli->operands[0];
    struct sim_store *store = sim_store_open_to_read(dir, &missing, &error);
    if (!store && missing)
        return sim__cli_usage(cli->command, "%s: it takes a directory that weir wrote results to",
                              error.text);
    int status = store ? 0 : -1;
    if (store && cli->csv) {
        puts("scenario,hash,variant,name,version,seed,replication,component,meter,stat,unit,value,"
             "cell");
        status = sim_store_metrics(store, print_metric, NULL, &error);
    } else if (store) {
        status = sim_store_cases(store, list_case, &listing, &error);
    }
    sim_store_free(store);
    if (status == 0)
        return SIM_EXIT_DONE;
    sim_tell(stderr, "weir: %s\n", error.text);
    return SIM_EXIT_FAULT;
}
