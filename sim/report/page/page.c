/* page.c - weir report: writes the whole page and puts it in place. */
#include "report/output.h"
#include "report/page/page_state.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_ROOM = 4096 };

#define NAME "report.html" /* name of the page in the directory of results */

extern const char sim__plot_report[]; /* plots/report.css */

/* ---- the parts ------------------------------------------------------------------------------ */

static void put_head(struct sim__page *page, const char *title)
{
    sim__page_put(
        page,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src &#39;none&#39;; "
        "style-src &#39;unsafe-inline&#39;; img-src data:; base-uri &#39;none&#39;; "
        "form-action &#39;none&#39;\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"color-scheme\" content=\"light dark\">\n"
        "<meta name=\"generator\" content=\"weir %s\">\n<title>%s</title>\n<style>\n",
        WEIR_VERSION, title);
    fputs(sim__plot_report, page->out);
    sim__page_put(page, "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to the "
                        "results</a>\n");
}

static void put_fact(struct sim__page *page, const char *what, const char *value)
{
    if (*value)
        sim__page_put(page, "<div><dt>%s</dt><dd>%s</dd></div>\n", what, value);
}

static void put_count(struct sim__page *page, const char *what, unsigned count)
{
    char text[24];
    snprintf(text, sizeof text, "%u", count);
    put_fact(page, what, text);
}

/* Durations as written, such as "100s", from the first variant; "run" is the same in all. */
static void put_length(struct sim__page *page)
{
    const char *first = json_object_iter_key(json_object_iter(page->cases));
    const json_t *run = json_object_get(first ? sim__page_resolved(page, first) : NULL, "run");
    const char *warmup = sim__page_string(run, "warmup");
    char text[160];
    snprintf(text, sizeof text, "%.60s%s%.60s%s", sim__page_string(run, "duration"),
             *warmup && strcmp(warmup, "0s") != 0 ? ", the first " : "",
             strcmp(warmup, "0s") != 0 ? warmup : "",
             *warmup && strcmp(warmup, "0s") != 0 ? " of them warm-up" : "");
    put_fact(page, "Simulated time of a run", text);
}

static void put_facts(struct sim__page *page)
{
    const json_t *asked = json_object_get(page->summary, "asked");
    const json_t *chapter = json_object_get(page->resolved, "chapter");
    char *seed = sim__page_value(json_object_get(page->summary, "seed"));
    size_t i;
    json_t *set;
    sim__page_put(page, "<dl class=\"facts\">\n");
    put_fact(page, "Scenario", sim__page_string(page->summary, "name"));
    if (json_is_integer(chapter))
        put_count(page, "Chapter", sim__page_count(page->resolved, "chapter"));
    put_count(page, json_object_get(page->first, "at") ? "Cells of the sweep" : "Variants",
              (unsigned)page->case_count);
    put_count(page, "Replications of each", sim__page_count(page->summary, "replications"));
    put_length(page);
    put_fact(page, "Seed", seed ? seed : "");
    json_array_foreach (json_object_get(asked, "set"), i, set)
        put_fact(page, "Set on the command line",
                 json_string_value(set) ? json_string_value(set) : "");
    put_fact(page, "Version of weir", sim__page_string(page->summary, "weir"));
    put_fact(page, "Hash of the scenario", sim__page_string(page->summary, "scenario"));
    sim__page_put(page, "</dl>\n");
    free(seed);
}

static void put_asked(struct sim__page *page, const char *title)
{
    const char *notes = sim__page_string(page->resolved, "notes");
    sim__page_put(page, "<header>\n<p class=\"kind\">A simulation by weir</p>\n<h1>%s</h1>\n",
                  title);
    if (*notes)
        sim__page_put(page, "<p class=\"notes\">%s</p>\n", notes);
    put_facts(page);
    sim__page_put(page, "</header>\n");
}

struct part {
    const char *id, *heading;
    bool there;
};

static void put_contents(struct sim__page *page)
{
    const struct part parts[] = {
        {"variants", "What was compared", page->case_count > 1},
        {"results", "Results", true},
        {"figures", "Figures", sim__page_has_figures(page)},
        {"attribution", "Where the time went", sim__page_some(page, "attribution")},
        {"expectations", "Expectations", sim__page_some(page, "expect")},
        {"audit", "Audit", true},
        {"theory", "Theory beside observation", sim__page_some(page, "theory")},
        {"cost", "Cost", sim__page_some(page, "cost")},
        {"warmup", "Warm-up", sim__page_some(page, "warmup")},
        {"faults", "What went wrong, and when", sim__page_some(page, "timeline")},
        {"again", "How to get this again", true},
    };
    sim__page_put(page, "<nav aria-label=\"Contents\">\n<ul>\n");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (parts[i].there)
            sim__page_put(page, "<li><a href=\"#%s\">%s</a></li>\n", parts[i].id, parts[i].heading);
    }
    sim__page_put(page, "</ul>\n</nav>\n");
}

static void put_page(struct sim__page *page)
{
    const char *title = sim__page_string(page->summary, "title");
    title = *title ? title : sim__page_string(page->summary, "name");
    put_head(page, title);
    put_asked(page, title);
    sim__page_put(page, "<main id=\"main\" tabindex=\"-1\">\n");
    sim__page_glance(page);
    put_contents(page);
    sim__page_variants(page);
    sim__page_results(page);
    sim__page_figures(page);
    sim__page_attribution(page);
    sim__page_expectations(page);
    sim__page_audit(page);
    sim__page_theory(page);
    sim__page_cost(page);
    sim__page_warmup(page);
    sim__page_faults(page);
    sim__page_commands(page);
    sim__page_put(page, "</main>\n</body>\n</html>\n");
}

/* ---- its place ------------------------------------------------------------------------------ */

static int fail(struct sim_error *error, const char *path)
{
    snprintf(error->text, sizeof error->text, "cannot write %.300s: %s", path, strerror(errno));
    return -1;
}

/* Writes the page; closes the file in any case. */
static int write_out(FILE *file, struct sim__page *page)
{
    page->out = file;
    put_page(page);
    errno = 0;
    bool good = fflush(file) == 0 && !ferror(file) && fsync(fileno(file)) == 0 && !page->failed;
    int why = errno;
    if (fclose(file) != 0 && good) {
        why = errno;
        good = false;
    }
    errno = why ? why : page->failed ? ENOMEM : EIO;
    return good ? 0 : -1;
}

/* Opens a temporary file beside the page's path, under an unused name. */
static FILE *open_temporary(const char *path, char *temporary)
{
    for (int i = 0; i < 100; i++) {
        int n = snprintf(temporary, PATH_ROOM, "%s.tmp-%ld-%d", path, (long)getpid(), i);
        errno = ENAMETOOLONG;
        int fd = n < PATH_ROOM
                     ? open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666)
                     : -1;
        if (fd >= 0)
            return fdopen(fd, "wb");
        if (errno != EEXIST)
            return NULL;
    }
    return NULL;
}

static int put_in_place(struct sim__page *page, const char *path, struct sim_error *error)
{
    char temporary[PATH_ROOM];
    struct stat st;
    FILE *file = open_temporary(path, temporary);
    if (!file)
        return fail(error, path);
    if (lstat(path, &st) == 0 && S_ISREG(st.st_mode))
        fchmod(fileno(file), st.st_mode & 07777);
    if (write_out(file, page) == 0 && rename(temporary, path) == 0)
        return 0;
    fail(error, path);
    unlink(temporary);
    return -1;
}

/* Whether an existing file at the page's path is a page of weir's, as its head shows. */
static enum sim_page_problem look_at(const char *path, struct sim_error *error)
{
    struct stat st;
    char head[1024] = "";
    if (!*path) {
        snprintf(error->text, sizeof error->text, "--out has to name a file, and is empty");
        return SIM_PAGE_FOREIGN;
    }
    if (lstat(path, &st) != 0)
        return errno == ENOENT ? SIM_PAGE_FINE : (fail(error, path), SIM_PAGE_FAULT);
    FILE *file = S_ISREG(st.st_mode) ? fopen(path, "rbe") : NULL;
    size_t n = file ? fread(head, 1, sizeof head - 1, file) : 0;
    head[n] = '\0';
    if (file)
        fclose(file);
    if (strncmp(head, "<!DOCTYPE html>", 15) == 0 &&
        strstr(head, "<meta name=\"generator\" content=\"weir "))
        return SIM_PAGE_FINE;
    snprintf(error->text, sizeof error->text,
             "%.300s is there, and is no page that `weir report` wrote: move it away, or give "
             "another file with --out",
             path);
    return SIM_PAGE_FOREIGN;
}

/* Whether a path leads to DIR/report.html. */
static bool is_beside(const char *dir, const char *path)
{
    char above[PATH_ROOM], full[PATH_MAX], given[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int n = slash == path ? 1 : slash ? (int)(slash - path) : 1;
    if (strcmp(slash ? slash + 1 : path, NAME) != 0 ||
        snprintf(above, sizeof above, "%.*s", n, slash ? path : ".") >= (int)sizeof above)
        return false;
    return realpath(dir, full) && realpath(above, given) && strcmp(full, given) == 0;
}

/* Puts the page into DIR and adds its name to the manifest. */
static enum sim_page_problem put_beside(struct sim__page *page, const char *path,
                                        struct sim_error *error)
{
    static const char *const name[] = {NAME};
    if (sim_output_list(page->dir, name, 1, error) != 0)
        return SIM_PAGE_FAULT;
    int status = put_in_place(page, path, error);
    sim_output_settle(page->dir, name, 1);
    return status == 0 ? SIM_PAGE_FINE : SIM_PAGE_FAULT;
}

enum sim_page_problem sim_page_make(const char *dir, const char *path, FILE *remarks,
                                    struct sim_error *error)
{
    struct sim__page page = {.remarks = remarks, .dir = dir};
    char beside[PATH_ROOM];
    if (sim_output_heal(dir, error) != 0)
        return SIM_PAGE_FAULT;
    enum sim_page_problem problem = sim__page_read(&page, error);
    snprintf(beside, sizeof beside, "%s/" NAME, dir);
    if (problem == SIM_PAGE_FINE)
        problem = look_at(path ? path : beside, error);
    if (problem == SIM_PAGE_FINE && (!path || is_beside(dir, path)))
        problem = put_beside(&page, beside, error);
    else if (problem == SIM_PAGE_FINE && put_in_place(&page, path, error) != 0)
        problem = SIM_PAGE_FAULT;
    sim__page_free(&page);
    return problem;
}
