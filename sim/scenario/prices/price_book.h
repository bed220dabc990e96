/* price_book.h - price books as the loader reads them: between price_book.c, price.c and bill.c. */
#ifndef SIM_SCENARIO_PRICE_BOOK_H
#define SIM_SCENARIO_PRICE_BOOK_H

#include "scenario/load.h"

/* A price of a use, by what it is said of: a component's or model's name; of links "within",
 * "between", "eu>us", "*>us". The stronger kind comes first. */
enum sim__priced { SIM__PRICED_COMPONENT, SIM__PRICED_MODEL, SIM__PRICED_ANY, SIM__PRICED_LINK };

struct sim__price_entry {
    size_t number; /* of those before it in the text */
    struct sim_price price;
};

struct sim__price_book {
    const char *title, *date, *source;
    struct sim__price_entry *entries; /* the last of what is said of the same */
    size_t count, room, said;
    struct sim_lookup numbers; /* by sim__price_of(): where in .entries */
};

/* A book's file, read once for all cases. */
struct sim__book_file {
    struct sim__book_file *next;
    const char *name;
    struct sim__document document; /* of the file: its name and places; .root NULL: it is no JSON */
};

/* What is priced, so that the dimension can be checked. */
struct sim__priced_use {
    const struct sim_model *model; /* NULL: a link's */
    const struct sim_usage *usage;
};

/* A price: a text such as "$0.09/GB", or an object with tiers (price.c). */
bool sim__read_price(struct sim__load *, const struct sim__at *, json_t *value,
                     const struct sim__priced_use *, struct sim_price *);

/* The last price said of a use at a place; NULL: none. */
const struct sim__price_entry *sim__price_of(const struct sim__price_book *, enum sim__priced,
                                             const char *place, const char *usage);
/* Adds what an object says to a book (price_book.c). `whole`: it must say its date and source. `at`
 * is NULL for a book's own file. */
void sim__read_book(struct sim__load *, const struct sim__at *, json_t *object, bool whole,
                    struct sim__price_book *);
/* The file of that name, read when it is first asked for; NULL with the reason said. */
struct sim__book_file *sim__book_open(struct sim__load *, const struct sim__at *, const char *name);

#endif
