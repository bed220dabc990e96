/* gnuplot.c - draws figures by running gnuplot. */
#include "report/figures/gnuplot.h"

#include "base/text.h"
#include "study/work/signal_watch.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

enum { SAID_BYTES = 2048, PATH_BYTES = 4096, SECONDS_MOST = 120 };

struct batch;

struct drawing {
    struct batch *batch;
    uv_process_t process;
    uv_pipe_t pipe;
    uv_timer_t timer;
    const char *name;
    char said[SAID_BYTES]; /* its standard error */
    size_t said_bytes;
    int open; /* number of handles not yet closed */
    bool good, slow;
};

struct batch {
    struct sim_work_session *session;
    const char *dir, *format;
    struct drawing *drawings;
    char **environment;
    uint32_t count, next;
    uint64_t seconds_most;
    bool missing;
    FILE *complaints;
};

static void start_more(struct batch *);

static void path_of(const struct drawing *d, const char *ending, char *path)
{
    snprintf(path, PATH_BYTES, "%s/%s.%s%s", d->batch->dir, d->name, d->batch->format, ending);
}

/* Cairo writes the time of day into a PDF, as fourteen uncompressed digits. They are replaced by a
 * constant, so that the same results give the same file. */
static void pin_date(const char *path)
{
    static const char key[] = "/CreationDate (D:";
    FILE *file = fopen(path, "r+b");
    size_t matched = 0;
    for (int c; file && (c = getc(file)) != EOF;) {
        matched = c == key[matched] ? matched + 1 : c == key[0];
        if (matched < sizeof key - 1)
            continue;
        fseek(file, ftell(file), SEEK_SET); /* from reading to writing */
        fputs("20000101000000", file);
        break;
    }
    if (file)
        fclose(file);
}

/* The reason in gnuplot's output: its last line `"name.gp" line N: …`. The lines before it repeat
 * the command. */
static const char *reason(const struct drawing *d)
{
    const char *found = d->said;
    for (const char *line = d->said; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (*line == '"' && strstr(line, ".gp\" line "))
            found = line;
    }
    return found;
}

/* A figure is complete only if gnuplot succeeded and its file could be renamed. */
static void finish(struct drawing *d)
{
    char temporary[PATH_BYTES], path[PATH_BYTES];
    path_of(d, ".tmp", temporary);
    path_of(d, "", path);
    if (d->good && strcmp(d->batch->format, "pdf") == 0)
        pin_date(temporary);
    if (d->good && rename(temporary, path) != 0)
        d->good = false;
    if (d->good)
        return;
    unlink(temporary);
    if (!d->batch->missing && !sim_work_session_interrupted(d->batch->session))
        sim_tell(d->batch->complaints, "weir: gnuplot could not draw figures/%s.gp:\n%s%s", d->name,
                 reason(d), d->said_bytes > 0 && d->said[d->said_bytes - 1] == '\n' ? "" : "\n");
}

static void on_close(uv_handle_t *handle)
{
    struct drawing *d = handle->data;
    if (--d->open > 0)
        return;
    finish(d);
    start_more(d->batch);
}

static void on_room(uv_handle_t *handle, size_t wanted, uv_buf_t *buffer)
{
    struct drawing *d = handle->data;
    (void)wanted;
    if (d->said_bytes + 1 >= SAID_BYTES) /* the rest is dropped */
        d->said_bytes = SAID_BYTES / 2;
    *buffer = uv_buf_init(d->said + d->said_bytes, (unsigned)(SAID_BYTES - 1 - d->said_bytes));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
    struct drawing *d = stream->data;
    (void)buffer;
    if (n >= 0) {
        d->said_bytes += (size_t)n;
        d->said[d->said_bytes] = '\0';
        return;
    }
    uv_close((uv_handle_t *)stream, on_close);
}

static void on_end(uv_process_t *process, int64_t status, int signal)
{
    struct drawing *d = process->data;
    /* gnuplot may leave children that keep the pipe open */
    kill(-process->pid, SIGKILL);
    sim_watch_child_over(d->batch->session->watch, process->pid);
    d->good = status == 0 && signal == 0;
    if (d->slow)
        d->said_bytes = (size_t)snprintf(d->said, sizeof d->said,
                                         "it took more than %d s and was ended; set "
                                         "WEIR_GNUPLOT_SECONDS to allow more",
                                         (int)d->batch->seconds_most);
    else if (!d->good && d->said_bytes == 0)
        d->said_bytes = (size_t)snprintf(
            d->said, sizeof d->said, "it said nothing, and ended with %s %d",
            signal ? "signal" : "status", signal ? signal : (int)status);
    uv_close((uv_handle_t *)&d->timer, on_close);
    uv_close((uv_handle_t *)process, on_close);
}

static void on_slow(uv_timer_t *timer)
{
    struct drawing *d = timer->data;
    d->slow = true;
    kill(-d->process.pid, SIGKILL);
}

/* Starts one gnuplot in its own process group. Its handles are closed later in any case, and
 * on_close() then starts the next. */
static void start(struct drawing *d)
{
    struct batch *b = d->batch;
    char script[PATH_BYTES], set[PATH_BYTES];
    snprintf(script, sizeof script, "%s.gp", d->name);
    snprintf(set, sizeof set, "fig_format='%s'; fig_output='%s.%s.tmp'", b->format, d->name,
             b->format);
    char *arguments[] = {"gnuplot", "-d", "-e", set, script, NULL};
    uv_pipe_init(&b->session->loop, &d->pipe, 0);
    uv_timer_init(&b->session->loop, &d->timer);
    d->pipe.data = d->process.data = d->timer.data = d;
    uv_stdio_container_t io[3] = {
        {.flags = UV_IGNORE},
        {.flags = UV_IGNORE},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&d->pipe},
    };
    uv_process_options_t options = {.file = arguments[0],
                                    .args = arguments,
                                    .env = b->environment,
                                    .cwd = b->dir,
                                    .flags = UV_PROCESS_DETACHED,
                                    .exit_cb = on_end,
                                    .stdio = io,
                                    .stdio_count = 3};
    int status = uv_spawn(&b->session->loop, &d->process, &options);
    d->open = 3;
    if (status != 0) {
        b->missing = b->missing || status == UV_ENOENT;
        d->said_bytes = (size_t)snprintf(d->said, sizeof d->said, "%s", uv_strerror(status));
        uv_close((uv_handle_t *)&d->process, on_close);
        uv_close((uv_handle_t *)&d->pipe, on_close);
        uv_close((uv_handle_t *)&d->timer, on_close);
        return;
    }
    sim_watch_child(b->session->watch, d->process.pid);
    uv_timer_start(&d->timer, on_slow, b->seconds_most * 1000, 0);
    uv_read_start((uv_stream_t *)&d->pipe, on_room, on_read);
}

static void start_more(struct batch *b)
{
    if (!sim_work_session_interrupted(b->session) && !b->missing && b->next < b->count)
        start(&b->drawings[b->next++]);
}

/* The most time, in s, that one figure may take. */
static uint64_t seconds_most(void)
{
    const char *text = getenv("WEIR_GNUPLOT_SECONDS");
    long seconds = text ? strtol(text, NULL, 10) : 0;
    return seconds > 0 && seconds < 1000000 ? (uint64_t)seconds : SECONDS_MOST;
}

/* A copy of the environment with `zone` first, so that a PDF's date has a fixed length. The strings
 * are not copied. NULL when out of memory. */
static char **environment_new(char *zone)
{
    size_t n = 0, kept = 0;
    while (environ[n])
        n++;
    char **copy = calloc(n + 2, sizeof *copy);
    if (!copy)
        return NULL;
    copy[kept++] = zone;
    for (size_t i = 0; i < n; i++) {
        if (strncmp(environ[i], "TZ=", 3) != 0)
            copy[kept++] = environ[i];
    }
    return copy;
}

enum sim_gnuplot_result sim_gnuplot_draw(struct sim_work_session *session, const char *dir,
                                         const char *const *names, uint32_t count,
                                         const char *format, unsigned jobs, FILE *complaints)
{
    struct batch b = {.session = session,
                      .dir = dir,
                      .format = format,
                      .count = count,
                      .seconds_most = seconds_most(),
                      .complaints = complaints};
    char zone[] = "TZ=UTC0";
    b.drawings = calloc(count + 1u, sizeof *b.drawings);
    b.environment = environment_new(zone);
    if (!b.drawings || !b.environment) {
        free(b.drawings);
        free(b.environment);
        sim_tell(complaints, "weir: out of memory while drawing\n");
        return SIM_GNUPLOT_FAILED;
    }
    for (uint32_t i = 0; i < count; i++) {
        b.drawings[i].batch = &b;
        b.drawings[i].name = names[i];
    }
    for (unsigned i = 0; i < (jobs > 0 ? jobs : 1); i++)
        start_more(&b);
    uv_run(&session->loop, UV_RUN_DEFAULT);
    bool all = true;
    for (uint32_t i = 0; i < count; i++)
        all = all && b.drawings[i].good;
    free(b.drawings);
    free(b.environment);
    if (b.missing)
        return SIM_GNUPLOT_MISSING;
    if (sim_work_session_interrupted(session))
        return SIM_GNUPLOT_INTERRUPTED;
    return all ? SIM_GNUPLOT_DRAWN : SIM_GNUPLOT_FAILED;
}
