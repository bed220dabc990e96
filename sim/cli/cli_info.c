/* cli_info.c - commands that run nothing: check, models, schema, explain, list. */
#include "cli/cli.h"

#include "base/text.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- check --------------------------------------------------------------------------------- */

int sim__cli_check(const struct sim_cli *cli)
{
    int status = SIM_EXIT_DONE;
    for (int i = 0; i < cli->operand_count; i++) {
        struct sim_scenario *s = sim__cli_load(cli, cli->operands[i]);
        struct sim__cli_load load = {.scenario = s, .noun = "variants", .runs = "replications"};
        if (s) {
            load.cases = s->variants;
            load.count = s->variant_count;
            load.each = s->replications;
        }
        if (!s || sim__cli_size(cli, &load) != SIM_EXIT_DONE) {
            status = SIM_EXIT_USAGE;
        } else {
            sim_tell(stdout, "%s: ok, %u variant%s", cli->operands[i], s->variant_count,
                     s->variant_count == 1 ? "" : "s");
            if (s->cell_count > 0)
                sim_tell(stdout, ", %u cells", s->cell_count);
            sim_tell(stdout, ", %u replication%s\n", s->replications,
                     s->replications == 1 ? "" : "s");
        }
        sim_scenario_free(s);
    }
    return status;
}

/* ---- models, schema, explain --------------------------------------------------------------- */

int sim__cli_models(const struct sim_cli *cli)
{
    if (cli->operand_count == 0) {
        sim_models_list(stdout);
        return SIM_EXIT_DONE;
    }
    if (strcmp(cli->operands[0], "fault") == 0) {
        sim_fault_page(stdout);
        return SIM_EXIT_DONE;
    }
    if (sim_value_page(cli->operands[0], stdout))
        return SIM_EXIT_DONE;
    bool link = strcmp(cli->operands[0], sim_link_model.name) == 0;
    const struct sim_model *model = link ? &sim_link_model : sim_model_find(cli->operands[0]);
    if (model) {
        sim_model_page(model, stdout);
        return SIM_EXIT_DONE;
    }
    struct sim_nearest nearest = sim_nearest(cli->operands[0]);
    for (const struct sim_model *const *m = sim_models(); *m; m++)
        sim_nearest_try(&nearest, (*m)->name);
    return sim__cli_usage(cli->command, "there is no model \"%s\"%s", sim_quote(cli->operands[0]).s,
                          sim_nearest_hint(&nearest).s);
}

int sim__cli_schema(const struct sim_cli *cli)
{
    (void)cli;
    char *text = sim_schema();
    if (!text) {
        fputs("weir: out of memory\n", stderr);
        return SIM_EXIT_FAULT;
    }
    size_t n = strlen(text);
    printf("%s%s", text, n > 0 && text[n - 1] == '\n' ? "" : "\n");
    free(text);
    return SIM_EXIT_DONE;
}

int sim__cli_explain(const struct sim_cli *cli)
{
    struct sim_scenario *s = sim__cli_load(cli, cli->operands[0]);
    const char *path = cli->operand_count > 1 ? cli->operands[1] : NULL;
    int status = SIM_EXIT_USAGE;
    if (s && sim_scenario_explain(s, path, stdout) == 0)
        status = SIM_EXIT_DONE;
    else if (s)
        sim__cli_usage(cli->command,
                       "%s has no value at \"%s\" in the sections that are explained: run, "
                       "keyspaces, regions, links, components, timeline, prices",
                       cli->operands[0], path ? sim_quote(path).s : "");
    sim_scenario_free(s);
    return status;
}

/* ---- list ---------------------------------------------------------------------------------- */

static bool ends_in(const char *name, const char *ending)
{
    size_t n = strlen(name), m = strlen(ending);
    return n > m && strcmp(name + n - m, ending) == 0;
}

static void list_file(const char *path)
{
    struct sim_load_options options = {.variants = NULL};
    struct sim_diagnostics said = {.items = NULL};
    struct sim_scenario *s = sim_scenario_load(path, &options, &said);
    char chapter[16] = "";
    if (s && s->chapter > 0)
        snprintf(chapter, sizeof chapter, "%d", s->chapter);
    sim_tell(stdout, "%-44s %3s  %s\n", path, chapter,
             s ? (s->title ? s->title : "") : "(does not load: see `weir check`)");
    sim_scenario_free(s);
    sim_diagnostics_free(&said);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* Lists the scenarios below a directory in order of names, without price books, schemas and
 * results. 0, or -1 when it cannot be read. */
static int list_below(const char *dir, int depth)
{
    struct dirent **entries;
    int n = depth < 16 ? scandir(dir, &entries, NULL, by_name) : 0;
    if (n < 0)
        return -1;
    for (int i = 0; i < n; i++) {
        char path[4096];
        struct stat st;
        const char *name = entries[i]->d_name;
        int length = snprintf(path, sizeof path, "%s/%s", dir, name);
        bool there = name[0] != '.' && length < (int)sizeof path && stat(path, &st) == 0;
        if (there && S_ISDIR(st.st_mode) && strcmp(name, "prices") != 0)
            list_below(path, depth + 1);
        else if (there && S_ISREG(st.st_mode) && ends_in(name, ".json") &&
                 !ends_in(name, ".schema.json") && strcmp(name, "resolved.json") != 0 &&
                 strcmp(name, "summary.json") != 0)
            list_file(path);
        free(entries[i]);
    }
    if (depth < 16)
        free(entries);
    return 0;
}

int sim__cli_list(const struct sim_cli *cli)
{
    char dir[4096];
    const char *given = cli->operand_count > 0 ? cli->operands[0] : "scenarios";
    size_t n = strlen(given);
    snprintf(dir, sizeof dir, "%.*s", (int)(n > 1 && given[n - 1] == '/' ? n - 1 : n), given);
    if (list_below(dir, 0) == 0)
        return SIM_EXIT_DONE;
    return sim__cli_usage(cli->command, "cannot read the directory \"%s\"", sim_quote(given).s);
}
