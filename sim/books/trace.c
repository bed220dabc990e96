/* trace.c - follows requests through the calls, as trees of spans.
 *
 * Each request of a source is chosen with probability 2^-level, independently. The gap to the next
 * chosen one is drawn from the source's own stream, so that the requests between cost one
 * subtraction. When the table of rows (attribution.c) is full, the level of the source with the
 * most rows rises, and each of its rows stays with probability 1/2. So at the end all remaining
 * rows of a source were chosen with the same probability, whenever the requests came and however
 * long they took.
 *
 * A tree lives until its request has ended and none of its calls is under way; trees for the trace
 * file stay. The name of a span has a generation, by which a stale name is recognised. After 2^10
 * uses of a place a stale name would pass for a new one. That would only move time from one part to
 * another.
 *
 * If a trace is asked for, all requests are followed, because the slowest are known only at the
 * end. */
#include "books/trace_state.h"

#include <assert.h>
#include <stdlib.h>

#define INDEX_MASK ((UINT32_C(1) << SIM__SPAN_BITS) - 1)
#define FIRST_SPANS 1024u

/* ---- spans ----------------------------------------------------------------------------------- */

static bool spans_grow(struct sim__trace *t)
{
    if (t->linked == t->capacity) {
        uint32_t capacity = t->capacity ? 2 * t->capacity : FIRST_SPANS;
        if (capacity > INDEX_MASK + 1)
            return false;
        struct sim__span *spans = realloc(t->spans, capacity * sizeof *spans);
        if (spans == NULL)
            return false;
        t->spans = spans;
        t->capacity = capacity;
    }
    uint32_t first = t->linked; /* a few at a time, so that memory is touched only when it is
                                   needed */
    t->linked += FIRST_SPANS;
    for (uint32_t i = t->linked; i-- > first;) {
        t->spans[i] = (struct sim__span){.kind = SIM__SPAN_FREE, .sibling = t->free};
        t->free = i > 0 ? i : t->free; /* 0 stands for none */
    }
    return true;
}

/* Makes a span; 0: there is no room. Spans may move. */
static inline uint32_t span_new(struct sim__trace *t, enum sim__span_kind kind, sim_time now)
{
    if (t->free == 0 && !spans_grow(t))
        return 0;
    uint32_t index = t->free;
    struct sim__span *s = &t->spans[index];
    assert(s->kind == SIM__SPAN_FREE && "what is in the free list is free");
    t->free = s->sibling;
    uint16_t generation = s->generation;
    *s = (struct sim__span){.sent = now,
                            .ended = SIM_NEVER,
                            .arrived = SIM_NEVER,
                            .left = SIM_NEVER,
                            .kind = (uint8_t)kind,
                            .generation = generation};
    return index;
}

static inline uint32_t name_of(const struct sim__trace *t, uint32_t index)
{
    return (uint32_t)t->spans[index].generation << SIM__SPAN_BITS | index;
}

/* The index of a span by its name, or 0 when it is stale. */
static inline uint32_t find(const struct sim__trace *t, uint32_t name)
{
    uint32_t index = name & INDEX_MASK;
    bool fresh = index < t->linked && t->spans[index].kind != SIM__SPAN_FREE &&
                 t->spans[index].generation == name >> SIM__SPAN_BITS;
    return fresh ? index : 0;
}

/* Makes a span under another; 0: there is no room, or the tree no longer needs it. */
static uint32_t child_new(struct sim__trace *t, uint32_t parent, enum sim__span_kind kind,
                          sim_time now)
{
    const struct sim__span *root = &t->spans[t->spans[parent].root];
    if (root->ended != SIM_NEVER && (root->flags & (SIM__SPAN_SAMPLED | SIM__SPAN_SLOW)) == 0)
        return 0;
    uint32_t index = span_new(t, kind, now);
    if (index == 0) {
        t->missed++;
        return 0;
    }
    struct sim__span *s = &t->spans[index], *p = &t->spans[parent];
    s->parent = parent;
    s->root = p->root;
    s->sibling = p->child;
    p->child = index;
    return index;
}

static void tree_free(struct sim__trace *t, uint32_t root)
{
    assert(t->spans[root].kind == SIM__SPAN_ROOT && t->spans[root].live == 0);
    t->spans[root].sibling = 0;
    for (uint32_t list = root; list != 0;) {
        uint32_t index = list;
        struct sim__span *s = &t->spans[index];
        list = s->sibling;
        if (s->child != 0) {
            uint32_t last = s->child;
            while (t->spans[last].sibling != 0)
                last = t->spans[last].sibling;
            t->spans[last].sibling = list;
            list = s->child;
        }
        s->kind = SIM__SPAN_FREE;
        s->generation = (s->generation + 1) & (UINT16_MAX >> (SIM__SPAN_BITS - 16));
        s->sibling = t->free;
        t->free = index;
    }
}

static void free_if_done(struct sim__trace *t, uint32_t root)
{
    struct sim__span *r = &t->spans[root];
    if (r->live == 0 && (r->flags & (SIM__SPAN_SAMPLED | SIM__SPAN_SLOW)) == 0)
        tree_free(t, root);
}

/* ---- which are kept for the trace ------------------------------------------------------------ */

static bool makes_room(const struct sim__trace *t, uint32_t a, uint32_t b, uint8_t as)
{
    const struct sim__span *x = &t->spans[a], *y = &t->spans[b];
    sim_time dx = x->ended - x->intended, dy = y->ended - y->intended;
    if (as == SIM__SPAN_SLOW && dx != dy)
        return dx < dy;
    if (as == SIM__SPAN_SLOW)
        return x->intended != y->intended ? x->intended > y->intended : a > b;
    return x->pick > y->pick;
}

static void sift_down(const struct sim__trace *t, struct sim__heap *h, uint8_t as)
{
    uint32_t at = 0, moved = h->spans[0];
    for (uint32_t child = 1; child < h->count; child = 2 * at + 1) {
        child += child + 1 < h->count && makes_room(t, h->spans[child + 1], h->spans[child], as);
        if (!makes_room(t, h->spans[child], moved, as))
            break;
        h->spans[at] = h->spans[child];
        at = child;
    }
    h->spans[at] = moved;
}

/* Keeps a request for the trace if it is one of the first .keep of its kind. */
static void keep(struct sim__trace *t, struct sim__heap *h, uint32_t root, uint8_t as)
{
    if (h->count < t->keep) {
        uint32_t at = h->count++;
        for (; at > 0 && makes_room(t, root, h->spans[(at - 1) / 2], as); at = (at - 1) / 2)
            h->spans[at] = h->spans[(at - 1) / 2];
        h->spans[at] = root;
    } else if (makes_room(t, h->spans[0], root, as)) {
        uint32_t gone = h->spans[0];
        h->spans[0] = root;
        sift_down(t, h, as);
        t->spans[gone].flags &= (uint8_t)~as;
        free_if_done(t, gone);
    } else {
        return;
    }
    t->spans[root].flags |= as;
}

/* ---- choosing -------------------------------------------------------------------------------- */

/* Requests from one that is chosen to the next, at probability 2^-level: geometric. */
static void draw_gap(struct sim__source *s)
{
    double p = 1 / (double)(UINT64_C(1) << s->level);
    double gap = s->level == 0 ? 0 : sim_draw_exponential(&s->stream) / -sim_log1p(-p);
    s->drawn_at = s->level;
    s->left = gap < 1e18 ? 1 + (uint64_t)gap : UINT64_MAX;
}

/* The pick of a source's next request. Gaps that were drawn before the level rose are thinned. */
static uint64_t next_pick(struct sim__trace *t, struct sim__source *s)
{
    if (--s->left > 0)
        return UINT64_MAX;
    uint64_t pick = sim_draw_bits(&s->stream) >> s->drawn_at;
    draw_gap(s);
    if (!sim__is_chosen(pick, s->level))
        return UINT64_MAX;
    s->begun++;
    sim__attribution_begun(t, (uint32_t)(s - t->sources));
    if (++t->begun >= SIM__ROWS)
        sim__attribution_raise(t);
    return pick;
}

struct sim__trace *sim__trace_new(uint32_t component_count, bool measuring)
{
    struct sim__trace *t = calloc(1, sizeof *t);
    if (t == NULL)
        return NULL;
    t->measuring = measuring;
    t->component_count = component_count;
    t->sources = calloc(component_count + 1u, sizeof *t->sources);
    if (t->sources == NULL || sim__attribution_make(t) != 0 || !spans_grow(t)) {
        sim__trace_free(t);
        return NULL;
    }
    return t;
}

void sim__trace_free(struct sim__trace *t)
{
    if (t == NULL)
        return;
    sim__attribution_free(t);
    free(t->sampled.spans);
    free(t->slowest.spans);
    free(t->sources);
    free(t->spans);
    free(t);
}

uint64_t sim__trace_source(struct sim__trace *t, uint32_t component, uint64_t seed,
                           uint64_t replication, const char *name)
{
    struct sim__source *s = &t->sources[component];
    sim_stream_init(&s->stream, seed, replication, name, "trace");
    draw_gap(s);
    return s->left;
}

int sim__trace_keep(struct sim__trace *t, uint32_t requests)
{
    t->sampled.spans = calloc(requests, sizeof *t->sampled.spans);
    t->slowest.spans = calloc(requests, sizeof *t->slowest.spans);
    if (t->sampled.spans == NULL || t->slowest.spans == NULL)
        return -1;
    t->keep = requests;
    return 0;
}

void sim__trace_measure(struct sim__trace *t)
{
    t->measuring = true;
    sim__attribution_clear(t);
}

/* ---- requests of users ----------------------------------------------------------------------- */

uint64_t sim__trace_request(struct sim__trace *t, uint32_t component, uint32_t node, sim_time now,
                            struct sim_request *request)
{
    struct sim__source *source = &t->sources[component];
    if (t->keep == 0) /* the caller counted the requests between */
        source->left = 1;
    uint64_t pick = next_pick(t, source);
    uint64_t until_next = t->keep > 0 ? 1 : source->left;
    request->trace = 0;
    if (pick == UINT64_MAX && t->keep == 0)
        return until_next;
    uint32_t index = span_new(t, SIM__SPAN_ROOT, now);
    if (index == 0) {
        t->missed++;
        return until_next;
    }
    struct sim__span *root = &t->spans[index];
    root->root = index;
    root->live = 1;
    root->intended = request->intended;
    root->pick = pick;
    root->component = component;
    root->node = node;
    root->op = (uint8_t)request->op;
    request->trace = name_of(t, index);
    return until_next;
}

/* The root of a request has ended, for whatever reason. */
static void root_over(struct sim__trace *t, uint32_t root)
{
    const struct sim__span *r = &t->spans[root];
    if (t->measuring && r->pick != UINT64_MAX)
        sim__attribution_add(t, r);
    if (t->keep > 0 && t->measuring) {
        if (r->pick != UINT64_MAX)
            keep(t, &t->sampled, root, SIM__SPAN_SAMPLED);
        keep(t, &t->slowest, root, SIM__SPAN_SLOW);
    }
}

static void let_go(struct sim__trace *t, uint32_t root)
{
    assert(t->spans[root].live > 0);
    t->spans[root].live--;
    free_if_done(t, root);
}

/* Ends a caller's span: a root or an operation. */
static void end(struct sim__trace *t, uint32_t index, sim_time now, enum sim_status status,
                bool forgotten)
{
    struct sim__span *s = &t->spans[index];
    assert(s->ended == SIM_NEVER && s->sent <= now && "a span ends once");
    uint32_t root = s->root;
    s->status = (uint8_t)status;
    if (forgotten)
        s->flags |= SIM__SPAN_ABANDONED;
    s->ended = now;
    if (index == root && !forgotten)
        root_over(t, root);
    let_go(t, root);
}

/* ---- operations ------------------------------------------------------------------------------ */

void sim__trace_operation(struct sim__trace *t, uint32_t component, uint32_t node, sim_time now,
                          struct sim_request *request)
{
    uint32_t parent = find(t, request->trace), index = parent;
    if (parent != 0 && t->spans[parent].kind != SIM__SPAN_ROOT)
        index = child_new(t, parent, SIM__SPAN_OP, now);
    request->trace = index == 0 ? 0 : name_of(t, index);
    if (index == 0)
        return;
    struct sim__span *s = &t->spans[index];
    s->flags |= SIM__SPAN_POLICY;
    s->component = component;
    s->node = node;
    s->op = (uint8_t)request->op;
    if (index != parent)
        t->spans[s->root].live++;
}

void sim__trace_try(struct sim__trace *t, uint32_t name, int64_t attempt, bool hedge)
{
    struct sim__span *s = &t->spans[find(t, name)];
    assert(s->kind == SIM__SPAN_ROOT || s->kind == SIM__SPAN_OP);
    s->attempt = attempt < UINT16_MAX ? (uint16_t)attempt : UINT16_MAX;
    s->flags = (uint8_t)((s->flags & ~SIM__SPAN_HEDGE) | (hedge ? SIM__SPAN_HEDGE : 0));
}

void sim__trace_operation_over(struct sim__trace *t, uint32_t name, sim_time now,
                               enum sim_status status, bool forgotten)
{
    uint32_t index = find(t, name);
    assert(index != 0);
    end(t, index, now, status, forgotten);
}

/* ---- calls ----------------------------------------------------------------------------------- */

uint32_t sim__trace_sent(struct sim__trace *t, uint32_t parent, uint32_t component, uint32_t node,
                         sim_time now, enum sim_op op)
{
    uint32_t above = find(t, parent);
    uint32_t index = above == 0 ? 0 : child_new(t, above, SIM__SPAN_CALL, now);
    if (index == 0)
        return 0;
    struct sim__span *s = &t->spans[index], *p = &t->spans[above];
    s->component = component;
    s->node = node;
    s->op = (uint8_t)op;
    s->attempt = p->attempt;
    s->flags = p->flags & SIM__SPAN_HEDGE;
    t->spans[s->root].live++;
    return name_of(t, index);
}

void sim__trace_left(struct sim__trace *t, uint32_t name, sim_time arrived, sim_time now)
{
    struct sim__span *s = &t->spans[find(t, name)];
    assert(s->kind == SIM__SPAN_CALL && s->sent <= arrived && arrived <= now);
    s->arrived = arrived;
    s->left = now;
}

void sim__trace_ended(struct sim__trace *t, uint32_t name, sim_time now, enum sim_status status,
                      bool forgotten, sim_time arrived, bool live)
{
    struct sim__span *s = &t->spans[find(t, name)];
    assert(s->kind == SIM__SPAN_CALL && s->ended == SIM_NEVER && s->sent <= now);
    s->status = (uint8_t)status;
    s->ended = now;
    if (forgotten)
        s->flags |= SIM__SPAN_ABANDONED;
    if (arrived != SIM_NEVER)
        s->arrived = arrived;
    const struct sim__span *parent = &t->spans[s->parent];
    if (parent->kind == SIM__SPAN_ROOT && (parent->flags & SIM__SPAN_POLICY) == 0)
        end(t, s->parent, now, status, forgotten);
    if (!live)
        sim__trace_released(t, name);
}

void sim__trace_released(struct sim__trace *t, uint32_t name)
{
    let_go(t, t->spans[find(t, name)].root);
}

/* ---- marks ----------------------------------------------------------------------------------- */

void sim__trace_mark(struct sim__trace *t, uint32_t name, sim_time now, enum sim_spent on)
{
    uint32_t parent = find(t, name);
    uint32_t index = parent == 0 ? 0 : child_new(t, parent, SIM__SPAN_MARK, now);
    if (index != 0)
        t->spans[index].status = (uint8_t)on;
}

/* ---- the trace ------------------------------------------------------------------------------- */

struct listing {
    struct sim__trace *trace;
    struct sim__listed_span *out;
    uint32_t count;
};

/* Reverses a list of children, so that the one sent first is first. */
static void reverse(struct sim__trace *t, struct sim__span *parent)
{
    uint32_t done = 0;
    for (uint32_t i = parent->child, next; i != 0; i = next) {
        next = t->spans[i].sibling;
        t->spans[i].sibling = done;
        done = i;
    }
    parent->child = done;
}

static const enum sim_trace_kind kinds[] = {[SIM__SPAN_ROOT] = SIM_TRACE_REQUEST,
                                            [SIM__SPAN_OP] = SIM_TRACE_CALLS,
                                            [SIM__SPAN_CALL] = SIM_TRACE_CALL,
                                            [SIM__SPAN_MARK] = SIM_TRACE_WAIT};

/* A wait lasts until the next mark or call, or until its parent ends. */
static sim_time wait_ends(const struct sim__trace *t, const struct sim__span *mark)
{
    const struct sim__span *parent = &t->spans[mark->parent];
    if (mark->sibling != 0)
        return t->spans[mark->sibling].sent;
    return parent->kind == SIM__SPAN_CALL ? parent->left : parent->ended;
}

static void list(struct listing *l, uint32_t index, uint32_t parent)
{
    struct sim__trace *t = l->trace;
    struct sim__span *s = &t->spans[index];
    bool call = s->kind == SIM__SPAN_CALL, mark = s->kind == SIM__SPAN_MARK;
    bool root = s->kind == SIM__SPAN_ROOT;
    sim_time ended = mark ? wait_ends(t, s) : s->ended;
    if (mark && (s->status == SIM_SPENT_SERVICE || ended == s->sent))
        return;
    const struct sim__span *where = mark ? &t->spans[s->parent] : s;
    uint32_t at = l->count++;
    if (root)
        parent = at;
    l->out[at] = (struct sim__listed_span){
        .kind = kinds[s->kind],
        .parent = parent,
        .component = where->component,
        .node = where->node,
        .sent = root ? s->intended : s->sent,
        .arrived = call ? s->arrived : SIM_NEVER,
        .left = call ? s->left : SIM_NEVER,
        .ended = ended,
        .what = mark ? sim_spent_names[s->status] : sim_op_names[s->op],
        .status = mark || s->ended == SIM_NEVER ? NULL : sim_status_names[s->status],
        .attempt = call ? s->attempt : 0,
        .hedge = call && (s->flags & SIM__SPAN_HEDGE) != 0,
        .abandoned = (s->flags & SIM__SPAN_ABANDONED) != 0,
        .slowest = (s->flags & SIM__SPAN_SLOW) != 0,
        .sampled = (s->flags & SIM__SPAN_SAMPLED) != 0};
    reverse(t, s);
    for (uint32_t i = s->child; i != 0; i = t->spans[i].sibling)
        list(l, i, at);
}

static uint32_t size_of(const struct sim__trace *t, uint32_t index)
{
    uint32_t n = 1;
    for (uint32_t i = t->spans[index].child; i != 0; i = t->spans[i].sibling)
        n += size_of(t, i);
    return n;
}

/* Empties a heap into order: the request that would make room first is last. */
static void sort(struct sim__trace *t, struct sim__heap *h, uint8_t as)
{
    uint32_t all = h->count;
    while (h->count > 1) {
        uint32_t first = h->spans[0];
        h->spans[0] = h->spans[--h->count];
        h->spans[h->count] = first;
        sift_down(t, h, as);
    }
    h->count = all;
}

int sim__trace_list(struct sim__trace *t, struct sim__listed_span **out, uint32_t *count)
{
    uint32_t spans = 0;
    *out = NULL;
    *count = 0;
    if (t->keep == 0)
        return 0;
    sort(t, &t->slowest, SIM__SPAN_SLOW);
    sort(t, &t->sampled, SIM__SPAN_SAMPLED);
    for (uint32_t i = 0; i < t->slowest.count; i++)
        spans += size_of(t, t->slowest.spans[i]);
    for (uint32_t i = 0; i < t->sampled.count; i++)
        spans += size_of(t, t->sampled.spans[i]);
    struct listing l = {.trace = t, .out = calloc(spans + 1u, sizeof *l.out)};
    if (l.out == NULL)
        return -1;
    for (uint32_t i = 0; i < t->slowest.count; i++)
        list(&l, t->slowest.spans[i], 0);
    for (uint32_t i = 0; i < t->sampled.count; i++)
        if ((t->spans[t->sampled.spans[i]].flags & SIM__SPAN_SLOW) == 0)
            list(&l, t->sampled.spans[i], 0);
    *out = l.out;
    *count = l.count;
    return 0;
}
