/* audit.c - what must hold at the end of every run, counted a second way.
 *
 * Conservation: each call that arrived at a component was answered, failed, refused or lost, or is
 * found in its hands by walking all calls. Little's law, exactly: the area under the calls in hand
 * is the sum of the times that they spent there, including those still there. Requests and answers:
 * each message that was sent arrived, was lost, or is found on its way by walking all calls.
 * Causality: nothing arrived before it was sent. Attribution: the parts of a followed request's
 * latency sum to it. Once: no call was answered twice, except calls lost in a crash. Records: each
 * is free, or one of its halves is open. Servers: the gauges agree with the jobs at work and the
 * calls waiting, found by walking each station. Own work: each piece is done, withdrawn, lost or in
 * hand, and Little's law holds of each class. Utilisation: no more servers are busy than there
 * are. The ledger: what was booked is what the meters say, and the bill is the same by line item,
 * by cause and by window. Copies: the register agrees with what is found by walking the models'
 * data. And each model's own invariants. */
#include "books/trace_state.h"
#include "fabric/call_state.h"
#include "fabric/link_state.h"
#include "parts/station_state.h"
#include "policy/policy_state.h"
#include "run/measured.h"
#include "run/record_state.h"
#include "sim/copies.h"
#include "sim/ledger.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct sim_audit_line *line(struct sim_record *record, const char *name,
                                   const char *component)
{
    struct sim_audit_line *l = &record->audit[record->audit_count++];
    *l = (struct sim_audit_line){.name = name, .component = component, .held = true};
    return l;
}

static void compare(struct sim_audit_line *l, double expected, double observed, double tolerance,
                    const char *what)
{
    l->expected = expected;
    l->observed = observed;
    l->held = fabs(expected - observed) <= tolerance;
    if (!l->held)
        snprintf(l->text, sizeof l->text, "%s: expected %.12g, observed %.12g", what, expected,
                 observed);
}

struct walked {
    double in_hand, waited; /* calls at the component; how long they have been there, ns */
    double own;             /* pieces of its nodes' own work */
};

static void audit_station(struct sim_world *w, uint32_t component, struct walked walked,
                          const struct sim__station_sums *sums, struct sim_record *record)
{
    struct sim_component *c = &w->components[component];
    uint64_t arrived = 0, done = 0;
    for (uint32_t n = 0; n < c->plan->nodes; n++) {
        const struct sim_station_meters *m = c->nodes[n]->station;
        arrived += m->rate.count;
        for (int status = 0; status < SIM_STATUS_COUNT; status++)
            done += m->by_status[status].count;
    }
    compare(line(record, "conservation", c->plan->name), (double)arrived,
            (double)done + walked.in_hand, 0,
            "arrived = answered + failed + refused + lost + in hand");
    /* exact, except for the rounding of sums of doubles */
    double time = sums->sojourn + walked.waited;
    compare(line(record, "little", c->plan->name), sums->in_flight_area, time,
            1e-9 * fabs(time) + 1, "calls in hand x time = sum of the times in hand");
}

static void audit_model(struct sim_component *c, struct sim_record *record)
{
    struct sim_audit_line *l = line(record, "invariants", c->plan->name);
    for (uint32_t n = 0; n < c->plan->nodes && l->held; n++) {
        struct sim_error error = {""};
        if (c->plan->model->check(c->nodes[n], &error) == 0)
            continue;
        l->held = false;
        snprintf(l->text, sizeof l->text, "%.*s", (int)sizeof l->text - 1, error.text);
    }
}

struct recount {
    const struct sim_keyspace *space;
    uint32_t *of_subject;
    int64_t copies, subjects, bytes, abroad;
    uint32_t region; /* of the node */
};

static void count_copy(void *self, const struct sim_keyspace *space, uint64_t key)
{
    struct recount *r = self;
    if (space != r->space)
        return;
    r->copies++;
    uint64_t subject = sim_subject_of(space, key);
    int64_t bytes = sim_value_bytes(space, key);
    uint32_t home = sim_subject_home(space, subject);
    r->subjects += r->of_subject[subject]++ == 0;
    r->bytes += bytes;
    r->abroad += home != SIM_NO_HOME && home != r->region ? bytes : 0;
}

/* Audits the copies of one keyspace at one node, by walking the model's data. */
static int audit_copies(const struct sim_node *node, uint32_t space, struct sim_record *record)
{
    struct recount r = {.space = &node->world->keyspaces[space], .region = node->region};
    const struct sim_copies_of *of = &node->copies->spaces[space];
    r.of_subject = calloc(r.space->subjects, sizeof *r.of_subject);
    if (r.of_subject == NULL)
        return -1;
    node->model->holds(node, count_copy, &r);
    struct sim_audit_line *l = line(record, "copies", node->component->plan->name);
    compare(l, (double)r.copies, (double)of->copies, 0, "keys held = copies registered");
    if (l->held)
        compare(l, (double)r.subjects, (double)of->subjects, 0,
                "subjects held = subjects registered");
    if (l->held)
        compare(l, (double)r.bytes, (double)of->bytes, 0, "bytes held = bytes registered");
    if (l->held)
        compare(l, (double)r.abroad, (double)of->abroad, 0, "of them abroad = registered abroad");
    free(r.of_subject);
    return 0;
}

/* Goes through each node and keyspace with a register: counts them, or audits them if there is a
 * record. -1 when out of memory. */
static int each_register(const struct sim_world *w, struct sim_record *record)
{
    int count = 0;
    for (uint32_t i = 0; i < w->component_count; i++)
        for (uint32_t n = 0; n < w->plan->components[i].nodes; n++)
            for (uint32_t k = 0; k < w->plan->keyspace_count; k++) {
                const struct sim_node *node = w->components[i].nodes[n];
                if (node->copies == NULL || w->keyspaces[k].subjects == 0)
                    continue;
                count++;
                if (record != NULL && audit_copies(node, k, record) != 0)
                    return -1;
            }
    return count;
}

/* That of a station, or of one with a name of its own, such as "disk_utilisation". */
static bool is_utilisation(const char *meter)
{
    static const char word[] = "utilisation";
    size_t length = strlen(meter), whole = sizeof word - 1;
    return length >= whole && strcmp(meter + length - whole, word) == 0 &&
           (length == whole || meter[length - whole - 1] == '_');
}

/* The stations of one node of each component. */
static size_t stations_of(const struct sim_world *w)
{
    size_t count = 0;
    for (uint32_t i = 0; i < w->component_count; i++)
        for (struct sim_part *part = w->components[i].nodes[0]->parts; part; part = part->older)
            count += part->kind == &sim__station_part;
    return count;
}

static void audit_utilisation(struct sim_world *w, struct sim_record *record)
{
    uint32_t metrics = record->metric_count;
    size_t stations = stations_of(w);
    for (uint32_t i = 0; i < metrics; i++) {
        const struct sim_metric *m = &record->metrics[i];
        if (!is_utilisation(m->meter) || strcmp(m->stat, "mean") != 0 ||
            record->audit_count >= 4 * w->component_count + stations)
            continue;
        struct sim_audit_line *l = line(record, "utilisation", m->component);
        l->expected = 1;
        l->observed = isnan(m->value) ? 0 : m->value;
        l->held = l->observed >= 0 && l->observed <= 1 + 1e-9;
        if (!l->held)
            snprintf(l->text, sizeof l->text, "utilisation is %.6g", l->observed);
    }
}

struct found {
    uint64_t awaited, outbound, inbound; /* callers' halves open; messages on their way */
    uint64_t open, free;                 /* records with an open half; free ones */
};

/* Finds calls by walking the records, by component. */
static void walk(const struct sim_world *w, struct walked *walked, struct found *found)
{
    sim_time now = sim_now(w->sim);
    for (uint32_t i = 0; i < w->calls.slab_count * SIM__CALLS_A_SLAB; i++) {
        const struct sim__call *call = sim__call_at(w, i);
        if (!call->used)
            continue;
        found->open += call->awaited || call->stage != SIM__ENDED || call->told;
        if (sim__is_own(call)) {
            walked[call->to->component - w->components].own++;
            continue;
        }
        found->awaited += call->awaited;
        found->outbound += call->stage == SIM__OUTBOUND;
        found->inbound += call->stage == SIM__INBOUND;
        if (call->stage != SIM__IN_HAND)
            continue;
        struct walked *at = &walked[call->to->component - w->components];
        at->in_hand++;
        at->waited += (double)(now - call->arrived);
    }
    uint64_t all = (uint64_t)w->calls.slab_count * SIM__CALLS_A_SLAB;
    for (uint32_t i = w->calls.free; i != 0 && found->free < all; i = sim__call_at(w, i)->next)
        found->free++;
}

/* No answer was given twice, no record leaked. */
static void audit_records(const struct sim_world *w, const struct found *found,
                          struct sim_record *record)
{
    uint64_t taken = 0; /* lost in crashes; their models may still answer each once */
    for (uint32_t i = 0; i < w->component_count; i++)
        for (uint32_t n = 0; n < w->plan->components[i].nodes; n++)
            if (w->components[i].nodes[n]->station != NULL)
                taken += w->components[i].nodes[n]->station->by_status[SIM_LOST].count;
    double twice = w->totals.stale > taken ? (double)(w->totals.stale - taken) : 0;
    compare(line(record, "once", "all"), 0, twice, 0, "answers to calls answered before");
    compare(line(record, "records", "all"),
            (double)w->calls.slab_count * SIM__CALLS_A_SLAB - 1, /* record 0 is never used */
            (double)(found->open + found->free), 0, "records = those of open calls + free ones");
}

/* Checks that a station has as many servers as its meters count: none if its node is down. */
static void audit_capacity(const struct sim_station *s, struct sim_audit_line *l)
{
    int64_t busy = s->busy.value, there = busy > s->servers ? busy : s->servers;
    if (l->held)
        compare(l, (double)(s->node->down ? busy : there), (double)s->capacity.value, 0,
                "servers of nodes that are up = capacity");
    if (l->held)
        compare(l, (double)there, (double)s->provisioned.value, 0, "servers = provisioned");
    if (l->held)
        compare(l, s->node->down, (double)s->node->station->down.value, 0,
                "nodes that are down = those counted");
}

static void audit_jobs(const struct sim_station *s, struct sim_audit_line *l)
{
    struct sim__station_walked walked = sim__station_walk(s);
    if (l->held)
        compare(l, (double)s->busy.value, (double)walked.at_work, 0, "busy = jobs found at work");
    if (l->held)
        compare(l, (double)s->waiting.value, (double)walked.waiting, 0,
                "queue = calls found waiting");
    if (l->held)
        compare(l, 0, (double)walked.strangers, 0, "waiting, and not in the node's hands");
    audit_capacity(s, l);
}

/* Checks that a station's gauges count the calls that are found there, at work or waiting. One line
 * for each component with stations. */
static void audit_servers(const struct sim_world *w, struct sim_record *record)
{
    for (uint32_t i = w->component_count; i-- > 0;) {
        const struct sim_component *c = &w->components[i];
        struct sim_audit_line *l = NULL;
        for (uint32_t n = c->plan->nodes; n-- > 0;)
            for (struct sim_part *part = c->nodes[n]->parts; part != NULL; part = part->older) {
                if (part->kind != &sim__station_part)
                    continue;
                l = l != NULL ? l : line(record, "servers", c->plan->name);
                audit_jobs(sim__station_of(part), l);
            }
    }
}

/* Work of the nodes' own: each piece is done, withdrawn, lost or there, and Little's law holds of
 * each class. One line for each component that has such work. */
static void audit_own_work(const struct sim_world *w, const struct walked *walked,
                           struct sim_record *record)
{
    for (uint32_t i = 0; i < w->component_count; i++) {
        const struct sim_component *c = &w->components[i];
        struct sim_audit_line *l = NULL;
        double in_hand = 0;
        for (uint32_t n = 0; n < c->plan->nodes; n++)
            for (struct sim_part *part = c->nodes[n]->parts; part != NULL; part = part->older) {
                const struct sim_station *s = sim__station_of(part);
                if (part->kind != &sim__station_part || s->own == NULL)
                    continue;
                double expected = 0, observed = 0;
                l = l != NULL ? l : line(record, "own work", c->plan->name);
                in_hand += (double)s->own_in_hand.value;
                const char *what = l->held ? sim__own_work_check(s, &expected, &observed) : NULL;
                if (what != NULL)
                    compare(l, expected, observed, 0, what);
            }
        if (l != NULL && l->held)
            compare(l, in_hand, walked[i].own, 0, "own work in hand = records of it");
    }
}

/* Every request that was sent arrived, was not heard, was lost, or is on its way. Every answer that
 * was sent arrived in time, was not awaited any more, was lost, or is on its way. */
static void audit_messages(struct sim_world *w, const struct found *found,
                           struct sim_record *record)
{
    const struct sim__totals *t = &w->totals;
    uint64_t arrived = 0, answered = t->told;
    for (uint32_t i = 0; i < w->component_count; i++) {
        for (uint32_t n = 0; n < w->plan->components[i].nodes; n++) {
            const struct sim_station_meters *m = w->components[i].nodes[n]->station;
            arrived += m != NULL ? m->rate.count : 0;
            for (int status = 0; m != NULL && status < SIM_STATUS_COUNT; status++)
                answered += status != SIM_LOST ? m->by_status[status].count : 0;
        }
    }
    compare(line(record, "requests", "all"), (double)t->begun,
            (double)(arrived + t->unheard + t->requests_lost + found->outbound), 0,
            "requests sent = arrived + unheard + lost + on their way");
    compare(line(record, "answers", "all"), (double)answered,
            (double)(t->ended - t->timed_out - t->forgotten + t->unwanted + t->answers_lost +
                     found->inbound),
            0, "answers sent = awaited + unwanted + lost + on their way");
}

/* Calls under a policy: none is forgotten, none is stuck, no slot has leaked. */
static void audit_operations(const struct sim_world *w, struct sim_record *record)
{
    if (w->operations->begun == 0)
        return;
    struct sim__operations_walked walked = sim__operations_walk(w);
    compare(line(record, "operations", "all"), (double)w->operations->begun,
            (double)(w->operations->ended + walked.live), 0, "calls begun = ended + found open");
    compare(line(record, "stuck", "all"), 0, (double)walked.stuck, 0,
            "open calls that neither a timer nor an attempt could end");
    compare(line(record, "slots", "all"), (double)walked.slots_counted, (double)walked.slots, 0,
            "slots of concurrency limits taken = attempts out");
}

/* Whether a link is billed by the zones that it joins. */
static bool by_zones(const struct sim_world *w, const struct sim_plan_site *a,
                     const struct sim_plan_site *b)
{
    return w->plan->bill->zones && a->region == b->region && a->zone != b->zone &&
           a->zone != SIM_NOWHERE && b->zone != SIM_NOWHERE;
}

/* The bytes that the links between two regions, or two zones, carried since the start. */
static double carried(const struct sim_world *w, uint32_t from, uint32_t to)
{
    double bytes = 0;
    for (uint32_t i = 0; i < w->links_made_count; i++) {
        const struct sim__link *link = w->links_made[i];
        const struct sim_plan_site *a = &w->sites[link->from_site].place;
        const struct sim_plan_site *b = &w->sites[link->to_site].place;
        bool here = sim_plan_is_at(w->plan, a, from) && sim_plan_is_at(w->plan, b, to) &&
                    by_zones(w, a, b) == (from >= w->plan->region_count);
        for (int c = 0; here && c < SIM_CAUSES; c++)
            bytes += (double)link->bytes[c];
    }
    return bytes;
}

/* What an item's meter says since the start, in the ledger's units. */
static double used(const struct sim_world *w, const struct sim_bill_item *it, double whole)
{
    if (it->component == SIM_NO_COMPONENT)
        return carried(w, it->from, it->to);
    const struct sim_component *c = &w->components[it->component];
    if (it->usage->meter == NULL)
        return c->plan->nodes * (double)sim_now(w->sim) / 3.6e12;
    return sim_usage_over_time(c->plan->model, it->usage) ? whole / 3.6e12 : whole;
}

/* Requests to components of several sites: the bytes that each site sent and got, by the nodes that
 * called and were called, against those on the links that begin and end there. */
static int audit_places(const struct sim_world *w, struct sim_record *record)
{
    double off = 0, all = 0;
    for (uint32_t s = 0; s < w->site_count; s++)
        all += (double)w->sites[s].sent;
    int64_t *sent = all > 0 ? calloc(2 * (size_t)w->site_count, sizeof *sent) : NULL;
    if (sent == NULL)
        return all > 0 ? -1 : 0;
    int64_t *got = sent + w->site_count;
    for (uint32_t i = 0; i < w->links_made_count; i++) {
        const struct sim__link *link = w->links_made[i];
        sent[link->from_site] += link->placed;
        got[link->to_site] += link->placed;
    }
    for (uint32_t s = 0; s < w->site_count; s++)
        off += fabs((double)(w->sites[s].sent - sent[s])) +
               fabs((double)(w->sites[s].received - got[s]));
    free(sent);
    compare(line(record, "places", "all"), all, all - off, 0,
            "bytes sent to the nodes of each place = bytes on the links to it");
    return 0;
}

static void audit_ledger(const struct sim_world *w, const struct sim__ledger *ledger,
                         const double *whole, struct sim_record *record)
{
    const struct sim_bill *bill = w->plan->bill;
    for (uint32_t i = 0; i < bill->item_count; i++) {
        double there = used(w, &bill->items[i], whole[i]);
        double booked = sim__ledger_booked(ledger, i);
        bool peak = bill->items[i].price != NULL && bill->items[i].price->peak;
        compare(line(record, "ledger", bill->items[i].place), peak ? fmax(there, booked) : there,
                booked, 1e-9 * fabs(there) + 1e-12,
                peak ? "booked at the peak >= what the meter says"
                     : "booked = what the meter says");
    }
    struct sim__ledger_sums sums = sim__ledger_sums(ledger);
    double tolerance = 1e-9 * fabs(sums.total) + 1e-15;
    compare(line(record, "ledger", "all"), sums.total, sums.items, tolerance,
            "total = sum of the line items");
    compare(line(record, "ledger", "all"), sums.total, sums.causes, tolerance,
            "total = sum over causes");
    compare(line(record, "ledger", "all"), sums.total, sums.windows, tolerance,
            "total = sum over windows");
}

int sim__audit(struct sim_world *w, const struct sim__ledger *ledger,
               const struct sim__station_sums *sums, const double *whole, struct sim_record *record)
{
    struct found found = {0};
    struct walked *walked = calloc(w->component_count + 1, sizeof *walked);
    size_t lines = 6 * (size_t)w->component_count + stations_of(w) + 11;
    lines += ledger != NULL ? w->plan->bill->item_count + 3u : 0;
    lines += (size_t)each_register(w, NULL);
    record->audit = calloc(lines, sizeof *record->audit);
    if (walked == NULL || record->audit == NULL) {
        free(walked);
        return -1;
    }
    walk(w, walked, &found);
    for (uint32_t i = 0; i < w->component_count; i++) {
        if (w->components[i].nodes[0]->station != NULL)
            audit_station(w, i, walked[i], &sums[i], record);
        if (w->components[i].plan->model->check != NULL)
            audit_model(&w->components[i], record);
    }
    audit_utilisation(w, record);
    if (each_register(w, record) < 0 || audit_places(w, record) != 0) {
        free(walked);
        return -1;
    }
    if (ledger != NULL)
        audit_ledger(w, ledger, whole, record);
    compare(line(record, "calls", "all"), (double)w->totals.begun,
            (double)(w->totals.ended + found.awaited), 0, "attempts begun = ended + awaited");
    audit_messages(w, &found, record);
    audit_operations(w, record);
    audit_records(w, &found, record);
    audit_servers(w, record);
    audit_own_work(w, walked, record);
    compare(line(record, "causality", "all"), 0, (double)w->totals.late_causes, 0,
            "requests that arrived before they were sent");
    compare(line(record, "attribution", "all"), 0, (double)w->trace->unequal, 0,
            "requests whose latency is not the sum of its parts");
    record->audit_held = true;
    for (uint32_t i = 0; i < record->audit_count; i++)
        record->audit_held &= record->audit[i].held;
    free(walked);
    return 0;
}
