/* cli_plot.c - weir plot: draws the figures of results again. */
#include "cli/cli.h"

#include "base/text.h"
#include "report/figures/gnuplot.h"
#include "report/output.h"
#include "study/study.h"
#include "study/work/signal_watch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

/* The files that drawing makes, and gnuplot's temporary files. */
struct drawn {
    char (*paths)[NAME_MAX + 32];
    const char **names; /* names of these files */
    size_t count;
};

static void drawn_free(struct drawn *drawn)
{
    free(drawn->paths);
    free(drawn->names);
}

static int drawn_of(struct drawn *drawn, const char *const *figures, size_t count,
                    const char *format)
{
    static const char *const endings[] = {"", ".tmp"};
    drawn->paths = calloc(2 * count, sizeof *drawn->paths);
    drawn->names = calloc(2 * count, sizeof *drawn->names);
    if (!drawn->paths || !drawn->names)
        return -1;
    for (size_t i = 0; i < 2 * count; i++) {
        snprintf(drawn->paths[i], sizeof drawn->paths[i], "figures/%s.%s%s", figures[i / 2], format,
                 endings[i % 2]);
        drawn->names[i] = drawn->paths[i];
    }
    drawn->count = 2 * count;
    return 0;
}

/* Draws into the open directory. If a `weir run` replaces the directory meanwhile, the new one is
 * not changed, because its manifest does not list these files. */
static int draw_in(const struct sim_cli *cli, struct sim_work_session *session, const char *folder,
                   const struct drawn *drawn, const char *const *figures, uint32_t count,
                   FILE *complaints)
{
    char here[64];
    struct stat opened, named;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), status = SIM_EXIT_FAULT;
    if (fd < 0)
        return status;
    snprintf(here, sizeof here, "/proc/self/fd/%d", fd);
    const char *place = access(here, W_OK) == 0 ? here : folder;
    if (fstat(fd, &opened) == 0 && stat(folder, &named) == 0 && opened.st_ino == named.st_ino) {
        /* otherwise gnuplot would write through a link */
        for (size_t i = 1; i < drawn->count; i += 2)
            unlinkat(fd, strchr(drawn->names[i], '/') + 1, 0);
        status = status_of(sim_gnuplot_draw(session, place, figures, count, cli->format,
                                            sim_replicate_jobs(0), complaints));
    }
    close(fd);
    return status;
}

/* Draws, unless a file of the user would be overwritten. */
static int draw(const struct sim_cli *cli, struct sim_work_session *session, const char *dir,
                const char *const *figures, uint32_t count, FILE *complaints)
{
    char folder[4096];
    struct sim_error error = {"out of memory"};
    struct drawn drawn = {.count = 0};
    int status = SIM_EXIT_FAULT;
    enum sim_output_problem problem = SIM_OUTPUT_FAULT;
    snprintf(folder, sizeof folder, "%s/figures", dir);
    if (drawn_of(&drawn, figures, count, cli->format) == 0)
        problem = sim_output_check(dir, drawn.names, drawn.count, &error);
    if (problem == SIM_OUTPUT_FINE && sim_output_list(dir, drawn.names, drawn.count, &error) != 0)
        problem = SIM_OUTPUT_FAULT;
    if (problem == SIM_OUTPUT_REFUSED) {
        status = sim__cli_usage(cli->command, "%s", error.text);
    } else if (problem == SIM_OUTPUT_FAULT) {
        sim_tell(complaints, "weir: %s\n", error.text);
    } else {
        status = draw_in(cli, session, folder, &drawn, figures, count, complaints);
        sim_output_settle(dir, drawn.names, drawn.count);
    }
    drawn_free(&drawn);
    return status;
}

/* Lists the programs of a directory's figures, without ".gp". Returns their number, or scandir()'s
 * error. */
static int programs_of(const char *figures, struct dirent ***entries)
{
    int n = scandir(figures, entries, is_program, by_name);
    for (int i = 0; i < n; i++)
        (*entries)[i]->d_name[strlen((*entries)[i]->d_name) - 3] = '\0';
    return n;
}

static int plot_once(const struct sim_cli *cli, struct sim_work_session *session, const char *dir,
                     const char *figures, FILE *out, FILE *complaints)
{
    struct dirent **entries = NULL;
    int n = programs_of(figures, &entries), status = SIM_EXIT_FAULT;
    if (n <= 0) {
        free(entries);
        return sim__cli_usage(cli->command,
                              "there are no figures in \"%s\": it takes a directory that `weir "
                              "run` wrote",
                              sim_quote(dir).s);
    }
    const char **names = calloc((size_t)n, sizeof *names);
    for (int i = 0; i < n && names; i++)
        names[i] = entries[i]->d_name;
    if (access(figures, W_OK) != 0)
        sim_tell(complaints, "weir: cannot write into %s: %s\n", figures, strerror(errno));
    else if (names)
        status = draw(cli, session, dir, names, (uint32_t)n, complaints);
    for (int i = 0; i < n; i++) {
        if (status == SIM_EXIT_DONE)
            sim_tell(out, "%s/%s.%s\n", figures, entries[i]->d_name, cli->format);
        free(entries[i]);
    }
    free(entries);
    free(names);
    return status;
}

/* The messages of one attempt, kept until it is known whether the attempt counts. */
struct printed {
    char *text;
    size_t bytes;
    FILE *stream;
};

static FILE *printed_begin(struct printed *printed)
{
    *printed = (struct printed){.text = NULL};
    printed->stream = open_memstream(&printed->text, &printed->bytes);
    return printed->stream;
}

static void printed_end(struct printed *printed, FILE *to)
{
    if (printed->stream)
        fclose(printed->stream);
    if (printed->text && to)
        fputs(printed->text, to);
    free(printed->text);
}

/* Draws the figures of DIR. If a `weir run` replaces them meanwhile, it draws the new ones. */
static int plot_dir(const struct sim_cli *cli, struct sim_work_session *session, const char *dir)
{
    enum { ATTEMPTS = 20 };
    char figures[4096];
    int status = SIM_EXIT_FAULT;
    bool again = true;
    snprintf(figures, sizeof figures, "%s/figures", dir);
    for (int i = 0; again && i < ATTEMPTS; i++) {
        struct stat before, after;
        struct printed drawn = {.text = NULL}, said = {.text = NULL};
        struct sim_error error;
        if (sim_output_heal(dir, &error) != 0) {
            sim_tell(stderr, "weir: %s\n", error.text);
            return SIM_EXIT_FAULT;
        }
        bool there = stat(figures, &before) == 0;
        if (printed_begin(&drawn) && printed_begin(&said))
            status = plot_once(cli, session, dir, figures, drawn.stream, said.stream);
        bool moved = there && stat(figures, &after) == 0 && after.st_ino != before.st_ino;
        again = moved && (status == SIM_EXIT_FAULT || status == SIM_EXIT_DONE);
        printed_end(&drawn, again ? NULL : stdout);
        printed_end(&said, again && i + 1 < ATTEMPTS ? NULL : stderr);
    }
    return status;
}

int sim__cli_plot(const struct sim_cli *cli)
{
    struct sim_work_session session;
    struct sim_error error;
    int worst = SIM_EXIT_DONE;
    if (sim_work_session_open(&session, &error) != 0) {
        sim_tell(stderr, "weir: %s\n", error.text);
        return SIM_EXIT_FAULT;
    }
    sim_watch_session(cli->watch, &session, NULL);
    for (int i = 0; i < cli->operand_count && worst != SIM_EXIT_INTERRUPTED; i++) {
        int status = plot_dir(cli, &session, cli->operands[i]);
        worst = status > worst ? status : worst;
    }
    sim_work_session_close(&session);
    return worst;
}
