/* test_invalid.c - every folder beside this file is a test: its scenario.json is refused (or warned
 * about), with exactly the text in its stderr. WEIR_INVALID_WRITE=1 in the environment writes the
 * stderr files anew, to be read before they are kept. */
#include "scenario/scenario.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define FOLDER WEIR_SOURCE_DIR "/tests/invalid"

enum { CASES_MAX = 1000, FEWEST = 60 };

static char *read_all(const char *folder, const char *name, size_t *bytes)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s/%s", FOLDER, folder, name);
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    char *text = calloc(1, 1 << 20);
    assert_non_null(text);
    *bytes = fread(text, 1, (1 << 20) - 1, file);
    fclose(file);
    return text;
}

static void write_all(const char *folder, const char *text)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s/stderr", FOLDER, folder);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void refuses(void **state)
{
    const char *folder = *state;
    size_t bytes = 0, expected_bytes = 0, said_bytes = 0;
    char *text = read_all(folder, "scenario.json", &bytes), *said = NULL;
    assert_non_null(text);
    struct sim_diagnostics diagnostics = {0};
    char here[1024];
    snprintf(here, sizeof here, "%s/%s", FOLDER, folder);
    assert_int_equal(chdir(here), 0); /* files beside the scenario */
    struct sim_scenario *s = sim_scenario_parse("scenario.json", text, bytes, NULL, &diagnostics);
    FILE *out = open_memstream(&said, &said_bytes);
    sim_diagnostics_print(&diagnostics, out);
    fclose(out);
    assert_int_equal(s == NULL, diagnostics.errors > 0);
    assert_true(diagnostics.count > 0);
    if (getenv("WEIR_INVALID_WRITE"))
        write_all(folder, said);
    char *expected = read_all(folder, "stderr", &expected_bytes);
    assert_non_null(expected);
    assert_string_equal(said, expected);
    sim_scenario_free(s);
    sim_diagnostics_free(&diagnostics);
    free(expected);
    free(said);
    free(text);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct CMUnitTest *)a)->name, ((const struct CMUnitTest *)b)->name);
}

int main(void)
{
    static struct CMUnitTest tests[CASES_MAX];
    size_t count = 0;
    DIR *folder = opendir(FOLDER);
    if (!folder)
        return 1;
    for (struct dirent *entry = readdir(folder); entry && count < CASES_MAX;
         entry = readdir(folder)) {
        char path[1024];
        struct stat info;
        snprintf(path, sizeof path, "%s/%s", FOLDER, entry->d_name);
        if (entry->d_name[0] == '.' || stat(path, &info) || !S_ISDIR(info.st_mode))
            continue;
        char *name = strdup(entry->d_name);
        tests[count++] = (struct CMUnitTest){name, refuses, NULL, NULL, name};
    }
    closedir(folder);
    qsort(tests, count, sizeof tests[0], by_name);
    int failed = _cmocka_run_group_tests("invalid scenarios", tests, count, NULL, NULL);
    for (size_t i = 0; i < count; i++)
        free(tests[i].initial_state);
    if (count < FEWEST)
        fprintf(stderr, "only %zu cases, of at least %d\n", count, FEWEST);
    return failed || count < FEWEST;
}
