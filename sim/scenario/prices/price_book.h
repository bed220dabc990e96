/* price_book.h - price books as the loader reads them: between price_book.c, price.c and bill.c. */
#ifndef SIM_SCENARIO_PRICE_BOOK_H
#define SIM_SCENARIO_PRICE_BOOK_H

#include "scenario/load.h"
#include "sim/ledger.h"

/* What a price of a use is for: a component, a model, any, or a link ("within", "between", "eu>us",
 * "*>us"). An earlier kind overrides a later one. */
enum sim__priced { SIM__PRICED_COMPONENT, SIM__PRICED_MODEL, SIM__PRICED_ANY, SIM__PRICED_LINK };

struct sim__price_entry {
    size_t number; /* how many entries come before it in the text */
    struct sim_price price;
};

struct sim__price_book {
    const char *title, *date, *source;
    struct sim__price_entry *entries; /* one for each key: the last one in the text */
    size_t count, room, said;
    struct sim_lookup numbers; /* from the key of sim__price_of() to the index in .entries */
};

/* A book's file, read once for all cases. */
struct sim__book_file {
    struct sim__book_file *next;
    const char *name;
    struct sim__document document; /* the file's name and places; .root NULL: it is not JSON */
};

/* The use that a price is for, so that its dimension can be checked. */
struct sim__priced_use {
    const struct sim_model *model; /* NULL: of a link */
    const struct sim_usage *usage;
};

/* Reads a price: a text such as "$0.09/GB", or an object with tiers (price.c). */
bool sim__read_price(struct sim__load *, const struct sim__at *, json_t *value,
                     const struct sim__priced_use *, struct sim_price *);

/* The last price of a use at a place; NULL: none. */
const struct sim__price_entry *sim__price_of(const struct sim__price_book *, enum sim__priced,
                                             const char *place, const char *usage);
/* Adds the prices in an object to a book. `whole`: it needs a date and a source. `at` is NULL for a
 * book's own file. */
void sim__read_book(struct sim__load *, const struct sim__at *, json_t *object, bool whole,
                    struct sim__price_book *);
/* The file of that name, read when it is first asked for; NULL with the reason said. */
struct sim__book_file *sim__book_open(struct sim__load *, const struct sim__at *, const char *name);

#endif
