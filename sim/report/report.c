/* report.c - questions about a report as a whole. */
#include "report/report.h"

bool sim_report_claims_held(const struct sim_report *report)
{
    bool held = true;
    for (uint32_t i = 0; i < report->verdict_count; i++)
        held = held && report->verdicts[i].held;
    return held;
}

bool sim_report_audit_held(const struct sim_report *report)
{
    bool held = true;
    for (uint32_t i = 0; i < report->runs->case_count; i++)
        held = held && report->aggregates[i].audit_held;
    return held;
}

bool sim_report_draws(const struct sim_report *report, const struct sim_figure *figure)
{
    return (figure->kind == SIM_FIGURE_CURVE) == report->sweep;
}
