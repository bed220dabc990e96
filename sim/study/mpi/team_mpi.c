/* team_mpi.c - a team over MPI. Compiled into weir-mpi only: the plain binary has no MPI in it. */
#include "study/work/team.h"

#include <limits.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

static int send_bytes(struct sim_team *team, int to, enum sim_team_tag tag, const void *bytes,
                      size_t length)
{
    (void)team;
    if (length > INT_MAX)
        return -1;
    return MPI_Send(bytes, (int)length, MPI_BYTE, to, (int)tag, MPI_COMM_WORLD) == MPI_SUCCESS ? 0
                                                                                               : -1;
}

static int receive_bytes(struct sim_team *team, int *from, enum sim_team_tag *tag,
                         unsigned char **bytes, size_t *length)
{
    MPI_Status status;
    int there = 0, count = 0;
    (void)team;
    if (MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &there, &status) != MPI_SUCCESS)
        return -1;
    if (!there)
        return 0;
    MPI_Get_count(&status, MPI_BYTE, &count);
    *bytes = malloc((size_t)count + 1);
    if (!*bytes)
        return -1;
    if (MPI_Recv(*bytes, count, MPI_BYTE, status.MPI_SOURCE, status.MPI_TAG, MPI_COMM_WORLD,
                 MPI_STATUS_IGNORE) != MPI_SUCCESS) {
        free(*bytes);
        return -1;
    }
    *from = status.MPI_SOURCE;
    *tag = (enum sim_team_tag)status.MPI_TAG;
    *length = (size_t)count;
    return 1;
}

static void close_team(struct sim_team *team, bool all)
{
    if (all)
        MPI_Finalize();
    free(team->room);
    free(team);
}

struct sim_team *sim_team_mpi_open(struct sim_error *error)
{
    int level;
    struct sim_team *team = calloc(1, sizeof *team);
    if (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &level) != MPI_SUCCESS ||
        level < MPI_THREAD_FUNNELED) {
        snprintf(error->text, sizeof error->text, "MPI cannot be started");
        free(team);
        return NULL;
    }
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    if (team) {
        MPI_Comm_rank(MPI_COMM_WORLD, &team->rank);
        MPI_Comm_size(MPI_COMM_WORLD, &team->size);
        team->room = calloc((size_t)team->size, sizeof *team->room);
    }
    if (!team || !team->room) {
        snprintf(error->text, sizeof error->text, "out of memory");
        free(team);
        return NULL;
    }
    team->send = send_bytes;
    team->receive = receive_bytes;
    team->close = close_team;
    return team;
}
