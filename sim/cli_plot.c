/* cli_plot.c - weir plot: the figures of results, drawn again. */
#include "cli.h"

#include "base/text.h"
#include "report/gnuplot.h"
#include "study/study.h"
#include "study/watch.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int is_program(const struct dirent *e)
{
    size_t n = strlen(e->d_name);
    return e->d_name[0] != '.' && n > 3 && strcmp(e->d_name + n - 3, ".gp") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int status_of(enum sim_gnuplot_result result)
{
    switch (result) {
    case SIM_GNUPLOT_DRAWN: return SIM_EXIT_DONE;
    case SIM_GNUPLOT_INTERRUPTED: return SIM_EXIT_INTERRUPTED;
    case SIM_GNUPLOT_MISSING:
        fputs("weir: gnuplot is not installed: nothing was drawn. Install it with\n"
              "    apt-get install gnuplot-nox\n",
              stderr);
        return SIM_EXIT_FAULT;
    case SIM_GNUPLOT_FAILED: break;
    }
    return SIM_EXIT_FAULT;
}

static int plot_dir(const struct sim_cli *cli, struct sim_session *session, const char *dir)
{
    char figures[4096];
    struct dirent **entries = NULL;
    snprintf(figures, sizeof figures, "%s/figures", dir);
    int n = scandir(figures, &entries, is_program, by_name);
    if (n <= 0) {
        free(entries);
        return sim__cli_usage(cli->command,
                              "there are no figures in \"%s\": it takes a directory that `weir "
                              "run` wrote",
                              sim_quote(dir).s);
    }
    if (access(figures, W_OK) != 0) {
        fprintf(stderr, "weir: cannot write into %s: %s\n", figures, strerror(errno));
        for (int i = 0; i < n; i++)
            free(entries[i]);
        free(entries);
        return SIM_EXIT_FAULT;
    }
    const char **names = calloc((size_t)n, sizeof *names);
    for (int i = 0; i < n; i++) {
        entries[i]->d_name[strlen(entries[i]->d_name) - 3] = '\0';
        if (names)
            names[i] = entries[i]->d_name;
    }
    int status = SIM_EXIT_FAULT;
    if (names)
        status = status_of(sim_gnuplot_draw(session, figures, names, (uint32_t)n, cli->format,
                                            sim_replicate_jobs(0), stderr));
    for (int i = 0; i < n; i++) {
        if (status == SIM_EXIT_DONE)
            printf("%s/%s.%s\n", figures, entries[i]->d_name, cli->format);
        free(entries[i]);
    }
    free(entries);
    free(names);
    return status;
}

int sim__cli_plot(const struct sim_cli *cli)
{
    struct sim_session session;
    struct sim_error error;
    int worst = SIM_EXIT_DONE;
    if (sim_session_open(&session, &error) != 0) {
        fprintf(stderr, "weir: %s\n", error.text);
        return SIM_EXIT_FAULT;
    }
    sim_watch_session(cli->watch, &session, NULL);
    for (int i = 0; i < cli->operand_count && worst != SIM_EXIT_INTERRUPTED; i++) {
        int status = plot_dir(cli, &session, cli->operands[i]);
        worst = status > worst ? status : worst;
    }
    sim_session_close(&session);
    return worst;
}
