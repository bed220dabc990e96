/* record_blob.h - a run's record as bytes, for the store and for other processes, and back.
 *
 * Three parts: the numbers (outcome, hash, metrics, audit, faults), the series and the
 * distributions, so that who wants only the first need not read all. Each begins with 16 bytes:
 *   "wr", the format's version, the part's number; u32 bytes unpacked; u32 CRC-32 of those; u32 0
 * and goes on with zlib's deflate of its content. Numbers are little-endian, doubles their 64 bits,
 * so they come back to the bit; a text is a u16 length and its bytes. */
#ifndef SIM_STUDY_RECORD_BLOB_H
#define SIM_STUDY_RECORD_BLOB_H

#include "sim/world.h"
#include "study/runs/shared_names.h"

enum sim_record_part {
    SIM_RECORD_NUMBERS,
    SIM_RECORD_SERIES,
    SIM_RECORD_DISTRIBUTIONS,
    SIM_RECORD_PARTS
};

struct sim_bytes {
    unsigned char *data;
    size_t length;
};

/* A packed record; .data of each part is malloc'd. */
struct sim_packed {
    struct sim_bytes parts[SIM_RECORD_PARTS];
};

/* 0, or -1 when out of memory. The caller frees either way. */
int sim_record_pack(const struct sim_record *, struct sim_packed *);
void sim_packed_free(struct sim_packed *);

/* Unpacks a record. The caller frees it with sim_record_free(); `names` owns its texts. Parts with
 * 0 bytes are left out. NULL with the reason: damaged, or out of memory. */
struct sim_record *sim_record_unpack(const struct sim_packed *, struct sim_names *,
                                     struct sim_error *);

#endif
