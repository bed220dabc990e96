/* page_figures.c - section of the page: figures in the order of the scenario, then others by
 * name. */
#include "report/page/page_state.h"

#include "report/page/page_svg.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_ROOM = 4096, NAMES_MOST = 256 };

struct figures {
    char *names[NAMES_MOST]; /* owned */
    size_t count;
};

static bool is_there(const struct sim__page *page, const char *name, const char *ending)
{
    char path[PATH_ROOM];
    int n = snprintf(path, sizeof path, "%s/figures/%s%s", page->dir, name, ending);
    return n < (int)sizeof path && access(path, F_OK) == 0;
}

static void add(struct figures *all, const char *name, size_t length)
{
    for (size_t i = 0; i < all->count; i++) {
        if (strlen(all->names[i]) == length && strncmp(all->names[i], name, length) == 0)
            return;
    }
    if (all->count == NAMES_MOST)
        return;
    all->names[all->count] = strndup(name, length);
    all->count += all->names[all->count] != NULL;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* Collects the figures that were written. A figure that does not apply has no program. */
static void collect(const struct sim__page *page, struct figures *all)
{
    char path[PATH_ROOM];
    struct dirent **entries = NULL;
    size_t i;
    json_t *figure;
    all->count = 0;
    json_array_foreach (json_object_get(page->resolved, "figures"), i, figure) {
        const char *name = sim__page_string(figure, "name");
        if (*name && !strchr(name, '/') && is_there(page, name, ".gp"))
            add(all, name, strlen(name));
    }
    snprintf(path, sizeof path, "%s/figures", page->dir);
    int n = scandir(path, &entries, NULL, by_name);
    for (int k = 0; k < n; k++) {
        const char *dot = strrchr(entries[k]->d_name, '.');
        if (dot && dot != entries[k]->d_name && strcmp(dot, ".gp") == 0)
            add(all, entries[k]->d_name, (size_t)(dot - entries[k]->d_name));
        free(entries[k]);
    }
    free(entries);
}

static void clear(struct figures *all)
{
    for (size_t i = 0; i < all->count; i++)
        free(all->names[i]);
    all->count = 0;
}

bool sim__page_has_figures(const struct sim__page *page)
{
    struct figures all;
    collect(page, &all);
    bool some = all.count > 0;
    clear(&all);
    return some;
}

/* The SVG as it will appear in the page, malloc'd. NULL: missing or damaged, as *why says. */
static char *svg_of(struct sim__page *page, const char *name, unsigned number, const char **why)
{
    char path[PATH_ROOM], label[32];
    char *made = NULL;
    size_t bytes, made_bytes;
    snprintf(path, sizeof path, "%s/figures/%s.svg", page->dir, name);
    snprintf(label, sizeof label, "figure-%u", number);
    char *text = sim__page_file(path, &bytes);
    *why = errno == ENOENT ? "was not drawn as SVG" : "cannot be read";
    FILE *out = text ? open_memstream(&made, &made_bytes) : NULL;
    if (out) {
        int status = sim_page_svg(text, number, label, out);
        if (fclose(out) != 0 || status != 0 || strlen(text) != bytes) {
            *why = "is damaged";
            free(made);
            made = NULL;
        }
    }
    free(text);
    return made;
}

static const json_t *described(const struct sim__page *page, const char *name)
{
    size_t i;
    json_t *figure;
    json_array_foreach (json_object_get(page->resolved, "figures"), i, figure) {
        if (strcmp(sim__page_string(figure, "name"), name) == 0)
            return figure;
    }
    return NULL;
}

static void put_figure(struct sim__page *page, const char *name, unsigned number)
{
    const char *why, *title = sim__page_string(described(page, name), "title");
    char *svg = svg_of(page, name, number, &why);
    sim__page_put(page,
                  "<figure>\n<figcaption id=\"figure-%u\"><b>Figure %u.</b> %s</figcaption>\n",
                  number, number, *title ? title : name);
    if (svg) {
        sim__page_put(page,
                      "<div class=\"scroll card\" role=\"region\" tabindex=\"0\" "
                      "aria-labelledby=\"figure-%u\">\n",
                      number);
        fputs(svg, page->out);
        sim__page_put(page,
                      "</div>\n<p class=\"from\">Drawn from figures/%s.csv by figures/%s.gp.</p>\n",
                      name, name);
    } else {
        sim__page_put(page,
                      "<p class=\"bad\">This figure %s. <code>weir plot</code> and the directory "
                      "draw it from figures/%s.gp (gnuplot has to be installed: Debian's "
                      "<code>gnuplot-nox</code>); then make this page again.</p>\n",
                      why, name);
        fprintf(page->remarks,
                "weir report: %s/figures/%s.svg %s: the page says so in its place. Draw it with\n"
                "    weir plot %s\n",
                page->dir, name, why, page->dir);
    }
    sim__page_put(page, "</figure>\n");
    free(svg);
}

void sim__page_figures(struct sim__page *page)
{
    struct figures all;
    collect(page, &all);
    if (all.count > 0) {
        sim__page_section(page, "figures", "Figures");
        for (size_t i = 0; i < all.count; i++)
            put_figure(page, all.names[i], (unsigned)i + 1);
        sim__page_put(page, "</section>\n");
    }
    clear(&all);
}
