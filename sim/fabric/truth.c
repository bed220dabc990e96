/* truth.c - keyspaces: which version of every key is the latest, and since when. */
#include "fabric/world_state.h"

uint32_t sim_commit(struct sim *sim, struct sim_keyspace *space, uint64_t key)
{
    space->committed[key] = sim_now(sim);
    return ++space->latest[key];
}

int64_t sim_value_bytes(const struct sim_keyspace *space, uint64_t key)
{
    if (space->value_bytes.kind == SIM_DIST_CONSTANT)
        return (int64_t)space->value_bytes.scale;
    struct sim_stream stream;
    uint64_t seed = sim_mix64(key + 1);
    for (int i = 0; i < 4; i++)
        stream.s[i] = seed = sim_mix64(seed + UINT64_C(0x9e3779b97f4a7c15));
    double bytes = sim_dist_draw(&space->value_bytes, &stream);
    return bytes < 0x1p50 ? (int64_t)bytes : INT64_C(1) << 50;
}
