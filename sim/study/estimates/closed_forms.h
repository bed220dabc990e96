/* closed_forms.h - queueing theory of one station, as pure functions. Times are in any unit, rates
 * in its inverse. */
#ifndef SIM_STUDY_CLOSED_FORMS_H
#define SIM_STUDY_CLOSED_FORMS_H

#include <stdint.h>

/* Values in the long run, for admitted requests. .blocked is the share that is not admitted. All
 * NAN if the queue would grow without bound. */
struct sim_form {
    double utilisation, wait, time, blocked;
};

/* The shares of arrivals that find all c servers busy: without a queue (B), and with an unlimited
 * one (C) (1 when load >= c). `load` is arrival rate x mean work. O(c). */
double sim_erlang_b(int64_t servers, double load);
double sim_erlang_c(int64_t servers, double load);

/* M/M/c, and M/M/c/K with at most `limit` waiting (any work where limit is 0: Erlang B). O(c). */
struct sim_form sim_form_mmc(double rate, double work, int64_t servers);
struct sim_form sim_form_mmck(double rate, double work, int64_t servers, int64_t limit);
/* M/G/1, first come first served: Pollaczek and Khinchine. scv: variance / mean^2 of the work. */
struct sim_form sim_form_mg1(double rate, double work, double scv);
/* G/G/c by Allen and Cunneen: an approximation, exact for M/M/c and M/G/1. */
struct sim_form sim_form_ggc(double rate, double arrival_scv, double work, double scv,
                             int64_t servers);
/* E_k/M/1: every k-th arrival of a Poisson process with the rate k x rate. */
struct sim_form sim_form_ekm1(double rate, uint32_t k, double work);
/* Two or more classes of Poisson arrivals at one server, non-preemptive (Cobham 1954): the wait of
 * class `which`; all classes have the same mean work. rates[0] has the highest priority. NAN if the
 * queue grows without bound. O(which). */
double sim_form_class_wait(const double *rates, uint32_t count, uint32_t which, double work,
                           double scv);
/* M/D/1: P(wait <= t) (Crommelin 1932, Erlang 1909). O(rate t), for rate x work < 1 and t up to
 * some tens of work: the terms alternate. */
double sim_form_md1_within(double rate, double work, double t);
/* M/M/c+M, Erlang A: the share that gives up and the mean number waiting; `patience` is the mean
 * patience. O(c + the longest queue that matters). */
struct sim_form sim_form_erlang_a(double rate, double work, int64_t servers, double patience);

#endif
