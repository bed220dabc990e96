/* cli_team.c - runs simulating commands as several processes under mpirun. The plain binary has no
 * MPI, so it starts fast. When mpirun starts it, it starts weir-mpi in the same directory, which
 * has MPI, and waits for it. If that process is killed, for example because memory ran out, the
 * plain binary can report it. */
#include "cli/cli.h"

#include "base/text.h"
#include "study/work/team.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long number_in(const char *name)
{
    const char *text = getenv(name);
    return text ? strtol(text, NULL, 10) : 0;
}

bool sim__cli_is_other_rank(void)
{
    return number_in("OMPI_COMM_WORLD_SIZE") > 1 && number_in("OMPI_COMM_WORLD_RANK") > 0;
}

int sim__cli_serve(const struct sim__cli_share *share, uint64_t seed,
                   const struct sim_team_cases *cases)
{
    struct sim_work_session session;
    struct sim_error error = {""};
    struct sim_replicate_options options = {.seed = seed, .jobs = share->jobs};
    int status = sim_work_session_open(&session, &error);
    if (status == 0) { /* an interrupt ends it at once, because it has nothing to keep */
        status = sim_team_serve(&session, share->team, cases, &options, &error);
        sim_work_session_close(&session);
    }
    if (status == 0)
        return SIM_EXIT_DONE;
    sim_tell(stderr, "weir: %s\n", error.text);
    return SIM_EXIT_FAULT;
}

int sim__cli_share(const struct sim_cli *cli, struct sim__cli_share *share,
                   int (*run_rank_0)(void *self), int (*serve)(void *self), void *self)
{
    struct sim_error error = {""};
    share->team = sim__cli_team(&error);
    if (!share->team && error.text[0]) {
        sim_tell(stderr, "weir: %s\n", error.text);
        return SIM_EXIT_FAULT;
    }
    share->jobs = share->team && cli->jobs == 0 ? 1 : cli->jobs;
    if (!share->team)
        return run_rank_0(self);
    bool leads = share->team->rank == 0;
    int status = leads ? run_rank_0(self) : serve(self);
    if (leads)
        sim_team_end(share->team);
    /* do not wait for ranks that are still sending results */
    share->team->close(share->team, leads ? share->team->away == 0 : status <= SIM_EXIT_CLAIM);
    return status;
}

#ifdef WEIR_MPI

struct sim_team *sim__cli_team(struct sim_error *error)
{
    return number_in("OMPI_COMM_WORLD_SIZE") > 1 ? sim_team_mpi_open(error) : NULL;
}

bool sim__cli_supervise(char **argv, int *status)
{
    (void)argv;
    (void)status;
    return false;
}

#else

struct sim_team *sim__cli_team(struct sim_error *error)
{
    (void)error;
    return NULL;
}

/* Finds the program with MPI. 0, or -1: it does not exist. */
static int find_program(char *path, size_t room)
{
    ssize_t n = readlink("/proc/self/exe", path, room - sizeof "-mpi");
    if (n <= 0)
        return -1;
    snprintf(path + n, room - (size_t)n, "-mpi");
    return access(path, X_OK);
}

static void become(const char *program, char **argv, pid_t parent)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0); /* so that signals come only from the parent */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == parent)
        execv(program, argv);
    _exit(127);
}

/* Waits for the child and passes signals on to it. */
static int attend(pid_t child, const sigset_t *signals, bool *signalled)
{
    for (;;) {
        int got, status;
        if (sigwait(signals, &got) != 0)
            continue;
        if (got != SIGCHLD) {
            kill(child, got);
            *signalled = true;
        } else if (waitpid(child, &status, WNOHANG) == child) {
            return status;
        }
    }
}

bool sim__cli_supervise(char **argv, int *status)
{
    char program[PATH_MAX];
    sigset_t signals;
    bool signalled = false;
    /* mpirun ends all ranks as soon as one fails, so the others wait until rank 0 has printed the
     * error */
    const struct timespec patience = {.tv_sec = 2};
    if (number_in("OMPI_COMM_WORLD_SIZE") <= 1)
        return false;
    *status = SIM_EXIT_FAULT;
    if (find_program(program, sizeof program) != 0) {
        if (sim__cli_is_other_rank()) /* rank 0 prints it */
            *status = SIM_EXIT_DONE;
        else
            fputs("weir: this build cannot be run by mpirun: Open MPI was missing when it was "
                  "configured. Install libopenmpi-dev and openmpi-bin, and build again\n",
                  stderr);
        return true;
    }
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    pid_t parent = getpid(), child = fork();
    if (child == 0)
        become(program, argv, parent);
    if (child < 0) {
        sim_tell(stderr, "weir: cannot start %s: %s\n", program, strerror(errno));
        return true;
    }
    int how = attend(child, &signals, &signalled);
    if (WIFEXITED(how)) {
        *status = WEXITSTATUS(how);
        if (*status != SIM_EXIT_DONE && sim__cli_is_other_rank())
            sigtimedwait(&signals, NULL, &patience);
    } else if (signalled) {
        *status = SIM_EXIT_INTERRUPTED;
    } else {
        sim_tell(stderr,
                 "weir: rank %ld of %ld was killed by signal %d (%s), which ended the command. "
                 "Finished runs are in the store: run the command again to go on\n",
                 number_in("OMPI_COMM_WORLD_RANK"), number_in("OMPI_COMM_WORLD_SIZE"),
                 WTERMSIG(how), strsignal(WTERMSIG(how)));
    }
    return true;
}

#endif
