/* SPDX-License-Identifier: GPL-2.0-only */
/* --display-stats: the records of stats-dump and stats-restore as text. */
#ifndef CRIU_IMAGE_STATS_DISPLAY_H
#define CRIU_IMAGE_STATS_DISPLAY_H

#include <stdio.h>

#include "stats.pb-c.h"

void stats_display_dump(FILE *out, const DumpStatsEntry *dump);
void stats_display_restore(FILE *out, const RestoreStatsEntry *restore);

#endif
