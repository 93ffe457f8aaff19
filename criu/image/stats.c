// SPDX-License-Identifier: GPL-2.0-only
// Files of statistics: one record with one of two messages in it.
#include "criu/image/stats.h"

#include "criu/image/file.h"

static int stats_write(const struct image_directory *work_directory, enum image_kind kind, const StatsEntry *stats)
{
	struct image_file *file;
	int error = image_create(work_directory, kind, 0, &file);
	int close_error;

	if (error)
		return error;
	error = image_write_record(file, &stats->base);
	close_error = image_close(file);
	return error ?: close_error;
}

int stats_write_dump(const struct image_directory *work_directory, DumpStatsEntry *dump)
{
	StatsEntry stats = STATS_ENTRY__INIT;

	stats.dump = dump;
	return stats_write(work_directory, IMAGE_STATS_DUMP, &stats);
}

int stats_write_restore(const struct image_directory *work_directory, RestoreStatsEntry *restore)
{
	StatsEntry stats = STATS_ENTRY__INIT;

	stats.restore = restore;
	return stats_write(work_directory, IMAGE_STATS_RESTORE, &stats);
}
