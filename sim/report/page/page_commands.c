/* page_commands.c - sections of the page: commands that give the same results again, and all
 * values. */
#include "report/page/page_state.h"

#include <stdlib.h>
#include <string.h>

enum { VALUES_MOST_BYTES = 1 << 20 };

/* Writes a word for a POSIX shell, quoted if it has special characters. */
static void put_word(struct sim__page *page, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-./=:,+@%";
    char one[2] = "";
    if (*word && word[strspn(word, plain)] == '\0') {
        sim__page_put(page, " %s", word);
        return;
    }
    sim__page_put(page, " '");
    for (; *word; word++) {
        one[0] = *word;
        sim__page_put(page, "%s", *word == '\'' ? "'\\''" : one);
    }
    sim__page_put(page, "'");
}

static void put_each(struct sim__page *page, const json_t *list, const char *option)
{
    size_t i;
    json_t *item;
    json_array_foreach ((json_t *)list, i, item) {
        sim__page_put(page, " %s", option);
        put_word(page, json_is_string(item) ? json_string_value(item) : "");
    }
}

static void put_commands(struct sim__page *page)
{
    const json_t *asked = json_object_get(page->summary, "asked");
    const json_t *until = json_object_get(page->summary, "until");
    const char *command = sim__page_string(asked, "command");
    char file[300];
    snprintf(file, sizeof file, "%.250s.json", sim__page_string(page->summary, "name"));
    sim__page_put(page,
                  "<div class=\"scroll\" role=\"region\" tabindex=\"0\" "
                  "aria-label=\"Commands\">\n<pre><code>weir %s",
                  *command ? command : "run");
    put_word(page, file);
    put_each(page, json_object_get(asked, "variants"), "--variant");
    put_each(page, json_object_get(asked, "set"), "--set");
    char *seed = sim__page_value(json_object_get(page->summary, "seed"));
    sim__page_put(page, " --seed %s --reps %u --out again\n", seed ? seed : "",
                  sim__page_count(page->summary, "replications"));
    free(seed);
    sim__page_put(page, until ? "</code></pre>\n</div>\n"
                              : "cmp again/summary.json summary.json\n</code></pre>\n</div>\n");
    if (until)
        sim__page_put(page,
                      "<p>How many replications were run was found by <code>--until</code>; with "
                      "as many given, the numbers are the same.</p>\n");
}

static void put_values(struct sim__page *page)
{
    char *text = json_dumps(page->resolved, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    page->failed = page->failed || !text;
    sim__page_put(page,
                  "<details>\n<summary>Every value in force, as JSON (resolved.json)</summary>\n");
    if (text && strlen(text) <= VALUES_MOST_BYTES)
        sim__page_put(page,
                      "<div class=\"scroll tall\" role=\"region\" tabindex=\"0\" "
                      "aria-label=\"Every value in force\">\n<pre><code>%s</code></pre>\n</div>\n",
                      text);
    else
        sim__page_put(page, "<p>They are too many for a page: resolved.json has them.</p>\n");
    sim__page_put(page, "</details>\n");
    free(text);
}

void sim__page_commands(struct sim__page *page)
{
    sim__page_section(page, "again", "How to get this again");
    sim__page_put(page,
                  "<p>With weir %s and the scenario file, in the directory that holds this page's "
                  "summary.json:</p>\n",
                  sim__page_string(page->summary, "weir"));
    put_commands(page);
    sim__page_put(page,
                  "<p>The results are the same bytes, whatever the machine and however many "
                  "<code>--jobs</code>. The scenario's hash has to be <code>%s</code>; another one "
                  "means that the file, or a value set on the command line, is not the same.</p>\n",
                  sim__page_string(page->summary, "scenario"));
    put_values(page);
    sim__page_put(page, "</section>\n");
}
