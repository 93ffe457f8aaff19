// SPDX-License-Identifier: GPL-2.0-only
/* The first and the last of the images, and what becomes of the tree: killed, resumed or left stopped. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include <compel/compel.h>

#include "inventory.pb-c.h"
#include "stats.pb-c.h"

#include "criu/collect/sleeps.h"
#include "criu/collect/tree.h"
#include "criu/dump/internal.h"
#include "criu/image/directory.h"
#include "criu/image/file.h"
#include "criu/image/inventory.h"
#include "criu/image/stats-display.h"
#include "criu/image/stats.h"
#include "criu/kernel/security-module.h"
#include "criu/objects/kinds.h"
#include "criu/objects/socket/network-lock.h"
#include "criu/options/options.h"
#include "criu/plugin/plugin.h"
#include "criu/util/clock.h"
#include "criu/util/log.h"

#define IMAGE_VERSION_WRITTEN 2
#define LOCK_NFTABLES 1

/* A random UUID (RFC 9562, version 4) in text form. */
static void make_run_id(struct dump *dump)
{
	unsigned char b[16] = {};

	if (getrandom(b, sizeof(b), GRND_NONBLOCK) < 0)
		log_debug("no random numbers yet: run id is all zeroes");
	b[6] = (b[6] & 0x0f) | 0x40;
	b[8] = (b[8] & 0x3f) | 0x80;
	snprintf(dump->run_id, sizeof(dump->run_id),
		 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2],
		 b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

int dump_begin_images(struct dump *dump)
{
	int error = inventory_remove(dump->images);

	if (!dump->run_id[0])
		make_run_id(dump);
	return error < 0 ? log_errno(error, "image directory: old inventory cannot be removed") : 0;
}

static int write_stats(struct dump *dump)
{
	struct image_directory directory = { .fd = dump->work_dir };
	DumpStatsEntry entry = DUMP_STATS_ENTRY__INIT;
	int error;

	dump->stats.frozen_time = clock_usec() - dump->frozen_since;
	entry.freezing_time = dump->stats.freezing_time;
	entry.frozen_time = dump->stats.frozen_time;
	entry.memdump_time = dump->stats.memdump_time;
	entry.memwrite_time = dump->stats.memwrite_time;
	entry.pages_scanned = dump->stats.pages_scanned;
	entry.pages_skipped_parent = dump->stats.pages_skipped_parent;
	entry.pages_written = dump->stats.pages_written;
	entry.pages_lazy = dump->stats.pages_lazy;
	entry.has_shpages_scanned = entry.has_shpages_skipped_parent = entry.has_shpages_written = 1;
	entry.shpages_scanned = dump->stats.shared_scanned;
	entry.shpages_skipped_parent = dump->stats.shared_skipped_parent;
	entry.shpages_written = dump->stats.shared_written;
	error = stats_write_dump(&directory, &entry);
	if (error < 0)
		return log_errno(error, "'stats-dump' cannot be written");
	if (dump->options->display_stats)
		stats_display_dump(stdout, &entry);
	return 0;
}

static int close_file_images(struct dump *dump)
{
	int error = image_close(dump->files), remap_error = image_close(dump->remaps);

	dump->files = dump->remaps = NULL;
	if (error < 0)
		return log_errno(error, "'files.img' cannot be written");
	return remap_error < 0 ? log_errno(remap_error, "'remap-fpath.img' cannot be written") : 0;
}

int dump_finish_images(struct dump *dump)
{
	InventoryEntry inventory = INVENTORY_ENTRY__INIT;
	PluginsEntry plugins = PLUGINS_ENTRY__INIT;
	TaskKobjIdsEntry ids = TASK_KOBJ_IDS_ENTRY__INIT;
	int error = close_file_images(dump);

	if (error < 0)
		return error;
	error = write_stats(dump);
	if (error < 0)
		return error;
	collect_fill_dumper_ids(dump, &ids);
	inventory.img_version = IMAGE_VERSION_WRITTEN;
	inventory.has_fdinfo_per_id = inventory.fdinfo_per_id = 1;
	inventory.has_ns_per_id = inventory.ns_per_id = 1;
	inventory.root_ids = &ids;
	inventory.has_root_cg_set = 1;
	inventory.root_cg_set = DUMPER_CGROUP_SET;
	inventory.has_lsmtype = 1;
	inventory.lsmtype = (Lsmtype)security_module_of_host();
	inventory.has_network_lock_method = 1;
	/* The name of what is there, for whoever unlocks. */
	inventory.network_lock_method = network_lock_is_used(dump)
						? LOCK_NFTABLES
						: (uint32_t)(dump->options->network_lock - NETWORK_LOCK_IPTABLES);
	inventory.has_tcp_close = inventory.tcp_close = dump->options->tcp_close;
	inventory.has_allow_uprobes = inventory.allow_uprobes = dump->options->allow_uprobes;
	plugins.n_plugins = plugins_inventory((char *const **)&plugins.plugins);
	inventory.plugins_entry = &plugins;
	inventory.dump_criu_run_id = dump->run_id;
	/* A tree that goes on need not wait for the disk. */
	error = inventory_write(dump->images, &inventory, !dump->options->leave_running);
	return error < 0 ? log_errno(error, "'inventory.img' cannot be written") : 0;
}

static enum compel_verdict verdict_of(const struct options *options)
{
	if (options->leave_stopped)
		return COMPEL_STOP;
	return options->leave_running ? COMPEL_RESUME : COMPEL_KILL;
}

int dump_release(struct dump *dump)
{
	enum compel_verdict verdict = verdict_of(dump->options);
	int error;

	/* From here on the guardian would finish the same. */
	compel_ledger_set_verdict(dump->ledger, verdict);
	for (size_t i = 0; verdict == COMPEL_KILL && i < nr_global_kinds; i++)
		if (global_kinds[i]->dump_kill)
			global_kinds[i]->dump_kill(dump);
	if (verdict != COMPEL_KILL)
		collect_resume_sleeps(dump);
	error = compel_release_tree(dump->tree, verdict);
	dump->tree = NULL;
	if (error < 0)
		return log_fail(error, "release of the tree: %s", compel_last_error());
	return 0;
}

int dump_sync_images(struct dump *dump)
{
	int error = image_directory_sync(dump->images);

	return error < 0 ? log_errno(error, "image directory: images cannot be brought to the disk; the tree goes on")
			 : 0;
}
