/* fuzz_record.c - any bytes as the content of one part of a stored run: said to be damaged, or a
 * record, whose bytes give the same bytes again. */
#include "study/runs/record_blob.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { HEAD = 16, WINDOWS = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put(unsigned char *to, uint64_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (unsigned char)(value >> 8 * i);
}

/* Puts the bytes into the place of a part's content, packed and with the sum that fits. */
static void replace(struct sim_bytes *part, const uint8_t *data, size_t size)
{
    uLongf length = compressBound((uLong)size);
    unsigned char *to = malloc(HEAD + length);
    if (!to || compress2(to + HEAD, &length, data, (uLong)size, 1) != Z_OK)
        abort();
    memcpy(to, part->data, HEAD);
    put(to + 4, size);
    put(to + 8, crc32(0, data, (uInt)size));
    free(part->data);
    *part = (struct sim_bytes){.data = to, .length = HEAD + length};
}

static void check_again(const struct sim_record *record, struct sim_names *names)
{
    struct sim_packed first = {0}, second = {0};
    struct sim_error error = {""};
    if (sim_record_pack(record, &first) != 0)
        abort();
    struct sim_record *again = sim_record_unpack(&first, names, &error);
    if (!again || sim_record_pack(again, &second) != 0)
        abort();
    for (int i = 0; i < SIM_RECORD_PARTS; i++)
        if (first.parts[i].length != second.parts[i].length ||
            memcmp(first.parts[i].data, second.parts[i].data, first.parts[i].length) != 0)
            abort();
    sim_record_free(again);
    sim_packed_free(&first);
    sim_packed_free(&second);
}

/* The first byte says which part the rest is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sim_record empty = {.windows = WINDOWS};
    struct sim_packed packed = {0};
    struct sim_error error = {""};
    struct sim_names *names = sim_names_new();
    if (size == 0 || !names || sim_record_pack(&empty, &packed) != 0) {
        sim_names_free(names);
        return 0;
    }
    replace(&packed.parts[*data % SIM_RECORD_PARTS], data + 1, size - 1);
    struct sim_record *record = sim_record_unpack(&packed, names, &error);
    if (!record && !error.text[0])
        abort();
    if (record)
        check_again(record, names);
    sim_record_free(record);
    sim_names_free(names);
    sim_packed_free(&packed);
    return 0;
}
