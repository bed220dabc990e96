/* wiring.c - connects ports: the components that they call, the links between the sites of both,
 * and the nodes among which a caller at a site chooses. */
#include "run/wiring.h"
#include "fabric/link_state.h"
#include "policy/policy_state.h"

#include <math.h>

/* One target of a port, for the callers at one site. */
struct wire {
    struct sim_world *w;
    const struct sim__site *caller;
    uint32_t caller_site;
    struct sim_component *callee;
    uint32_t within; /* as in struct sim_plan_target */
};

static const struct sim__site *callee_site(const struct wire *of, uint32_t site)
{
    return &of->w->sites[of->callee->first_site + site];
}

/* Whether the target includes the nodes at a site of the callee. */
static bool includes(const struct wire *of, uint32_t site)
{
    return of->within == 0 ||
           sim_plan_is_at(of->w->plan, &callee_site(of, site)->place, of->within - 1);
}

/* ---- the nearest nodes ----------------------------------------------------------------------- */

/* How far a site of the callee is: below 0 in the caller's zone, 0 in its region, else more than 0
 * and greater with the mean latency, ns. */
static double distance(const struct wire *of, uint32_t site)
{
    const struct sim__site *to = callee_site(of, site);
    const struct sim_plan_site *here = &of->caller->place, *there = &to->place;
    if (here->zone != SIM_NOWHERE && here->zone == there->zone)
        return -1;
    if (here->region != SIM_NOWHERE && here->region == there->region)
        return 0;
    const struct sim_plan_link *link = sim__declared_between(&of->w->declared, of->w->plan,
                                                             of->caller, to);
    return 1 + (link != NULL ? sim_dist_mean(&link->params.latency) : 0);
}

/* The distance of a site, or of the site of its region that is nearest. */
static double distance_of_region(const struct wire *of, uint32_t site)
{
    double least = distance(of, site);
    uint32_t region = callee_site(of, site)->place.region;
    for (uint32_t s = 0; s < sim_plan_sites(of->callee->plan) && least > 0; s++)
        if (includes(of, s) && callee_site(of, s)->place.region == region)
            least = fmin(least, distance(of, s));
    return least;
}

/* Whether a site is not farther than the nearest one: beyond the caller's region, whether its
 * region is not. */
static bool is_within(const struct wire *of, uint32_t site, double nearest)
{
    return (nearest > 0 ? distance_of_region(of, site) : distance(of, site)) <= nearest;
}

/* ---- targets --------------------------------------------------------------------------------- */

/* Lists the nodes of the target; `most`: only those at sites that are not farther. NULL when out of
 * memory. */
static struct sim__choice *choice_make(const struct wire *of, double most)
{
    struct sim_world *w = of->w;
    uint32_t sites = sim_plan_sites(of->callee->plan);
    struct sim__choice *made = sim__world_alloc(w, 1, sizeof *made);
    if (made == NULL)
        return NULL;
    for (int pass = 0; pass < 2; pass++) {
        if (pass == 1 &&
            (made->nodes = sim__world_alloc(w, made->count, sizeof(struct sim_node *))) == NULL)
            return NULL;
        made->count = 0;
        for (uint32_t s = 0; s < sites; s++) {
            const struct sim_plan_site *site = &callee_site(of, s)->place;
            bool here = includes(of, s) && (isinf(most) || is_within(of, s, most));
            for (uint32_t n = 0; n < site->nodes && here; n++, made->count++)
                if (pass == 1)
                    made->nodes[made->count] = of->callee->nodes[site->first_node + n];
        }
    }
    return made;
}

/* The links between the caller's site and one of the callee's. 0, or -1 when out of memory. */
static int path_make(const struct wire *of, uint32_t site, struct sim__path *path)
{
    uint32_t to = of->callee->first_site + site;
    path->out = sim__link_between(of->w, of->caller_site, to);
    path->back = sim__link_between(of->w, to, of->caller_site);
    return path->out != NULL && path->back != NULL ? 0 : -1;
}

static int target_wire(const struct wire *of, struct sim_port_target *target)
{
    uint32_t sites = sim_plan_sites(of->callee->plan);
    double nearest = INFINITY;
    if (sites == 1)
        return path_make(of, 0, &target->path);
    target->paths = sim__world_alloc(of->w, sites, sizeof *target->paths);
    if (target->paths == NULL)
        return -1;
    for (uint32_t s = 0; s < sites; s++) {
        if (!includes(of, s))
            continue;
        nearest = fmin(nearest, distance(of, s));
        if (path_make(of, s, &target->paths[s]) != 0)
            return -1;
    }
    if (of->within > 0 && (target->within = choice_make(of, INFINITY)) == NULL)
        return -1;
    if (of->callee->plan->spread == SIM_SPREAD_NEAREST &&
        (target->nearest = choice_make(of, nearest)) == NULL)
        return -1;
    return 0;
}

/* Makes the targets of a port for the callers at one site. NULL when out of memory. */
static struct sim_port_target *targets_make(struct sim_world *w, uint32_t caller_site,
                                            const struct sim_plan_port *plan)
{
    struct sim_port_target *targets = sim__world_alloc(w, plan->count, sizeof *targets);
    for (uint32_t t = 0; targets != NULL && t < plan->count; t++) {
        const struct sim_plan_target *to = &plan->targets[t];
        struct wire of = {w, &w->sites[caller_site], caller_site, &w->components[to->component],
                          to->within};
        targets[t].component = of.callee;
        targets[t].share = to->share;
        if (target_wire(&of, &targets[t]) != 0)
            return NULL;
    }
    return targets;
}

static int port_wire(struct sim_world *w, uint32_t from, const struct sim_port_def *def,
                     const struct sim_plan_port *plan)
{
    struct sim_component *c = &w->components[from];
    for (uint32_t s = 0; s < sim_plan_sites(c->plan); s++) {
        struct sim_plan_site site = sim_plan_site(c->plan, s);
        struct sim_port_target *targets = targets_make(w, c->first_site + s, plan);
        if (targets == NULL)
            return -1;
        for (uint32_t n = site.first_node; n < site.first_node + site.nodes; n++) {
            struct sim_port *port = (struct sim_port *)((char *)c->nodes[n] + def->offset);
            *port = (struct sim_port){c->nodes[n], targets, plan->count, NULL};
            if (sim__guards_make(c->nodes[n], plan->count, &port->guards) != 0)
                return -1;
        }
    }
    return 0;
}

int sim__ports_wire(struct sim_world *w)
{
    for (uint32_t i = 0; i < w->component_count; i++) {
        const struct sim_plan_component *p = &w->plan->components[i];
        const struct sim_port_def *def = p->model->ports;
        for (uint32_t k = 0; def != NULL && def[k].name != NULL; k++) {
            struct sim_plan_target self = {.component = i, .share = 1};
            struct sim_plan_port peers = {&self, 1};
            bool own = (def[k].flags & SIM_PEERS) != 0;
            if (port_wire(w, i, &def[k], own ? &peers : &p->ports[k]) != 0)
                return -1;
        }
    }
    return 0;
}
