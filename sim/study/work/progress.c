/* progress.c - the progress bar of a long run on a terminal. */
#include "study/work/progress.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { BAR_CELLS = 12 };

struct span {
    char s[48];
};

/* A span of time in words: "42 s", "3 min 20 s", "2 h 05 min". */
static struct span span(double seconds)
{
    struct span text;
    long long s = seconds < 9e15 ? (long long)(seconds + 0.5) : 0;
    if (s < 60)
        snprintf(text.s, sizeof text.s, "%lld s", s);
    else if (s < 3600)
        snprintf(text.s, sizeof text.s, "%lld min %02lld s", s / 60, s % 60);
    else
        snprintf(text.s, sizeof text.s, "%lld h %02lld min", s / 3600, s / 60 % 60);
    return text;
}

void sim_progress_line(const struct sim_progress_state *state, int columns, char *line,
                       size_t bytes)
{
    double share = state->total_s > 0 ? state->done_s / state->total_s : 0;
    share = share < 0 ? 0 : share > 1 ? 1 : share;
    char bar[BAR_CELLS + 1];
    int full = (int)(share * BAR_CELLS);
    for (int i = 0; i < BAR_CELLS; i++)
        bar[i] = i < full ? '#' : '.';
    bar[BAR_CELLS] = '\0';
    double rate = state->elapsed_s > 0 ? state->events / state->elapsed_s : 0;
    char left[72] = "";
    if (share > 0.005 && state->elapsed_s > 0.5)
        snprintf(left, sizeof left, ", %s left", span(state->elapsed_s * (1 - share) / share).s);
    char text[256];
    snprintf(text, sizeof text, "[%s] %3.0f %% of %s simulated, %.1f M events/s%s, %u/%u runs", bar,
             100 * share, span(state->total_s).s, rate / 1e6, left, state->finished, state->runs);
    int room = columns > 1 ? columns - 1 : 79;
    if ((size_t)room >= bytes)
        room = (int)bytes - 1;
    snprintf(line, bytes, "%.*s", room, text);
}

void sim_progress_draw(const struct sim_progress_state *state)
{
    struct winsize size;
    int columns = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 80;
    char line[256];
    sim_progress_line(state, columns, line, sizeof line);
    fprintf(stderr, "\r%s\033[K", line);
    fflush(stderr);
}

void sim_progress_clear(void)
{
    fputs("\r\033[K", stderr);
    fflush(stderr);
}
