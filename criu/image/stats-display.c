// SPDX-License-Identifier: GPL-2.0-only
/* Statistics as text. A client may read the labels, so they stay as they are. */
#include "criu/image/stats-display.h"

#include <inttypes.h>

static void display_time(FILE *out, const char *label, uint32_t usec)
{
	fprintf(out, "%s: %" PRIu32 " us\n", label, usec);
}

/* An optional count that was not written is not shown. */
static void display_count(FILE *out, const char *label, protobuf_c_boolean has, uint64_t count)
{
	if (has)
		fprintf(out, "%s: %" PRIu64 " (0x%" PRIx64 ")\n", label, count, count);
}

void stats_display_dump(FILE *out, const DumpStatsEntry *dump)
{
	fputs("Displaying dump stats:\n", out);
	display_time(out, "Freezing time", dump->freezing_time);
	display_time(out, "Frozen time", dump->frozen_time);
	display_time(out, "Memory dump time", dump->memdump_time);
	display_time(out, "Memory write time", dump->memwrite_time);
	if (dump->has_irmap_resolve)
		display_time(out, "IRMAP resolve time", dump->irmap_resolve);
	display_count(out, "Memory pages scanned", 1, dump->pages_scanned);
	display_count(out, "Memory pages skipped from parent", 1, dump->pages_skipped_parent);
	display_count(out, "Memory pages written", 1, dump->pages_written);
	display_count(out, "Lazy memory pages", 1, dump->pages_lazy);
	display_count(out, "Shared memory pages scanned", dump->has_shpages_scanned, dump->shpages_scanned);
	display_count(out, "Shared memory pages skipped from parent", dump->has_shpages_skipped_parent,
		      dump->shpages_skipped_parent);
	display_count(out, "Shared memory pages written", dump->has_shpages_written, dump->shpages_written);
	display_count(out, "Page pipes", dump->has_page_pipes, dump->page_pipes);
	display_count(out, "Page pipe buffers", dump->has_page_pipe_bufs, dump->page_pipe_bufs);
	fflush(out);
}

void stats_display_restore(FILE *out, const RestoreStatsEntry *restore)
{
	fputs("Displaying restore stats:\n", out);
	display_count(out, "Pages compared", 1, restore->pages_compared);
	display_count(out, "Pages skipped copy-on-write", 1, restore->pages_skipped_cow);
	display_count(out, "Pages restored", restore->has_pages_restored, restore->pages_restored);
	display_time(out, "Forking time", restore->forking_time);
	display_time(out, "Restore time", restore->restore_time);
	fflush(out);
}
