/* origin.c - paths, and where the value at a path comes from: sweep, command line, variant, file or
 * default. Nothing is recorded while documents are merged; the origin is found in the places of the
 * file when it is needed. */
#include "scenario/load.h"

#include <stdio.h>
#include <string.h>

enum { DEPTH = 2 * SIM__DEPTH_MAX + 8 };

/* A path from the root. List items are numbers written as text. */
struct path {
    const char *segments[DEPTH];
    char numbers[DEPTH][24];
    size_t depth;
};

static void path_of(const struct sim__at *at, struct path *path)
{
    path->depth = 0;
    for (const struct sim__at *a = at; a; a = a->up)
        path->depth++;
    size_t i = path->depth;
    for (const struct sim__at *a = at; a && i <= DEPTH; a = a->up) {
        i--;
        path->segments[i] = a->key;
        if (!a->key) {
            snprintf(path->numbers[i], sizeof path->numbers[i], "%zu", a->index);
            path->segments[i] = path->numbers[i];
        }
    }
}

/* Appends /segment, escaped, to a pointer, unless it does not fit. */
static void pointer_add(char *out, size_t size, const char *segment)
{
    size_t n = strlen(out);
    if (n + 2 * strlen(segment) + 2 > size)
        return;
    out[n++] = '/';
    for (; *segment; segment++) {
        if (*segment == '~' || *segment == '/') {
            out[n++] = '~';
            out[n++] = *segment == '~' ? '0' : '1';
        } else {
            out[n++] = *segment;
        }
    }
    out[n] = '\0';
}

void sim__at_pointer(const struct sim__at *at, char *out, size_t size)
{
    struct path path;
    path_of(at, &path);
    out[0] = '\0';
    for (size_t i = 0; i < path.depth; i++)
        pointer_add(out, size, path.segments[i]);
}

json_t *sim__json_child(json_t *parent, const char *segment)
{
    if (json_is_object(parent))
        return json_object_get(parent, segment);
    struct sim_amount index;
    struct sim_error ignored;
    if (!json_is_array(parent) || sim_units_parse(segment, SIM_DIM_COUNT, NULL, &index, &ignored))
        return NULL;
    return json_array_get(parent, (size_t)index.whole);
}

static bool begins_with(const struct path *path, const char *const *segments, size_t depth)
{
    if (path->depth < depth)
        return false;
    for (size_t i = 0; i < depth; i++)
        if (strcmp(path->segments[i], segments[i]) != 0)
            return false;
    return true;
}

enum found {
    NOWHERE,
    THERE,
    HIDDEN
}; /* HIDDEN: a value that overrides it does not have this member */

static void take_place(struct sim__origin *origin, const struct sim__place *place)
{
    origin->line = place->line;
    origin->column = place->column;
    origin->kind = place->kind;
    origin->key_line = place->key_line;
    origin->key_column = place->key_column;
}

/* Follows the path from segment `from` on below `place`, which overrides weaker sources. */
static enum found follow(const struct sim__places *places, const struct sim__place *place,
                         const struct path *path, size_t from, struct sim__origin *origin)
{
    for (size_t i = from; i < path->depth; i++) {
        const struct sim__place *child = sim__place_child(places, place, path->segments[i]);
        if (!child) {
            take_place(origin, place);
            return place->kind == '{' ? NOWHERE : HIDDEN;
        }
        place = child;
    }
    take_place(origin, place);
    return THERE;
}

static enum found in_sweep(const struct sim__load *load, const struct path *path,
                           struct sim__origin *origin)
{
    const struct sim__document *d = load->document;
    if (!load->cell)
        return NOWHERE;
    for (size_t i = 0; i < d->swept_count; i++) {
        const struct sim__swept *swept = &d->swept[i];
        const struct sim__target *target = swept->targets, *end = target + swept->target_count;
        while (target < end && !begins_with(path, target->segments, target->depth))
            target++;
        if (target == end)
            continue;
        char number[24];
        snprintf(number, sizeof number, "%zu", load->cell[i]);
        const char *section = swept->zipped ? "zip" : "cross";
        strcpy(origin->pointer, "/sweep");
        pointer_add(origin->pointer, sizeof origin->pointer, section);
        pointer_add(origin->pointer, sizeof origin->pointer, swept->path);
        if (!swept->owned)
            pointer_add(origin->pointer, sizeof origin->pointer, number);
        for (size_t k = target->depth; k < path->depth; k++)
            pointer_add(origin->pointer, sizeof origin->pointer, path->segments[k]);
        const struct sim__place *place = sim__place_child(&d->places, d->places.root, "sweep");
        place = sim__place_child(&d->places, place, section);
        place = sim__place_child(&d->places, place, swept->path);
        if (place && place->kind == '{') { /* a range */
            take_place(origin, place);
            return THERE;
        }
        place = place && place->kind == '[' ? sim__place_item(place, load->cell[i]) : NULL;
        if (!place) /* the sweep itself was set on the command line */
            return NOWHERE;
        enum found found = follow(&d->places, place, path, target->depth, origin);
        return found == THERE ? THERE : HIDDEN;
    }
    return NOWHERE;
}

static enum found in_sets(const struct sim__load *load, const struct path *path,
                          struct sim__origin *origin)
{
    const struct sim__document *d = load->document;
    for (size_t i = d->set_count; i-- > 0;) {
        const struct sim__setting *set = &d->sets[i];
        if (!set->value || !begins_with(path, set->segments, set->depth))
            continue;
        origin->line = (unsigned)i + 1;
        origin->column = origin->key_line = origin->key_column = 0;
        json_t *value = set->value;
        size_t n = (size_t)snprintf(origin->pointer, sizeof origin->pointer, "%s", set->path);
        for (size_t k = set->depth; k < path->depth; k++) {
            value = sim__json_child(value, path->segments[k]);
            if (n < sizeof origin->pointer)
                n += (size_t)snprintf(origin->pointer + n, sizeof origin->pointer - n, ".%s",
                                      path->segments[k]);
        }
        origin->kind = json_is_string(value) ? '"' : '\0';
        return value && !json_is_null(value) ? THERE : HIDDEN;
    }
    return NOWHERE;
}

static void whole_pointer(struct sim__origin *origin, const char *variant, const struct path *path)
{
    origin->pointer[0] = '\0';
    if (variant) {
        pointer_add(origin->pointer, sizeof origin->pointer, "variants");
        pointer_add(origin->pointer, sizeof origin->pointer, variant);
    }
    for (size_t i = 0; i < path->depth; i++)
        pointer_add(origin->pointer, sizeof origin->pointer, path->segments[i]);
}

/* What a patch does to a member of a union that it does not have: a patch of another type hides it,
 * one of the same type does not, even as a bare word. `found`: without that. */
static enum found by_type(const struct sim__load *load, const struct path *path, enum found found)
{
    json_t *under = load->document->root;
    json_t *over = json_object_get(json_object_get(under, "variants"), load->variant);
    for (size_t i = 0; i < path->depth && over; i++) {
        over = sim__json_child(over, path->segments[i]);
        under = sim__json_child(under, path->segments[i]);
        const char *is = json_string_value(json_object_get(over, SIM__TAG));
        const char *was = json_string_value(json_object_get(under, SIM__TAG));
        if (is && was && i + 1 < path->depth)
            return strcmp(is, was) == 0 ? NOWHERE : HIDDEN;
    }
    return found;
}

static enum found in_variant(const struct sim__load *load, const struct path *path,
                             struct sim__origin *origin)
{
    const struct sim__places *places = &load->document->places;
    if (!load->variant)
        return NOWHERE;
    const struct sim__place *place = sim__place_child(places, places->root, "variants");
    place = sim__place_child(places, place, load->variant);
    if (!place)
        return NOWHERE;
    whole_pointer(origin, load->variant, path);
    enum found found = follow(places, place, path, 0, origin);
    if (found != THERE)
        return by_type(load, path, found);
    return origin->kind == 'n' ? HIDDEN : THERE; /* null in a patch removes the member */
}

static enum found in_file(const struct sim__load *load, const struct path *path,
                          struct sim__origin *origin)
{
    const struct sim__places *places = &load->document->places;
    whole_pointer(origin, NULL, path);
    if (!places->root)
        return NOWHERE;
    return follow(places, places->root, path, 0, origin) == THERE ? THERE : NOWHERE;
}

static enum found find_path(const struct sim__load *load, const struct path *path,
                            struct sim__origin *origin)
{
    static enum found (*const layers[])(const struct sim__load *, const struct path *,
                                        struct sim__origin *) = {in_sweep, in_sets, in_variant,
                                                                 in_file};
    for (size_t i = 0; i < 4; i++) {
        enum found found = layers[i](load, path, origin);
        origin->source = (enum sim__source)i;
        if (found != NOWHERE)
            return found;
    }
    return NOWHERE;
}

bool sim__origin_find(const struct sim__load *load, const struct sim__at *at,
                      struct sim__origin *origin)
{
    struct path path, whole;
    *origin = (struct sim__origin){.line = 1, .column = 1};
    path_of(at, &whole);
    path = whole; /* copied with `whole`, because its segments may point into whole.numbers */
    enum found found = find_path(load, &path, origin);
    if (found != NOWHERE)
        return found == THERE;
    while (found == NOWHERE && path.depth > 0) {
        path.depth--;
        found = find_path(load, &path, origin);
    }
    if (origin->source == SIM__BY_SET)
        return false;
    origin->key_line = 0; /* the key is not there, either */
    whole_pointer(origin, origin->source == SIM__BY_VARIANT ? load->variant : NULL, &whole);
    return false;
}

/* ---- paths as text --------------------------------------------------------------------------- */

static void unescape(char *segment)
{
    char *out = segment;
    for (const char *in = segment; *in; in++) {
        if (*in == '~' && (in[1] == '0' || in[1] == '1')) {
            *out++ = in[1] == '0' ? '~' : '/';
            in++;
        } else {
            *out++ = *in;
        }
    }
    *out = '\0';
}

const char **sim__path_split(struct sim_arena *arena, const char *path, size_t *depth)
{
    char between = *path == '/' ? '/' : '.';
    if (*path == '/')
        path++;
    const char **segments = sim_arena_alloc(arena, SIM__DEPTH_MAX, sizeof *segments);
    *depth = 0;
    for (;;) {
        const char *end = strchr(path, between);
        size_t n = end ? (size_t)(end - path) : strlen(path);
        if (n == 0 || *depth == SIM__DEPTH_MAX || !segments)
            return NULL;
        char *segment = sim_arena_copy_part(arena, path, n);
        if (!segment)
            return NULL;
        if (between == '/')
            unescape(segment);
        segments[(*depth)++] = segment;
        if (!end)
            return segments;
        path = end + 1;
    }
}
