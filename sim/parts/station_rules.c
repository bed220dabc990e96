/* station_rules.c - the rules of a station beyond servers and a limit: their parameters, which of
 * them go together, and CoDel.
 *
 * CoDel: Nichols and Jacobson, RFC 8289 (2018), sec. 5, with requests for packets. Here requests
 * are judged one by one as they reach a server, whereas the RFC's dequeue takes several at once
 * when it drops. Both drop the same ones (tests/model/test_station.c). */
#include "parts/station_state.h"
#include "sim/queueing.h"

#include <math.h>

const char *const sim_discipline_names[] = {
    "fifo", "lifo", "processor-sharing", "priority", "priority-preemptive", NULL};
const char *const sim_abandon_names[] = {"never", "when-reached", "at-once", NULL};
const char *const sim_cancel_names[] = {"finish", "withdraw-queued", "withdraw", NULL};
static const char *const shed_names[] = {"none", "codel", "lifo", "priority", NULL};
static const char *const speed_names[] = {"constant", "usl", "thrashing", NULL};

#define SHED(member)                                                                               \
    offsetof(struct sim_station_rules, shed.member) - offsetof(struct sim_station_rules, shed)
#define SPEED(member)                                                                              \
    offsetof(struct sim_station_rules, speed.member) - offsetof(struct sim_station_rules, speed)
#define PAUSE(member)                                                                              \
    offsetof(struct sim_station_rules, pause.member) - offsetof(struct sim_station_rules, pause)

const struct sim_param sim_station_shed_params[] = {
    SIM_ROW(.name = "by", .kind = SIM_CHOICE, .offset = SHED(by), .by_default = "none",
            .choices = shed_names,
            .doc = "Whom it turns away: codel, requests after waits were too long for a while; "
                   "priority, the lowest class when the queue is full; lifo, nobody, but it serves "
                   "the newest first while the oldest has waited too long.",
            .source = "chosen: nothing is shed unless the scenario says so"),
    SIM_ROW(.name = "target", .kind = SIM_TIME, .offset = SHED(target), .by_default = "5ms",
            .low = 1, .high = 1e18, .doc = "For codel and lifo: a longer wait is too long.",
            .source = "RFC 8289, sec. 4.3"),
    SIM_ROW(.name = "interval", .kind = SIM_TIME, .offset = SHED(interval), .by_default = "100ms",
            .low = 1, .high = 1e18,
            .doc = "For codel: how long waits must be too long before a request is turned away.",
            .source = "RFC 8289, sec. 4.4"),
    {.name = NULL},
};

const struct sim_param sim_station_pause_params[] = {
    SIM_ROW(.name = "every", .kind = SIM_DISTRIBUTION, .offset = PAUSE(every),
            .flags = SIM_OPTIONAL, .doc = "Time from the end of a pause to the start of the next."),
    SIM_ROW(.name = "requests", .kind = SIM_COUNT, .unit = "requests", .offset = PAUSE(requests),
            .low = 1, .high = 1e15, .flags = SIM_OPTIONAL,
            .doc =
                "A pause after this many requests were begun, as each of them allocates memory."),
    SIM_ROW(.name = "lasts", .kind = SIM_DISTRIBUTION, .offset = PAUSE(lasts),
            .flags = SIM_OPTIONAL, .doc = "How long a pause lasts."),
    {.name = NULL},
};

const struct sim_param sim_station_speed_params[] = {
    SIM_ROW(.name = "law", .kind = SIM_CHOICE, .offset = SPEED(law), .flags = SIM_REQUIRED,
            .choices = speed_names,
            .doc = "Each of n at work has the speed 1 (constant), 1 / (1 + contention (n - 1) + "
                   "coherency n (n - 1)) (usl, Gunther 1993), or beyond the knee 1 / (1 + penalty "
                   "(1 - knee / n)) (thrashing, after Denning 1968)."),
    SIM_ROW(.name = "contention", .kind = SIM_NUMBER, .offset = SPEED(contention), .low = 0,
            .high = 1, .flags = SIM_OPTIONAL,
            .doc = "For usl: the share of the work that one at a time can do, such as under a "
                   "lock."),
    SIM_ROW(.name = "coherency", .kind = SIM_NUMBER, .offset = SPEED(coherency), .low = 0,
            .high = 1, .flags = SIM_OPTIONAL,
            .doc = "For usl: the work for each other one at work, such as for data that caches "
                   "exchange, relative to its own."),
    SIM_ROW(.name = "knee", .kind = SIM_COUNT, .unit = "requests", .offset = SPEED(knee), .low = 1,
            .high = 1e8, .flags = SIM_OPTIONAL,
            .doc = "For thrashing: how many at work have what they touch in memory."),
    SIM_ROW(.name = "penalty", .kind = SIM_NUMBER, .offset = SPEED(penalty), .low = 1e-6,
            .high = 1e9, .flags = SIM_OPTIONAL,
            .doc = "For thrashing: how many times as long as the work itself it would take to "
                   "fetch all that it touches."),
    {.name = NULL},
};

double sim_station_speed(const struct sim_station_rules *r, double n)
{
    double knee = (double)r->speed.knee;
    if (r->speed.law == SIM_SPEED_USL)
        return 1 / (1 + r->speed.contention * (n - 1) + r->speed.coherency * n * (n - 1));
    if (r->speed.law == SIM_SPEED_THRASHING && n > knee)
        return 1 / (1 + r->speed.penalty * (1 - knee / n));
    return 1;
}

/* As sim_station_rules_check(), of the speed. */
static const char *speed_check(const struct sim_station_rules *r)
{
    bool usl = r->speed.contention > 0 || r->speed.coherency > 0;
    bool thrashing = r->speed.knee > 0 || r->speed.penalty > 0;
    if (r->speed.law != SIM_SPEED_USL && usl)
        return "\"contention\" and \"coherency\" are for the law \"usl\"";
    if (r->speed.law != SIM_SPEED_THRASHING && thrashing)
        return "\"knee\" and \"penalty\" are for the law \"thrashing\"";
    if (r->speed.law == SIM_SPEED_USL && !usl)
        return "the law \"usl\" needs \"contention\" or \"coherency\" above 0";
    if (r->speed.law == SIM_SPEED_THRASHING && (r->speed.knee == 0 || !(r->speed.penalty > 0)))
        return "the law \"thrashing\" needs \"knee\" and \"penalty\"";
    if (r->speed.law != SIM_SPEED_CONSTANT && r->discipline == SIM_PREEMPTIVE)
        return "under \"priority-preemptive\" the speed cannot depend on how many are at work: "
               "take \"priority\"";
    return NULL;
}

const char *sim_station_rules_check(const struct sim_station_rules *r, int64_t queue_limit)
{
    bool ranked = r->discipline == SIM_PRIORITY || r->discipline == SIM_PREEMPTIVE;
    int causes = (r->pause.every.kind != SIM_DIST_NONE) + (r->pause.requests > 0);
    if (r->discipline == SIM_SHARING && r->abandon != SIM_ABANDON_NEVER)
        return "\"abandon\" is about requests that wait, and under processor sharing none does";
    if (r->discipline == SIM_SHARING && r->wait_limit > 0)
        return "\"wait_limit\" is about requests that wait, and under processor sharing none does";
    if ((r->shed.by == SIM_SHED_CODEL || r->shed.by == SIM_SHED_LIFO) && r->discipline != SIM_FIFO)
        return "shedding by codel or lifo is for the discipline \"fifo\"";
    if (r->shed.by == SIM_SHED_PRIORITY && !ranked)
        return "shedding by priority is for the disciplines \"priority\" and "
               "\"priority-preemptive\"";
    if (r->shed.by == SIM_SHED_PRIORITY && queue_limit == SIM_NO_LIMIT)
        return "shedding by priority happens when the queue is full: give \"queue_limit\"";
    if (causes == 2)
        return "a pause comes by \"every\" or by \"requests\": give one of them";
    if ((causes == 1) != (r->pause.lasts.kind != SIM_DIST_NONE))
        return "a pause needs \"lasts\", and one of \"every\" and \"requests\"";
    if (r->pause.every.kind != SIM_DIST_NONE &&
        !(sim_dist_mean(&r->pause.every) + sim_dist_mean(&r->pause.lasts) > 0))
        return "pauses that take no time would come one after the other in the same instant: "
               "\"every\" or \"lasts\" must be above 0s";
    return speed_check(r);
}

void sim_queueing_servers(struct sim_queueing *q, int64_t servers)
{
    q->servers = servers > 0 ? servers : 1; /* 0 would mean that nobody waits */
    if (servers == 0)
        q->no_form = "it has no servers";
}

void sim_queueing_rules(struct sim_queueing *q, const struct sim_station_rules *r)
{
    q->rules = r;
    q->discipline = r->discipline;
    if (r->pause.lasts.kind != SIM_DIST_NONE)
        q->no_form = "its servers pause";
    else if (r->shed.by != SIM_SHED_NONE)
        q->no_form = "it sheds load";
    else if (r->speed.law != SIM_SPEED_CONSTANT)
        q->no_form = "its speed depends on how many are at work";
    else if (r->wait_limit > 0)
        q->no_form = "it refuses requests that have waited too long";
    if (r->abandon != SIM_ABANDON_NEVER || r->on_cancel != SIM_CANCEL_FINISH)
        q->no_form_unwanted = "requests give up waiting";
}

double sim_station_rules_ticks(const struct sim_station_rules *r, double calls)
{
    double cycle = 0; /* s */
    if (r->pause.lasts.kind == SIM_DIST_NONE)
        return 0;
    if (r->pause.every.kind != SIM_DIST_NONE)
        cycle = (sim_dist_mean(&r->pause.every) + sim_dist_mean(&r->pause.lasts)) / 1e9;
    else if (calls > 0)
        cycle = (double)r->pause.requests / calls + sim_dist_mean(&r->pause.lasts) / 1e9;
    return cycle > 0 ? 2 / cycle : 0;
}

static sim_time control_law(const struct sim__codel *c, sim_time from)
{
    assert(c->count > 0);
    return from + (sim_time)((double)c->interval / sqrt((double)c->count));
}

/* Whether the wait has been above the target for an interval. */
static bool too_long(struct sim__codel *c, sim_time now, sim_time waited, bool last)
{
    if (waited < c->target || last) {
        c->first_above = 0;
        return false;
    }
    if (c->first_above == 0) {
        c->first_above = now + c->interval;
        return false;
    }
    return now >= c->first_above;
}

bool sim__codel_drops(struct sim__codel *c, sim_time now, sim_time waited, bool last)
{
    assert(waited >= 0);
    bool passes = c->passes, law = c->law;
    bool late = too_long(c, now, waited, last);
    c->passes = c->law = false;
    if (passes) /* the request after the drop that began the episode */
        return false;
    if (!c->dropping && !late)
        return false;
    if (!c->dropping) {
        uint32_t change = c->count - c->last_count;
        c->dropping = c->passes = true;
        c->count = change > 1 && now - c->drop_next < 16 * c->interval ? change : 1;
        c->drop_next = control_law(c, now);
        c->last_count = c->count;
        return true;
    }
    c->dropping = late;
    if (late && law)
        c->drop_next = control_law(c, c->drop_next);
    if (!late || now < c->drop_next)
        return false;
    c->count++;
    c->law = true;
    return true;
}

void sim__codel_empty(struct sim__codel *c)
{
    c->first_above = 0;
    c->dropping = c->dropping && c->passes;
    c->passes = c->law = false;
}
