/* closed_forms.c - queueing theory of one station. Kleinrock 1975, Queueing Systems I, ch. 3, 5, 6;
 * 1976, II, ch. 2, 3, 4. tests/unit/test_theory.c checks them against published numbers. */
#include "study/estimates/closed_forms.h"

#include "sim/random.h"

#include <math.h>

static const struct sim_form nothing = {NAN, NAN, NAN, NAN};

/* Kleinrock 1975, sec. 3.6; by the recursion B(c) = a B(c-1) / (c + a B(c-1)). */
double sim_erlang_b(int64_t servers, double load)
{
    double b = 1;
    for (int64_t c = 1; c <= servers; c++) {
        b = load * b / ((double)c + load * b);
        if (b <= 0) /* underflow: it stays 0 */
            return 0;
    }
    return b;
}

double sim_erlang_c(int64_t servers, double load)
{
    if (load >= (double)servers)
        return 1;
    double b = sim_erlang_b(servers, load);
    return b / (1 - load / (double)servers * (1 - b));
}

struct sim_form sim_form_mmc(double rate, double work, int64_t servers)
{
    double c = (double)servers, load = rate * work;
    if (!(load < c))
        return nothing;
    double wait = sim_erlang_c(servers, load) * work / (c - load);
    return (struct sim_form){load / c, wait, wait + work, 0};
}

/* Kleinrock 1975, sec. 3.6, 3.7. The queue's states are a geometric series from the last server's:
 * with r = load / c, P(queue of j) is in proportion to r^j. */
struct sim_form sim_form_mmck(double rate, double work, int64_t servers, int64_t limit)
{
    double c = (double)servers, load = rate * work, r = load / c, b = sim_erlang_b(servers, load);
    double term = b, queue = 0, more = 0;
    for (int64_t j = 1; j <= limit; j++) {
        term *= r;
        more += term;
        queue += (double)j * term;
        if (r < 1 && term * (double)j < 1e-17 * queue)
            break;
    }
    double blocked = term / (1 + more), admitted = rate * (1 - blocked);
    double wait = queue / (1 + more) / admitted;
    return (struct sim_form){admitted * work / c, wait, wait + work, blocked};
}

struct sim_form sim_form_mg1(double rate, double work, double scv)
{
    double load = rate * work;
    if (!(load < 1))
        return nothing;
    double wait = load * work * (1 + scv) / (2 * (1 - load));
    return (struct sim_form){load, wait, wait + work, 0};
}

/* Allen 1990, "Probability, Statistics, and Queueing Theory", sec. 5.2.5. */
struct sim_form sim_form_ggc(double rate, double arrival_scv, double work, double scv,
                             int64_t servers)
{
    struct sim_form form = sim_form_mmc(rate, work, servers);
    form.wait *= (arrival_scv + scv) / 2;
    form.time = form.wait + work;
    return form;
}

/* Kleinrock 1975, sec. 6.3 (G/M/1): s is the root below 1 of s = A*(mu - mu s), here
 * (k rate / (k rate + mu (1 - s)))^k, by iteration from 0, which grows towards it. */
struct sim_form sim_form_ekm1(double rate, uint32_t k, double work)
{
    double load = rate * work, s = 0;
    if (!(load < 1))
        return nothing;
    for (int i = 0; i < 100000; i++) {
        double base = k * load / (k * load + 1 - s);
        double next = sim_exp(k * sim_log(base));
        if (next - s < 1e-15)
            break;
        s = next;
    }
    return (struct sim_form){load, work * s / (1 - s), work / (1 - s), 0};
}

/* Kleinrock 1976, sec. 3.4 (3.31). */
double sim_form_class_wait(const double *rates, uint32_t count, uint32_t which, double work,
                           double scv)
{
    double above = 0, all = 0;
    for (uint32_t i = 0; i < count; i++) {
        all += rates[i] * work;
        above += i < which ? rates[i] * work : 0;
    }
    double with = above + rates[which] * work;
    if (!(with < 1))
        return NAN;
    double busy = all < 1 ? all : 1;
    return busy * work * (1 + scv) / 2 / ((1 - above) * (1 - with));
}

/* (1 - rho) sum over j = 0 ... floor(t/D) of (lambda (jD - t))^j / j! e^(lambda (t - jD)). */
double sim_form_md1_within(double rate, double work, double t)
{
    double sum = 0;
    for (double j = 0; j * work <= t; j++) {
        double x = rate * (t - j * work);
        double size = j > 0 && x <= 0
                          ? 0
                          : sim_exp(j * sim_log(x > 0 ? x : 1) + x - sim_log_gamma(j + 1));
        sum += fmod(j, 2) > 0 ? -size : size;
    }
    return (1 - rate * work) * sum;
}

/* Palm 1957. Birth and death: up at `rate`, down at min(n, c) / work + max(0, n - c) / patience. */
struct sim_form sim_form_erlang_a(double rate, double work, int64_t servers, double patience)
{
    double c = (double)servers, term = 1, all = 1, busy = 0, queue = 0;
    for (double n = 1; n <= c || term > 1e-18 * all; n++) {
        term *= rate / (fmin(n, c) / work + fmax(0, n - c) / patience);
        all += term;
        busy += fmin(n, c) * term;
        queue += fmax(0, n - c) * term;
        if (all > 1e200) {
            term /= all;
            busy /= all;
            queue /= all;
            all = 1;
        }
    }
    double waiting = queue / all;
    return (struct sim_form){busy / all / c, waiting / rate, NAN, waiting / patience / rate};
}
