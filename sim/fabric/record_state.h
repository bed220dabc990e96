/* record_state.h - the record of a run while it is made: windows, ledger, audit. */
#ifndef SIM_FABRIC_RECORD_STATE_H
#define SIM_FABRIC_RECORD_STATE_H

#include "fabric/world_state.h"

/* the ledger of one run; the world's plan must have a bill */
struct sim__ledger;
struct sim__ledger *sim__ledger_new(struct sim_world *, uint32_t windows); /* NULL: no memory */
void sim__ledger_free(struct sim__ledger *);
/* What the meter of an item read in a window: counted, or the area under it (unit x ns). */
struct sim__reading {
    double amount, peak;
};
/* The end of a window of that length; one reading for each item of the bill. */
void sim__ledger_roll(struct sim__ledger *, const struct sim__reading *, sim_time length,
                      bool warm);
/* Books a quantity (things, bytes, or those x h) in the present window, by shares that add up to
 * one. */
void sim__ledger_book(struct sim__ledger *, uint32_t item, double amount, const double *share,
                      bool warm);
/* Adds metrics and series to the record, the audit's lines not. 0, or -1 when out of memory. */
int sim__ledger_finish(struct sim__ledger *, double successes, struct sim_record *);
/* What was booked of an item since the start. */
double sim__ledger_booked(const struct sim__ledger *, uint32_t item);
/* Dollars since the warm-up, added up four ways. After sim__ledger_finish(). */
struct sim__ledger_sums {
    double total, items, causes, windows;
};
struct sim__ledger_sums sim__ledger_sums(const struct sim__ledger *);

/* the record */
struct sim__recorder;
struct sim__recorder *sim__recorder_new(struct sim_world *);
void sim__recorder_free(struct sim__recorder *);
int sim__recorder_roll(struct sim__recorder *, sim_time now); /* the end of a window */
/* The record, the caller's from now on; NULL when out of memory. */
struct sim_record *sim__recorder_finish(struct sim__recorder *);

/* What the audit needs of a component's station meters over the whole run, warm-up included. */
struct sim__station_sums {
    double in_flight_area; /* calls x ns */
    double sojourn;        /* ns, of every call answered or lost */
};
/* `whole`: what the meter of each item of the bill counted, or its area (unit x ns), since the
 * start; NULL without a bill. */
int sim__audit(struct sim_world *, const struct sim__station_sums *, const double *whole,
               struct sim_record *);

#endif
