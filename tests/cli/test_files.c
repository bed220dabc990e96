/* test_files.c - a user's files are never touched: directories of every shape, every command that
 * writes, killed and interrupted. What is the user's has "mine" in its path. */
#include "spawn.h"

#include <sys/ptrace.h>

#define RUN(duration) "\"duration\": \"" duration "\", \"warmup\": \"1s\", \"replications\": 3"
#define FIGURE                                                                                     \
    ",\n \"figures\": [{\"kind\": \"timeline\", \"name\": \"queue\", \"title\": \"The queue\", "   \
    "\"panels\": [{\"series\": [\"server.queue\"]}]}]"
#define ALL                                                                                        \
    FIGURE ",\n \"variants\": {\"base\": {}, \"fast\": {\"components\": {\"server\": {"            \
           "\"service_time\": {\"type\": \"exponential\", \"mean\": \"0.5ms\"}}}}},\n"             \
           " \"sweep\": {\"cross\": {\"components.users.rate\": [\"200/s\", \"400/s\"]}},\n"       \
           " \"map\": {\"x\": {\"path\": \"components.users.rate\", \"from\": \"200/s\", "         \
           "\"to\": \"900/s\", \"steps\": 2},\n  \"y\": {\"path\": "                               \
           "\"components.server.servers\", \"from\": 1, \"to\": 2, \"steps\": 2},\n"               \
           "  \"while\": \"users.latency.mean <= 5ms\"},\n"                                        \
           " \"sensitivity\": {\"metric\": \"users.latency.mean\", \"vary\": {\n"                  \
           "  \"components.users.rate\": {\"low\": \"790/s\", \"mid\": \"800/s\", \"high\": "      \
           "\"810/s\"}}}"

static const char *const results[] = {"summary.json", "series.csv", "resolved.json",
                                      "figures/queue.gp", "figures/queue.csv"};

static bool same_results(const char *a, const char *b)
{
    return same_files(a, b, results, sizeof results / sizeof *results);
}

/* What is the user's in o/: kind, mode, target of a link, inode and bytes of each. */
static char *users_files(void)
{
    shell("(find o -path 'o/*mine*' -printf '%p %y %m %l %i\\n'; find o -type f -path 'o/*mine*' "
          "-exec cksum '{}' +) | sort > users");
    return read_file("users");
}

static void expect_untouched(const char *before, const char *when)
{
    char *now = users_files();
    if (strcmp(before, now) != 0)
        fail_msg("%s: was\n%s\nand is\n%s", when, before, now);
    free(now);
}

/* ---- what is not weir's ---------------------------------------------------------------------- */

struct shape {
    const char *make; /* in a shell; the directory is o, or what is given as --out */
    const char *said;
};

/* Each in a directory of its own, by every command that writes: exit 2, before anything is
 * simulated, and all is as it was. */
static void what_is_not_weirs_is_refused(void **state)
{
    (void)state;
    static const struct shape shapes[] = {
        {"mkdir o && echo mine > o/map.json && echo mine > o/trace.json", "is not empty"},
        {"mkdir -p o/figures && echo '{\"mine\": 1}' > o/summary.json", "is not empty"},
        {"mkdir o && cp q.json o/manifest.json", "is not empty"},
        {"mkdir o && echo '{\"weir_results\": 1, \"files\": [\"../q.json\"]}' > o/manifest.json",
         "is not empty"},
        {"mkdir o && echo '{\"weir_results\": 2, \"files\": [\"store\"]}' > o/manifest.json",
         "is not empty"},
        {"mkdir o && echo '{\"weir_results\": 2, \"files\": [\"figures\"]}' > o/manifest.json",
         "is not empty"},
        {"mkdir o && echo '{\"weir_results\": 9}' > o/manifest.json", "of a newer weir"},
        {"mkdir -p o/store && echo mine > o/store/results.sqlite", "is not empty"},
        {"mkdir -p o/store && mkfifo o/store/results.sqlite o/manifest.json", "is not empty"},
        {"echo mine > o", "is not a directory"},
        {"mkfifo o", "is not a directory"},
        {"ln -s nowhere o", "is a link to nowhere, which is not a directory"},
        {"ln -s q.json o", "is a link to q.json, which is not a directory"},
        {"mkdir there && echo mine > there/a && ln -s there o", "is not empty"},
    };
    static const char *const commands[] = {
        "run q.json",
        "sweep q.json",
        "compare q.json base fast",
        "map q.json",
        "sensitivity q.json",
        "find q.json --vary components.users.rate=500/s..950/s --while users.latency.mean<=5ms"};
    write_file("q.json", SCENARIO(RUN("20s"), ALL));
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        shell("rm -rf o there before");
        shell(shapes[i].make);
        shell("mkdir before && cp -a o before/ && (cp -a there before/ 2>/dev/null || true)");
        const char *command = commands[i % (sizeof commands / sizeof *commands)];
        char words[256];
        snprintf(words, sizeof words, "%s --out o", command);
        expect_run(words, 2, shapes[i].said);
        shell("test \"$(find o there -printf '%P %y %m %l %s\\n' 2>/dev/null)\" = "
              "\"$(cd before && find o there -printf '%P %y %m %l %s\\n' 2>/dev/null)\"");
        shell(
            "if test -f before/o; then cmp o before/o; fi; test \"$(ls -d o?* 2>/dev/null)\" = ''");
    }
}

/* A file of another's under a name that would be written: said before anything is simulated. */
static void what_is_in_the_way_is_refused(void **state)
{
    (void)state;
    static const struct shape shapes[] = {
        {"echo mine > o/trace.json", "o/trace.json was not written by weir"},
        {"echo mine > o/figures/queue.pdf", "o/figures/queue.pdf was not written by weir"},
        {"rm o/series.csv && mkdir o/series.csv", "o/series.csv was not written by weir"},
        {"mv o/figures mine && ln -s ../mine o/figures", "o/figures is not the directory"},
        {"mv o/store mine && echo mine > o/store", "o/store is not the directory"},
        {"echo mine > o/manifest.json.new", "manifest.json.new was not written by weir"},
        {"echo mine > o/series.csv", "o/series.csv is not as weir wrote it"},
        {"tr 0 1 < whole/series.csv > o/series.csv", "o/series.csv is not as weir wrote it"},
        {"echo '# mine' >> o/figures/queue.gp", "o/figures/queue.gp is not as weir wrote it"},
        {"rm o/resolved.json && ln q.json o/resolved.json",
         "q.json is an input and would be replaced"},
        {"ln -sf ../q.json o/series.csv", "o/series.csv is not as weir wrote it"},
        {"rm o/manifest.json", "there is no manifest.json that says weir wrote it"},
    };
    write_file("q.json", SCENARIO(RUN("2s"), FIGURE));
    expect_run("run q.json --out whole --quiet", 0, "");
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        shell("rm -rf o mine && cp -a whole o");
        shell(shapes[i].make);
        expect_run("run q.json --out o --seed 5 --trace 3 --format pdf", 2, shapes[i].said);
        shell("test \"$(ls -d o?* 2>/dev/null)\" = '' && cmp o/summary.json whole/summary.json");
    }
    shell("rm -rf o mine && mkdir o && cp -a whole/store o/"); /* what the last one says to do */
    expect_run("run q.json --out o --no-plot", 0, "3 of 3 runs are from o/store");
    shell("rm -rf o mine && cp -a whole o && echo mine > o/figures/mine.gp && "
          "echo mine > o/figures/mine.svg");
    expect_run("plot o", 2, "o/figures/mine.svg was not written by weir");
    shell("cmp o/figures/queue.svg whole/figures/queue.svg && test $(cat o/figures/mine.svg) = "
          "mine");
}

/* What a command reads is never what it replaces. */
static void what_is_read_is_not_replaced(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO(RUN("2s"), ALL));
    expect_run("run q.json --out o --quiet", 0, "");
    shell("cp -a o other && cp q.json o/resolved.json && cp -a o whole");
    expect_run("run o/resolved.json --out o", 2,
               "o/resolved.json is an input and would be replaced by the results in ");
    expect_run("run o/../o/resolved.json --out o/", 2, "is an input and would be replaced");
    expect_run("compare o/resolved.json base fast --out o", 2, "is an input and would be replaced");
    expect_run("find o/resolved.json --vary components.users.rate=500/s..950/s --while "
               "users.latency.mean<=5ms --out o",
               2, "is an input and would be replaced");
    shell("ln -s o/resolved.json there.json");
    expect_run("run there.json --out o", 2, "there.json is an input and would be replaced");
    shell("diff -r o whole && test \"$(ls -d o.* 2>/dev/null)\" = ''");
    expect_run("run o/resolved.json --out other --quiet", 0, "");
    write_file("o/mine.csv", "t_s\n0\n1\n");
    shell("cp o/manifest.json m && sed 's/.resolved.json./\"mine.csv\"/' m > o/manifest.json");
    write_file("t.json",
               "{\"schema_version\": 1, \"title\": \"T\", \"run\": {\"duration\": \"2s\"}, "
               "\"components\": {\"users\": {\"model\": \"client\", \"to\": \"app\", "
               "\"trace\": {\"file\": \"o/mine.csv\"}}, \"app\": {\"model\": \"service\", "
               "\"servers\": 1, \"service_time\": \"1ms\"}}}");
    expect_run("run t.json --out o", 2, "o/mine.csv is an input and would be replaced");
}

/* A list that was copied makes no directory weir's, and a name has to leave room for a longer one.
 * What weir itself draws and reports again is as it wrote it. */
static void a_copied_list_says_nothing(void **state)
{
    (void)state;
    char words[300];
    write_file("q.json", SCENARIO(RUN("2s"), FIGURE));
    expect_run("run q.json --out o --quiet", 0, "");
    shell("mkdir p && cp q.json p/summary.json && cp o/manifest.json p/");
    expect_run("run q.json --out p", 2, "p/summary.json is not as weir wrote it");
    shell("cmp q.json p/summary.json");
    memset(words, 'a', sizeof words);
    snprintf(words, 20, "run q.json --out ");
    words[strlen(words)] = 'a';
    words[17 + 250] = '\0';
    expect_run(words, 2, " is too long: results are first written to a directory beside it");
    words[17 + 250] = 'a';
    words[17 + 270] = '\0';
    expect_run(words, 2, " is too long: results are first written to a directory beside it");
    shell("test \"$(ls -d a* 2>/dev/null)\" = ''");
    shell("cp o/figures/queue.gp . && echo 'set title \"mine\"' >> o/figures/queue.gp");
    expect_run("plot o", 0, NULL);
    expect_run("report o", 0, NULL);
    expect_run("run q.json --out o", 2, "o/figures/queue.gp is not as weir wrote it");
    shell("cp queue.gp o/figures/");
    expect_run("run q.json --out o --quiet", 0, NULL);
}

/* Names, owners of names, modes and links, when all goes well. */
static void what_is_the_users_stays(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO(RUN("2s"), FIGURE));
    expect_run("run q.json --out first --no-plot", 0, "");
    expect_run("run q.json --out second --no-plot --seed 2", 0, "");
    for (int folders = 0; folders < 2; folders++) {
        shell("rm -rf o && cp -a first o && chmod 2750 o && chmod 700 o/figures && "
              "chmod 600 o/series.csv");
        shell("echo a > o/mine.txt && chmod 400 o/mine.txt && ln -s /nowhere o/mine.link && "
              "mkfifo o/mine.pipe && echo b > o/figures/mine.svg && ln -s ../q.json "
              "o/figures/mine.json && cp q.json o/mine.json");
        shell("mkdir -p o.tmp-999999 && echo mine > o.tmp-999999/map.json");
        if (folders)
            shell("mkdir -m 711 o/mine o/figures/mine && echo c > o/mine/c && "
                  "echo d > o/figures/mine/d && echo e > o/store/mine");
        char *before = users_files();
        expect_run("run o/mine.json --out o --no-plot --seed 2", 0, "");
        expect_untouched(before, "after a run");
        shell("test \"$(stat -c %a o o/figures o/series.csv | tr '\\n' ' ')\" = '2750 700 600 '");
        shell("test $(cat o.tmp-999999/map.json) = mine && test \"$(ls -d o?*)\" = o.tmp-999999");
        write_file("p.json", SCENARIO(RUN("2s"), "")); /* fewer files: those of before are gone */
        expect_run("run p.json --out o --no-plot", 0, NULL);
        expect_untouched(before, "after a run of fewer files");
        shell("test ! -e o/figures/queue.gp");
        expect_run("run q.json --out o --no-plot --seed 2", 0, NULL);
        assert_true(same_results("o", "second"));
        free(before);
    }
}

/* A directory that cannot be exchanged is filled: the working one, one behind a link, and one on
 * which a file system is mounted, as a container's volume is. */
static void where_the_directory_has_to_stay(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO(RUN("2s"), FIGURE));
    expect_run("run q.json --out first --no-plot", 0, "");
    expect_run("run q.json --out second --no-plot --seed 2", 0, "");
    shell("mkdir here there && ln -s there link");
    assert_int_equal(chdir("here"), 0);
    expect_run("run ../q.json --out . --no-plot", 2,
               "was not written by weir and is not empty"); /* stdout */
    assert_int_equal(chdir(".."), 0);
    shell("rm here/* && cd here && " WEIR_BINARY
          " run ../q.json --out . --no-plot > ../said 2>&1 && "
          "echo mine > mine && " WEIR_BINARY " run ../q.json --out . --no-plot --seed 2 > ../said "
          "2>&1 && test $(cat mine) = mine");
    assert_true(same_results("here", "second"));
    expect_run("run q.json --out link --no-plot", 0, "");
    expect_run("run q.json --out link/ --no-plot --seed 2", 0, "");
    shell("test -L link");
    assert_true(same_results("there", "second"));
    shell("test \"$(ls -A | grep -c tmp)\" = 0 && test \"$(ls -A here | grep -c tmp)\" = 0");
    shell("mkdir volume");
    if (system("unshare -rm mount -t tmpfs none volume 2>/dev/null") != 0)
        return;
    shell("unshare -rm sh -e -c 'mount -t tmpfs none volume; mkdir volume/lost+found; " WEIR_BINARY
          " run q.json --out volume --no-plot --quiet; cmp volume/series.csv first/series.csv; "
          "echo mine > volume/mine; " WEIR_BINARY
          " run q.json --out volume --no-plot --quiet --seed 2; "
          "cmp volume/series.csv second/series.csv; "
          "cmp volume/figures/queue.csv second/figures/queue.csv; "
          "test $(cat volume/mine) = mine; test $(ls -A volume | grep -c tmp) = 0'");
}

/* ---- interrupted ----------------------------------------------------------------------------- */

/* A whole result does not make way for a part of one. */
static void an_interrupt_leaves_the_last_whole_result(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO("\"duration\": \"20s\", \"replications\": 3", FIGURE));
    expect_run("run q.json --out o --no-plot", 0, "");
    expect_run("run q.json --out first --no-plot", 0, "");
    pid_t pid = start(NULL, "run q.json --out o --reps 20000 --fresh");
    wait_for_runs("o", 3);
    kill(pid, SIGINT);
    struct result r = finish(pid);
    assert_int_equal(r.status, 130);
    assert_non_null(strstr(r.err, "its results are those of before"));
    assert_null(strstr(r.out, "o/summary.json"));
    result_free(&r);
    assert_true(same_results("o", "first"));
    /* the same while a figure is drawn */
    assert_int_equal(mkdir("bin", 0777), 0);
    write_file("bin/gnuplot", "#!/bin/sh\ntouch ../../drawing\nexec sleep 20\n");
    assert_int_equal(chmod("bin/gnuplot", 0755), 0);
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "%s/bin:%s", (char *)*state, getenv("PATH"));
    struct how how = {.path = path};
    for (int there = 1; there >= 0; there--) {
        pid = start(&how, there ? "run q.json --out o --seed 2" : "run q.json --out new --seed 2");
        for (int i = 0; i < PATIENCE && !exists("drawing"); i++)
            wait_ms(20);
        kill(pid, SIGTERM);
        r = finish(pid);
        assert_int_equal(r.status, 130);
        result_free(&r);
        shell("rm drawing && test \"$(ls -d o?* new?* 2>/dev/null)\" = ''");
        assert_true(there ? same_results("o", "first") : exists("new/summary.json"));
    }
}

/* ---- killed ---------------------------------------------------------------------------------- */

/* Has the kernel stop the process at each call that changes what is in a directory. */
static bool stop_at_changes(void)
{
    static const unsigned calls[] = {
#ifdef __NR_rename
        __NR_rename,   __NR_unlink,    __NR_mkdir,  __NR_rmdir,    __NR_link,    __NR_chmod,
#endif
        __NR_renameat, __NR_renameat2, __NR_linkat, __NR_unlinkat, __NR_mkdirat, __NR_fchmod,
        __NR_fchmodat};
    enum { CALLS = sizeof calls / sizeof *calls };
    struct sock_filter filter[2 * CALLS + 2] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))};
    for (size_t i = 0; i < CALLS; i++) {
        filter[2 * i + 1] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls[i], 0, 1);
        filter[2 * i + 2] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
    }
    filter[2 * CALLS + 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/* Runs, and kills it before its n-th change, from 1 on. 1: killed; 0: there were not so many; -1:
 * it cannot be traced here. */
static int killed_at(const char *words, int n)
{
    char text[256], *arguments[MOST_ARGUMENTS] = {(char *)(uintptr_t)WEIR_BINARY};
    int count = 0, status, at = 1;
    snprintf(text, sizeof text, "%s", words);
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
        arguments[at++] = word;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        int out = open("/dev/null", O_WRONLY);
        dup2(out, STDOUT_FILENO);
        dup2(out, STDERR_FILENO);
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
            _exit(77);
        raise(SIGSTOP);
        if (!stop_at_changes())
            _exit(77);
        execv(WEIR_BINARY, arguments);
        _exit(77);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFSTOPPED(status))
        ptrace(PTRACE_SETOPTIONS, pid, NULL,
               (void *)(uintptr_t)(PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL));
    while (WIFSTOPPED(status)) {
        bool change = status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8);
        if (change && ++count == n)
            kill(pid, SIGKILL);
        int pass = WSTOPSIG(status) == SIGTRAP || WSTOPSIG(status) == SIGSTOP ? 0
                                                                              : WSTOPSIG(status);
        ptrace(PTRACE_CONT, pid, NULL, (void *)(uintptr_t)(unsigned)pass);
        assert_int_equal(waitpid(pid, &status, 0), pid);
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        return -1;
    return WIFSIGNALED(status);
}

/* Nothing of one result stands beside something of the other. */
static void expect_no_mixture(int n)
{
    bool of_one = false, of_two = false;
    for (size_t i = 0; i < sizeof results / sizeof *results; i++) {
        char in_o[PATH_ROOM], in_one[PATH_ROOM], in_two[PATH_ROOM];
        snprintf(in_o, sizeof in_o, "o/%s", results[i]);
        snprintf(in_one, sizeof in_one, "first/%s", results[i]);
        snprintf(in_two, sizeof in_two, "second/%s", results[i]);
        bool same_one = same_file(in_o, in_one), same_two = same_file(in_o, in_two);
        of_one = of_one || (same_one && !same_two);
        of_two = of_two || (same_two && !same_one);
        if (exists(in_o) && !same_one && !same_two)
            fail_msg("killed at change %d, %s is of neither", n, in_o);
    }
    if (of_one && of_two)
        fail_msg("killed at change %d, o/ has something of both", n);
}

/* Killed before each change to a directory that a run makes: the user's files are where they were
 * at every moment, and the next run heals what is weir's. With directories of the user's the
 * results may be half there for a moment, but never of two runs. */
static void a_kill_at_any_change_touches_nothing(void **state)
{
    (void)state;
    static const char run_two[] = "run q.json --out o --no-plot --quiet --seed 2 --jobs 1";
    int step = getenv("WEIR_TEST_LONG") ? 1 : 3;
    write_file("q.json", SCENARIO("\"duration\": \"2s\"", FIGURE));
    expect_run("run q.json --out second --no-plot --quiet --seed 2", 0, "");
    expect_run("run q.json --out first --no-plot --quiet", 0, "");
    for (int folders = 0; folders < 2; folders++) {
        int n = 1, killed = 1;
        for (; killed > 0; n += step) {
            shell(
                "rm -rf o && cp -a first o && echo a > o/mine.txt && ln -s /nowhere o/mine.link && "
                "echo b > o/figures/mine.svg");
            if (folders)
                shell("mkdir o/mine o/figures/mine && echo c > o/mine/c && "
                      "echo d > o/figures/mine/d && echo e > o/store/mine");
            char *before = users_files();
            killed = killed_at(run_two, n);
            if (killed < 0)
                skip();
            expect_untouched(before, "killed");
            expect_no_mixture(n);
            if (!folders && !same_results("o", "first") && !same_results("o", "second"))
                fail_msg("killed at change %d, o/ is not whole", n);
            expect_run(run_two, 0, NULL);
            expect_untouched(before, "and gone on");
            assert_true(same_results("o", "second"));
            shell("test \"$(ls -Ad o?* o/.w* o/*.new 2>/dev/null)\" = ''");
            free(before);
        }
        assert_true(n > 20 * step / 3);
    }
}

/* Every command that writes, killed or interrupted at moments drawn from its life. */
static void commands_stopped_anywhere_touch_nothing(void **state)
{
    (void)state;
    static const char *const commands[] = {
        "run q.json --out o --quiet --fresh",
        "sweep q.json --out o --quiet",
        "compare q.json base fast --out o --quiet --fresh",
        "map q.json --out o --quiet --fresh",
        "sensitivity q.json --out o --quiet",
        "report first --out o/page.html",
        "report o",
        "plot o",
        ("find q.json --vary components.users.rate=500/s..950/s --while users.latency.mean<=5ms "
         "--within 20% --out o --quiet --fresh")};
    enum { COMMANDS = sizeof commands / sizeof *commands };
    unsigned random = 20261, rounds = getenv("WEIR_TEST_LONG") ? 60 : 6;
    print_message("seed %u\n", random);
    write_file("q.json", SCENARIO(RUN("4s"), ALL));
    expect_run("run q.json --out first --quiet", 0, "");
    shell("cp -a first o && echo a > o/mine.txt && echo b > o/figures/mine.svg && "
          "ln -s mine.txt o/mine.link && chmod 700 o");
    for (unsigned i = 0; i < rounds * COMMANDS; i++) {
        if (i == rounds * COMMANDS / 2)
            shell("mkdir -p o/mine && echo c > o/mine/c");
        char *before = users_files();
        random = random * 1103515245u + 12345u;
        pid_t pid = start(NULL, commands[i % COMMANDS]);
        wait_us((long)(random >> 16 & 1023) * 200);
        kill(pid, random >> 8 & 1 ? SIGKILL : SIGINT);
        struct result r = finish(pid);
        if (r.status == 2 && i % COMMANDS < 5)
            fail_msg("weir %s: exit 2, said:\n%s", commands[i % COMMANDS], r.err);
        result_free(&r);
        expect_untouched(before, commands[i % COMMANDS]);
        free(before);
    }
    expect_run("run q.json --out o --quiet --no-plot", 0, NULL);
    shell("test \"$(ls -d o?* 2>/dev/null)\" = '' && test $(stat -c %a o) = 700");
    assert_true(same_results("o", "first"));
}

int main(void)
{
#define IN_OWN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, enter, leave)
    const struct CMUnitTest tests[] = {
        IN_OWN_DIRECTORY(what_is_not_weirs_is_refused),
        IN_OWN_DIRECTORY(what_is_in_the_way_is_refused),
        IN_OWN_DIRECTORY(what_is_read_is_not_replaced),
        IN_OWN_DIRECTORY(a_copied_list_says_nothing),
        IN_OWN_DIRECTORY(what_is_the_users_stays),
        IN_OWN_DIRECTORY(where_the_directory_has_to_stay),
        IN_OWN_DIRECTORY(an_interrupt_leaves_the_last_whole_result),
        IN_OWN_DIRECTORY(a_kill_at_any_change_touches_nothing),
        IN_OWN_DIRECTORY(commands_stopped_anywhere_touch_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
