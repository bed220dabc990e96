/* cli_report.c - weir report: writes one page of results. */
#include "cli/cli.h"

#include "base/text.h"
#include "report/page/page.h"
#include "study/work/signal_watch.h"

#include <stdio.h>
#include <unistd.h>

/* The unfinished page is removed when the command is interrupted. */
static void watch_unfinished(const struct sim_cli *cli, const char *dir)
{
    char path[SIM_WATCH_PATH_BYTES];
    snprintf(path, sizeof path, "%s%s.tmp-%ld", cli->out ? cli->out : dir,
             cli->out ? "" : "/report.html", (long)getpid());
    sim_watch_unfinished(cli->watch, path);
}

int sim__cli_report(const struct sim_cli *cli)
{
    struct sim_error error = {""};
    const char *dir = cli->operands[0];
    watch_unfinished(cli, dir);
    switch (sim_page_make(dir, cli->out, stderr, &error)) {
    case SIM_PAGE_FINE: break;
    case SIM_PAGE_FOREIGN: return sim__cli_usage(cli->command, "%s", error.text);
    case SIM_PAGE_FAULT: sim_tell(stderr, "weir: %s\n", error.text); return SIM_EXIT_FAULT;
    }
    if (cli->out)
        sim_tell(stdout, "%s\n", cli->out);
    else
        sim_tell(stdout, "%s/report.html\n", dir);
    return SIM_EXIT_DONE;
}
