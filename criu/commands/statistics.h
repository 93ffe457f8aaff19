/* SPDX-License-Identifier: GPL-2.0-only */
/* --display-stats: the record of stats-dump or stats-restore as text. */
#ifndef CRIU_COMMANDS_STATISTICS_H
#define CRIU_COMMANDS_STATISTICS_H

#include <stdio.h>

#include "images/stats.pb-c.h"

void statistics_display(FILE *out, const StatsEntry *stats);

#endif
