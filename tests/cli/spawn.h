/* spawn.h - runs the built binary as a user would, in a directory of the test's own. */
#ifndef TESTS_CLI_SPAWN_H
#define TESTS_CLI_SPAWN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants some of the above first */
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_ARGUMENTS = 24, PATH_ROOM = 512 };

/* How a run differs from an ordinary one. */
struct how {
    const char *path;  /* PATH; NULL: the caller's */
    const char *to;    /* standard output goes to this file instead of DIR/stdout */
    rlim_t file_bytes; /* no file may grow longer; 0: any */
    bool closed;       /* standard output is */
    bool promptly;     /* it ends within a second when told to, as users have it; else, as under
                          valgrind, it may take a minute to keep what is finished */
    bool powerless;    /* root's right to write anywhere is taken away */
    int no_flags;      /* renameat2() with flags fails with this errno, as some file systems have it
                          fail; 0: it works */
};

struct result {
    int status;      /* exit status; -1 when a signal ended it */
    char *out, *err; /* freed by result_free() */
};

/* A scenario of client and service. */
#define SCENARIO(run, more)                                                                        \
    "{\"schema_version\": 1, \"title\": \"A queue\", \"run\": {" run "},\n"                        \
    " \"components\": {\n"                                                                         \
    "  \"users\": {\"model\": \"client\", \"to\": \"server\", \"rate\": \"800/s\"},\n"             \
    "  \"server\": {\"model\": \"service\", \"servers\": 1,\n"                                     \
    "             \"service_time\": {\"type\": \"exponential\", \"mean\": \"1ms\"}}}" more "}\n"

static inline void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

/* A file's bytes with a NUL behind; NULL when it is not there. */
static inline char *read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    size_t bytes = 0, room = 0, n;
    do {
        if (!file)
            return NULL;
        room = room ? 2 * room : 1 << 16;
        text = realloc(text, room);
        assert_non_null(text);
        n = fread(text + bytes, 1, room - bytes - 1, file);
        bytes += n;
    } while (n > 0);
    text[bytes] = '\0';
    fclose(file);
    return text;
}

static inline bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static inline bool same_file(const char *a, const char *b)
{
    char *left = read_file(a), *right = read_file(b);
    bool same = left && right && strcmp(left, right) == 0;
    free(left);
    free(right);
    return same;
}

/* Whether each of these files is the same in two directories. */
static inline bool same_files(const char *a, const char *b, const char *const *names, size_t count)
{
    bool same = true;
    for (size_t i = 0; i < count; i++) {
        char left[PATH_ROOM], right[PATH_ROOM];
        snprintf(left, sizeof left, "%s/%s", a, names[i]);
        snprintf(right, sizeof right, "%s/%s", b, names[i]);
        same = same && same_file(left, right);
    }
    return same;
}

/* Sleeps. */
static inline void wait_us(long us)
{
    struct timespec t = {us / 1000000, us % 1000000 * 1000};
    nanosleep(&t, NULL);
}

static inline void wait_ms(long ms)
{
    wait_us(1000 * ms);
}

/* Runs something in a shell; for setting up and clearing away only. */
static inline void shell(const char *command)
{
    assert_int_equal(system(command), 0);
}

/* Has renameat2() with flags fail from now on. False where the kernel does not let us. */
static inline bool forbid_rename_flags(int with)
{
#define ARGUMENT(i) (offsetof(struct seccomp_data, args) + (i) * sizeof(uint64_t))
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_renameat2, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARGUMENT(4)), /* its lower half: little-endian */
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)with),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static inline void child(const struct how *how, char **arguments)
{
    int out = open(how && how->to ? how->to : "stdout", O_WRONLY | O_CREAT | O_TRUNC, 0666);
    int err = open("stderr", O_WRONLY | O_CREAT | O_TRUNC, 0666);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    close(STDIN_FILENO);
    if (how && how->closed)
        close(STDOUT_FILENO);
    if (!how || !how->promptly)
        setenv("WEIR_STOP_SECONDS", "60", 1);
    if (how && how->path)
        setenv("PATH", how->path, 1);
    if (how && how->file_bytes > 0) {
        struct rlimit limit = {how->file_bytes, how->file_bytes};
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    if (how && how->powerless && geteuid() == 0 && prctl(PR_CAPBSET_DROP, 1, 0, 0, 0) != 0)
        _exit(77); /* 1 is CAP_DAC_OVERRIDE */
    if (how && how->no_flags != 0 && !forbid_rename_flags(how->no_flags))
        _exit(77);
    execv(WEIR_BINARY, arguments);
    _exit(127);
}

/* Starts the binary with arguments as in "run a.json --out o": words, no quoting. */
static inline pid_t start(const struct how *how, const char *words)
{
    char text[1024], *arguments[MOST_ARGUMENTS] = {(char *)(uintptr_t)WEIR_BINARY};
    int n = 1;
    snprintf(text, sizeof text, "%s", words);
    for (char *word = strtok(text, " "); word && n < MOST_ARGUMENTS - 1; word = strtok(NULL, " "))
        arguments[n++] = word;
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        child(how, arguments);
    return pid;
}

static inline struct result finish(pid_t pid)
{
    struct result r = {-1, NULL, NULL};
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status))
        r.status = WEXITSTATUS(status);
    r.out = read_file("stdout");
    r.err = read_file("stderr");
    return r;
}

static inline struct result run_with(const struct how *how, const char *words)
{
    return finish(start(how, words));
}

static inline struct result run(const char *words)
{
    return run_with(NULL, words);
}

static inline void result_free(struct result *r)
{
    free(r->out);
    free(r->err);
}

/* Runs, and holds the exit status and a part of what was said on standard error ("" for nothing at
 * all, NULL for anything). */
static inline void expect_run(const char *words, int status, const char *said)
{
    struct result r = run(words);
    if (r.status != status || (said && *said && !strstr(r.err, said)) || (said && !*said && *r.err))
        fail_msg("weir %s: exit %d, not %d; said:\n%s", words, r.status, status, r.err);
    result_free(&r);
}

/* How long a run takes that ends well and says nothing. */
static inline double run_us(const char *words)
{
    struct timespec a, b;
    clock_gettime(CLOCK_MONOTONIC, &a);
    expect_run(words, 0, "");
    clock_gettime(CLOCK_MONOTONIC, &b);
    return (double)(b.tv_sec - a.tv_sec) * 1e6 + (double)(b.tv_nsec - a.tv_nsec) / 1e3;
}

/* Runs, and sends SIGKILL at a moment drawn from the first `most_us`. Whether that ended it. */
static inline bool run_killed(const char *words, double most_us, unsigned *random)
{
    *random = *random * 1103515245u + 12345u;
    pid_t pid = start(NULL, words);
    wait_us((long)(most_us * (double)(*random >> 16 & 1023) / 1024));
    kill(pid, SIGKILL);
    struct result r = finish(pid);
    bool killed = r.status < 0;
    result_free(&r);
    return killed;
}

/* How many runs the store of a directory of results holds; 0 when there is none. */
static inline long runs_kept(const char *dir)
{
    char words[PATH_ROOM + 16];
    snprintf(words, sizeof words, "results %s", dir);
    struct result r = run(words);
    long all = 0;
    for (const char *at = r.out; (at = strstr(at, " runs, seed ")); at++) {
        const char *number = at;
        while (number[-1] >= '0' && number[-1] <= '9')
            number--;
        all += strtol(number, NULL, 10);
    }
    result_free(&r);
    return all;
}

enum { PATIENCE = 3000 }; /* looks, 20 ms from one to the next: also on a busy machine */

/* Waits until more runs are kept than before. Their process still writes to stdout and stderr of
 * this directory, which looking takes from it: so it looks from a directory below. */
static inline void wait_for_runs(const char *dir, long before)
{
    char above[PATH_ROOM];
    assert_true(snprintf(above, sizeof above, "../%s", dir) < PATH_ROOM);
    assert_true(mkdir("look", 0777) == 0 || errno == EEXIST);
    assert_int_equal(chdir("look"), 0);
    for (int i = 0; i < PATIENCE && runs_kept(above) <= before; i++)
        wait_ms(20);
    assert_int_equal(chdir(".."), 0);
}

/* Waits until a run has begun: it listens to signals from before it makes DIR.tmp-PID. */
static inline void wait_until_begun(const char *dir, pid_t pid)
{
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "%s.tmp-%ld", dir, (long)pid);
    for (int i = 0; i < PATIENCE && !exists(path); i++)
        wait_ms(20);
}

/* A fresh working directory for each test. */
static inline int enter(void **state)
{
    char *dir = malloc(PATH_ROOM);
    const char *base = getenv("TMPDIR");
    snprintf(dir, PATH_ROOM, "%s/weir-test-XXXXXX", base ? base : "/tmp");
    if (!mkdtemp(dir) || chdir(dir) != 0)
        return -1;
    *state = dir;
    return 0;
}

static inline int leave(void **state)
{
    char command[PATH_ROOM + 16];
    if (chdir("/") != 0)
        return -1;
    snprintf(command, sizeof command, "rm -rf '%s'", (char *)*state);
    free(*state);
    *state = NULL;
    return system(command) == 0 ? 0 : -1;
}

#endif
