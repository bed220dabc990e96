/* team.h - several processes that share the runs of one study, as under mpirun.
 *
 * Rank 0 reads the scenario, writes the store and the results, and works as well. The others read
 * the same scenario and run what rank 0 gives them: a case and a replication each. What they send
 * back is a packed record, so results are the same to the bit. Who has room for how many is
 * remembered between calls of sim_replicate_more(), so adding replications goes on with all. */
#ifndef SIM_STUDY_TEAM_H
#define SIM_STUDY_TEAM_H

#include "study/study.h"

enum sim_team_tag { SIM_TEAM_ROOM, SIM_TEAM_JOB, SIM_TEAM_DONE, SIM_TEAM_END };

/* How messages travel; made by whoever knows (mpi/team_mpi.c). Used from one thread. */
struct sim_team {
    int rank, size;
    uint32_t *room; /* rank 0: how many jobs each could take now */
    uint32_t away;  /* rank 0: how many are with others */
    void *self;
    /* 0, or -1. The bytes may be reused when it returns. */
    int (*send)(struct sim_team *, int to, enum sim_team_tag, const void *bytes, size_t length);
    /* The next message that has come, if any, without waiting: 1, 0 when there is none, or -1.
     * *bytes is malloc'd, the caller's. */
    int (*receive)(struct sim_team *, int *from, enum sim_team_tag *, unsigned char **bytes,
                   size_t *length);
    /* Frees the team; `all`: waits until every rank has come to this. */
    void (*close)(struct sim_team *, bool all);
};

/* The team that mpirun made; only in weir-mpi. NULL with the reason. */
struct sim_team *sim_team_mpi_open(struct sim_error *);

/* The cases that ranks other than 0 are asked to run: those of the study by their place, or, in a
 * search, those that `make` makes of varied values (vary.h), from one thread. NULL: it cannot. */
struct sim_team_cases {
    const struct sim_case *cases;
    uint32_t count;
    const struct sim_case *(*make)(void *self, const double *values, uint32_t count);
    void *self;
};

/* What ranks other than 0 do: run what they are given until rank 0 ends it. 0; or -1 with the
 * reason. */
int sim_team_serve(struct sim_work_session *, struct sim_team *, const struct sim_team_cases *,
                   const struct sim_replicate_options *, struct sim_error *);
/* Rank 0: tells the others that there is no more. */
void sim_team_end(struct sim_team *);

#endif
