/* model_page.c - the pages of `weir models`, made from the tables. */
#include "scenario/load.h"

#include "base/wrap.h"

#include "sim/ledger.h"
#include "sim/plugin.h"
#include "sim/policy.h"

#include <stdio.h>
#include <string.h>

/* The pages about kinds of values. */
static const struct {
    const char *name, *summary;
    void (*print)(void *stdio_file);
} pages[] = {
    {"distribution", "Random quantities: their types and fields.", sim_distribution_page},
    {"popularity", "How often each key is requested: the types and their fields.",
     sim_popularity_page},
};

bool sim_value_page(const char *name, void *stdio_file)
{
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
        if (strcmp(pages[i].name, name) == 0) {
            pages[i].print(stdio_file);
            return true;
        }
    return false;
}

static const char fault_summary[] = "Faults and changes of components and links.";

void sim_models_list(void *stdio_file)
{
    FILE *file = stdio_file;
    int width = 0;
    for (const struct sim_model *const *m = sim_models(); *m; m++)
        if ((int)strlen((*m)->name) > width)
            width = (int)strlen((*m)->name);
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
        width = (int)strlen(pages[i].name) > width ? (int)strlen(pages[i].name) : width;
    for (const struct sim_model *const *m = sim_models(); *m; m++)
        fprintf(file, "%-*s  %s\n", width, (*m)->name, (*m)->summary);
    fprintf(file, "%-*s  %s\n", width, sim_link_model.name, sim_link_model.summary);
    fprintf(file, "%-*s  %s\n", width, "fault", fault_summary);
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
        fprintf(file, "%-*s  %s\n", width, pages[i].name, pages[i].summary);
    fprintf(file, "\nweir models NAME shows the parameters, ports and meters of one.\n");
}

static const char *kind_name(const struct sim_param *p)
{
    switch (p->kind) {
    case SIM_TIME: return "duration";
    case SIM_RATE: return "rate";
    case SIM_COUNT: return "count";
    case SIM_BYTES: return "size";
    case SIM_BANDWIDTH: return "bandwidth";
    case SIM_FRACTION: return "fraction";
    case SIM_NUMBER: return "number";
    case SIM_BOOL: return "true or false";
    case SIM_CHOICE: return "choice";
    case SIM_DISTRIBUTION: return "duration or distribution";
    case SIM_BYTES_DIST: return "size or distribution";
    case SIM_NUMBER_DIST: return "number or distribution";
    case SIM_KEYSPACE: return "keyspace";
    case SIM_TRACE: return "file";
    case SIM_GROUP: return "object";
    case SIM_PLUGIN: return "type";
    default: return "list of objects";
    }
}

static void facts(const struct sim_param *p, struct sim_buffer *out)
{
    enum sim_dimension dimension = sim__dimension(p->kind);
    sim_buffer_printf(out, "%s", kind_name(p));
    if (p->unit)
        sim_buffer_printf(out, " of %s", p->unit);
    if (p->flags & SIM_OR_NONE)
        sim_buffer_puts(out, " or \"none\"");
    for (size_t i = 0; p->kind == SIM_CHOICE && p->choices[i]; i++)
        sim_buffer_printf(out, "%s\"%s\"",
                          i == 0              ? ": "
                          : p->choices[i + 1] ? ", "
                                              : " or ",
                          p->choices[i]);
    for (size_t i = 0; p->kind == SIM_PLUGIN && p->plugins[i]; i++)
        sim_buffer_printf(out, "%s\"%s\"",
                          i == 0              ? ": "
                          : p->plugins[i + 1] ? ", "
                                              : " or ",
                          p->plugins[i]->name);
    if (p->high > p->low && p->high < 1e18)
        sim_buffer_printf(out, ", %s to %s", sim_units_format(dimension, p->low).s,
                          sim_units_format(dimension, p->high).s);
    else if (p->low > 1)
        sim_buffer_printf(out, ", at least %s", sim_units_format(dimension, p->low).s);
    if (p->flags & SIM_REQUIRED)
        sim_buffer_puts(out, "; required");
    else if (p->by_default)
        sim_buffer_printf(out, "; default %s", p->by_default);
    else if (p->flags & SIM_OPTIONAL)
        sim_buffer_puts(out, "; optional");
    if (p->flags & SIM_CHANGEABLE)
        sim_buffer_puts(out, "; can be set while running");
}

static int name_width(const struct sim_param *table, int width)
{
    for (const struct sim_param *p = table; p && p->name; p++) {
        if ((int)strlen(p->name) > width)
            width = (int)strlen(p->name);
        if (p->fields && name_width(p->fields, 0) + 2 > width)
            width = name_width(p->fields, 0) + 2;
    }
    return width;
}

static void print_params(FILE *file, const struct sim_param *table, int indent, int width)
{
    for (const struct sim_param *p = table; p && p->name; p++) {
        struct sim_buffer text = {0};
        int column = 4 + width;
        facts(p, &text);
        fprintf(file, "%*s%-*s", indent, "", column - indent, p->name);
        sim__page_wrapped(file, column, text.text ? text.text : "");
        fprintf(file, "%*s", column, "");
        sim__page_wrapped(file, column, p->doc);
        if (p->source) {
            sim_buffer_free(&text);
            bool chosen = strncmp(p->source, "chosen", 6) == 0;
            sim_buffer_printf(&text, "Default %s%s.", chosen ? "" : "from: ", p->source);
            fprintf(file, "%*s", column, "");
            sim__page_wrapped(file, column, text.text ? text.text : "");
        }
        sim_buffer_free(&text);
        print_params(file, p->fields, indent + 2, width);
    }
}

static void print_ports(FILE *file, const struct sim_port_def *ports)
{
    int width = 0;
    for (const struct sim_port_def *p = ports; p->name; p++)
        if ((int)strlen(p->name) > width)
            width = (int)strlen(p->name);
    fprintf(file, "\nPorts: names for the components that it calls\n");
    for (const struct sim_port_def *p = ports; p->name; p++) {
        struct sim_buffer text = {0};
        const char *given = p->flags & SIM_PEERS      ? "not in the scenario: its own nodes"
                            : p->flags & SIM_REQUIRED ? "required"
                                                      : "optional";
        sim_buffer_printf(&text, "%s%s. %s", given, p->flags & SIM_MANY ? ", one or several" : "",
                          p->doc);
        fprintf(file, "  %-*s  ", width, p->name);
        sim__page_wrapped(file, 4 + width, text.text ? text.text : p->doc);
        sim_buffer_free(&text);
    }
}

/* The next meter that every component of this model has, going through the tables. *index starts at
 * 0. NULL past the last. */
static const struct sim_meter *next_meter(const struct sim_model *model, size_t *index)
{
    size_t left = (*index)++;
    for (int t = 0; t < SIM_METERS_TABLES; t++)
        for (const struct sim_meter *m = sim_meters_of(model, (enum sim_meter_table)t);
             m && m->name; m++)
            if (left-- == 0)
                return m;
    return NULL;
}

/* The columns of names and units. */
struct columns {
    int name, unit;
};

static void widen(struct columns *columns, const struct sim_meter *m)
{
    int name = (int)strlen(m->name), unit = (int)strlen(m->unit);
    columns->name = name > columns->name ? name : columns->name;
    columns->unit = unit > columns->unit ? unit : columns->unit;
}

static void print_meter(FILE *file, const struct columns *columns, const struct sim_meter *m)
{
    static const char *const kinds[] = {[SIM_COUNTER] = "counter",
                                        [SIM_GAUGE] = "gauge",
                                        [SIM_HISTOGRAM] = "histogram",
                                        [SIM_RATIO] = "ratio"};
    fprintf(file, "%c %-*s  %-9s  %-*s  ", m->flags & SIM_HEADLINE ? '*' : ' ', columns->name,
            m->name, kinds[m->kind], columns->unit, m->unit);
    sim__page_wrapped(file, 2 + columns->name + 2 + 9 + 2 + columns->unit + 2, m->doc);
}

static void print_meters(FILE *file, const struct sim_model *model)
{
    struct columns columns = {0, 0};
    const struct sim_meter *meter;
    size_t index = 0;
    while ((meter = next_meter(model, &index)) != NULL)
        widen(&columns, meter);
    fprintf(file, "\nMeters (* in the table after a run)\n");
    index = 0;
    while ((meter = next_meter(model, &index)) != NULL)
        print_meter(file, &columns, meter);
}

/* One alternative of a plug-in: its parameters and its meters. */
static void print_plugin(FILE *file, const struct sim_param *row,
                         const struct sim_plugin_type *type)
{
    struct columns columns = {0, 0};
    int indent = fprintf(file, "\n%s \"%s\": ", row->name, type->name) - 1;
    sim__page_wrapped(file, indent, type->summary);
    fprintf(file, "Source: ");
    sim__page_wrapped(file, 8, type->source);
    if (type->params && type->params[0].name)
        fprintf(file, "Given as \"%s\": { \"type\": \"%s\", … }\n", row->name, type->name);
    print_params(file, type->params, 2, name_width(type->params, 0));
    for (const struct sim_meter *m = type->meters; m && m->name; m++)
        widen(&columns, m);
    if (type->meters && type->meters[0].name)
        fprintf(file, "Meters\n");
    for (const struct sim_meter *m = type->meters; m && m->name; m++)
        print_meter(file, &columns, m);
}

static void print_plugins(FILE *file, const struct sim_model *model)
{
    const struct sim_param *row = sim_plugin_next(model->params);
    for (; row; row = sim_plugin_next(row + 1))
        for (size_t i = 0; row->plugins[i]; i++)
            print_plugin(file, row, row->plugins[i]);
}

static void print_usages(FILE *file, const struct sim_model *model)
{
    const struct sim_usage *u;
    int name = 4;
    for (size_t i = 0; (u = sim_usage_next(model, &i)) != NULL;)
        name = (int)strlen(u->name) > name ? (int)strlen(u->name) : name;
    for (size_t i = 0; (u = sim_usage_next(model, &i)) != NULL;) {
        if (i == 1)
            fprintf(file, "\nUses that can have a price\n");
        fprintf(file, "  %-*s  %-10s  ", name, u->name, sim_usage_unit(model, u).s);
        sim__page_wrapped(file, 2 + name + 2 + 10 + 2, u->doc);
    }
}

void sim_model_page(const struct sim_model *model, void *stdio_file)
{
    FILE *file = stdio_file;
    bool calls = model->ports && model->ports[0].name;
    int width = name_width(model->params, name_width(sim__component_table, 8));
    if (calls)
        width = name_width(sim_policy_params, width);
    fprintf(file, "%s: ", model->name);
    sim__page_wrapped(file, (int)strlen(model->name) + 2, model->summary);
    fprintf(file, "Source: ");
    sim__page_wrapped(file, 8, model->source);
    if (model->leaves_out) {
        fprintf(file, "Leaves out: ");
        sim__page_wrapped(file, 12, model->leaves_out);
    }
    if (model->params && model->params[0].name)
        fprintf(file, "\nParameters\n");
    print_params(file, model->params, 2, width);
    if (calls) {
        print_ports(file, model->ports);
        fprintf(file, "\nParameters of its calls\n");
        print_params(file, sim_policy_params, 2, width);
    }
    if (model == &sim_link_model) {
        fprintf(file,
                "\nGiven in \"links\", with \"between\": two components, regions or zones.\n");
        return;
    }
    fprintf(file, "\nParameters of every component\n");
    fprintf(file, "  %-*s%s\n", width + 2, "region",
            "name of a region or a zone such as \"eu/a\"; optional");
    print_params(file, sim__component_table, 2, width);
    print_meters(file, model);
    print_usages(file, model);
    print_plugins(file, model);
}

void sim_fault_page(void *stdio_file)
{
    FILE *file = stdio_file;
    int width = name_width(sim__fault_table, 0);
    for (int i = 0; sim_fault_names[i]; i++)
        width = (int)strlen(sim_fault_names[i]) > width ? (int)strlen(sim_fault_names[i]) : width;
    fprintf(file, "fault: %s\n\nValues of \"do\"\n", fault_summary);
    for (int i = 0; sim_fault_names[i]; i++) {
        fprintf(file, "  %-*s", width + 2, sim_fault_names[i]);
        sim__page_wrapped(file, 4 + width, sim__fault_docs[i]);
    }
    fprintf(file, "\nGiven in \"timeline\", with \"do\" and \"target\"\n");
    print_params(file, sim__fault_table, 2, width);
    fprintf(file,
            "\nTargets: \"app\", a node \"app/3\", a region \"eu\", a zone \"eu/a\", the nodes "
            "\"app@eu\" or\n\"app@eu/a\" of a component there. Of partition, loss and latency: "
            "\"app>db\" one way,\n\"app<>db\" or [\"app\", \"db\"] both ways, each end any of "
            "those before; or a region or zone,\nfor all that enters and leaves it. \"db<>db\" is "
            "what the nodes of \"db\" send one another.\n");
}
