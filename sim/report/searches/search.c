/* search.c - parts that all searches write. */
#include "report/searches/search.h"

#include "base/text.h"
#include "report/json_stream.h"

#include <math.h>
#include <string.h>

void sim_search_say_criterion(struct sim_buffer *text, const struct sim_criterion *c)
{
    const char *rest = c->text + strspn(c->text, " \t");
    for (const char *s = c->that; *s && *s == *rest; s++)
        rest++;
    sim_buffer_printf(text, "%s%s", c->that, rest); /* with its statistic, if that was left out */
    if (!isnan(c->from))
        sim_buffer_printf(text, " from %ss", sim_number_text(c->from).s);
    if (!isnan(c->to))
        sim_buffer_printf(text, " to %ss", sim_number_text(c->to).s);
}

void sim_search_write_vary(struct sim_json *json, const char *key, const struct sim_vary *v)
{
    sim_json_open(json, key, '{', true);
    sim_json_text(json, "path", v->path);
    sim_json_number(json, "low", sim_vary_result(v, v->low));
    sim_json_number(json, "high", sim_vary_result(v, v->high));
    sim_json_text(json, "unit", sim_vary_unit(v));
    sim_json_text(json, "scale", v->log ? "log" : "linear");
    if (v->steps > 0)
        sim_json_count(json, "steps", v->steps);
    sim_json_close(json, '}');
}

void sim_search_write_criterion(struct sim_json *json, const struct sim_search *s)
{
    const struct sim_criterion *c = &s->asked->criterion;
    sim_json_open(json, "while", '{', true);
    sim_json_text(json, "text", c->text);
    sim_json_text(json, "that", c->that);
    sim_json_text(json, "is", c->direction > 0 ? c->strict ? ">" : ">=" : c->strict ? "<" : "<=");
    sim_json_number(json, "bound", c->bound);
    sim_json_text(json, "unit", s->unit);
    sim_json_exact(json, "from", c->from);
    sim_json_exact(json, "to", c->to);
    if (s->found)
        sim_json_number(json, "probability", s->probability);
    sim_json_close(json, '}');
}
