/* SPDX-License-Identifier: GPL-2.0-only */
/* stats-dump and stats-restore, which stand in the work directory. */
#ifndef CRIU_IMAGE_STATS_H
#define CRIU_IMAGE_STATS_H

#include "criu/image/directory.h"
#include "stats.pb-c.h"

int stats_write_dump(const struct image_directory *work_directory, DumpStatsEntry *dump);
int stats_write_restore(const struct image_directory *work_directory, RestoreStatsEntry *restore);

#endif
