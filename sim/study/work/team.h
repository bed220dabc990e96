/* team.h - several processes that share the runs of one study, as under mpirun.
 *
 * Rank 0 reads the scenario, writes the store and the results, and also runs jobs. The other ranks
 * read the same scenario and run the jobs that rank 0 gives them; a job is a case and a
 * replication. They send back packed records, so results are the same to the bit. The number of
 * jobs each rank can take is kept between calls of sim_replicate_more(), so later replications use
 * all ranks, too. */
#ifndef SIM_STUDY_TEAM_H
#define SIM_STUDY_TEAM_H

#include "study/study.h"

enum sim_team_tag { SIM_TEAM_ROOM, SIM_TEAM_JOB, SIM_TEAM_DONE, SIM_TEAM_END };

/* The transport of messages, made by mpi/team_mpi.c. Used from one thread. */
struct sim_team {
    int rank, size;
    uint32_t *room; /* rank 0: how many jobs each rank can take now */
    uint32_t away;  /* rank 0: how many jobs other ranks have */
    void *self;
    /* 0, or -1. The bytes may be reused when it returns. */
    int (*send)(struct sim_team *, int to, enum sim_team_tag, const void *bytes, size_t length);
    /* The next message that has arrived, without waiting: 1; 0 when there is none; -1 on an error.
     * *bytes is malloc'd and the caller frees it. */
    int (*receive)(struct sim_team *, int *from, enum sim_team_tag *, unsigned char **bytes,
                   size_t *length);
    /* Frees the team; `all`: waits until every rank has called it. */
    void (*close)(struct sim_team *, bool all);
};

/* The team of an mpirun; only in weir-mpi. NULL with the reason. */
struct sim_team *sim_team_mpi_open(struct sim_error *);

/* The cases for ranks other than 0: those of the study, by index, or in a search those that `make`
 * makes from varied values (vary.h). It is called from one thread. NULL: it cannot. */
struct sim_team_cases {
    const struct sim_case *cases;
    uint32_t count;
    const struct sim_case *(*make)(void *self, const double *values, uint32_t count);
    void *self;
};

/* For ranks other than 0: runs jobs until rank 0 ends the team. 0, or -1 with the reason. */
int sim_team_serve(struct sim_work_session *, struct sim_team *, const struct sim_team_cases *,
                   const struct sim_replicate_options *, struct sim_error *);
/* For rank 0: tells the others that there are no more jobs. */
void sim_team_end(struct sim_team *);

#endif
