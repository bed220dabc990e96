/* cli_report.c - weir report: one page of results. */
#include "cli.h"

#include "report/page.h"

#include <stdio.h>

int sim__cli_report(const struct sim_cli *cli)
{
    struct sim_error error = {""};
    const char *dir = cli->operands[0];
    switch (sim_page_make(dir, cli->out, stderr, &error)) {
    case SIM_PAGE_FINE: break;
    case SIM_PAGE_FOREIGN: return sim__cli_usage(cli->command, "%s", error.text);
    case SIM_PAGE_FAULT: fprintf(stderr, "weir: %s\n", error.text); return SIM_EXIT_FAULT;
    }
    if (cli->out)
        printf("%s\n", cli->out);
    else
        printf("%s/report.html\n", dir);
    return SIM_EXIT_DONE;
}
