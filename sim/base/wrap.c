/* wrap.c - text broken into lines. */
#include "base/wrap.h"

#include "base/text.h"

#include <stdbool.h>
#include <string.h>

unsigned sim_wrap_width(const char *s)
{
    unsigned n = 0;
    for (; *s; s++)
        n += ((unsigned char)*s & 0xc0) != 0x80;
    return n;
}

void sim_wrap_print(FILE *out, const char *text, unsigned indent, unsigned at, unsigned columns)
{
    bool first = at <= indent;
    while (*text) {
        size_t n = strcspn(text, " \n");
        char word[256];
        snprintf(word, sizeof word, "%.*s", (int)n, text);
        sim_text_clean(word, false);
        unsigned w = sim_wrap_width(word);
        if (!first && at > indent && at + 1 + w > columns) {
            sim_tell(out, "\n%*s", (int)indent, "");
            at = indent;
        } else if (!first) {
            fputc(' ', out);
            at++;
        }
        first = false;
        fputs(word, out);
        at += w;
        text += n;
        text += strspn(text, " \n");
    }
    fputc('\n', out);
}
