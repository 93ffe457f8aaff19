// SPDX-License-Identifier: GPL-2.0-only
/* The network lock of a restore: what the dump left on this host, and a table of our own for connections that are being
 * made, so that packets do not meet half of one. Both go when the tree is let go. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "criu/model/restore.h"
#include "criu/objects/kinds.h"
#include "criu/objects/socket/network-lock.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

/* As images have it. */
#define METHOD_NFTABLES 1
#define METHOD_SKIP 2
#define RUN_ID_MAX 40
#define LOCK_PREFIX "CRIU-"

extern const struct global_kind held_traffic_kind;

struct held {
	int netlink; /* 0: not opened */
	char working[NFT_TABLE_NAME_SIZE];
	struct nft_connection *connections;
	size_t nr, room;
};

static struct held *get_held(struct restore *restore)
{
	return kind_state_get(&restore->kind_state, &restore->arena, &held_traffic_kind, 0,
			      sizeof(struct held), NULL);
}

void network_lock_add_restored(struct restore *restore, const struct nft_connection *connection)
{
	struct held *held = get_held(restore);

	if (held->nr == held->room) {
		size_t room = 2 * held->room + 16;
		struct nft_connection *larger = arena_array(&restore->arena, struct nft_connection, room);

		for (size_t i = 0; i < held->nr; i++)
			larger[i] = held->connections[i];
		held->connections = larger;
		held->room = room;
	}
	held->connections[held->nr++] = *connection;
}

void network_lock_let_through(const struct nft_connection *connections, size_t nr)
{
	_cleanup_close_ int netlink = nr ? nft_open() : -EBADF;

	if (netlink >= 0)
		nft_lock_forget(netlink, LOCK_PREFIX, connections, nr);
}

static uint32_t method_of(const struct restore *restore)
{
	const InventoryEntry *inventory = restore->inventory;

	return inventory->has_network_lock_method ? inventory->network_lock_method : 0;
}

static int network_lock_make(struct restore *restore)
{
	struct held *held = get_held(restore);
	struct nft_lock lock = {
		.table = held->working,
		.owned = true,
		.connections = held->connections,
		.nr_connections = held->nr,
	};
	int ret;

	if (!held->nr || method_of(restore) == METHOD_SKIP)
		return 0;
	ret = nft_open();
	if (ret >= 0)
		ret = held->netlink = restore_service_fd(restore, ret);
	if (ret < 0)
		return log_errno(ret, "network lock: nftables of the kernel");
	snprintf(held->working, sizeof(held->working), "CRIU-restore-%d", getpid());
	ret = nft_lock_make(held->netlink, &lock);
	/* Before Linux 5.12: without, rather than with one that would outlive us. */
	if (ret == -EOPNOTSUPP) {
		held->working[0] = '\0';
		return 0;
	}
	return ret < 0 ? log_errno(ret, "network lock: connections cannot be held while they are made") : 0;
}

/* What the dump may have left here; false: there is nothing by a name of that form. */
static bool name_lasting(const struct restore *restore, char name[NFT_TABLE_NAME_SIZE])
{
	const char *id = restore->inventory->dump_criu_run_id;

	if (method_of(restore) != METHOD_NFTABLES || (id && (!*id || strlen(id) > RUN_ID_MAX)))
		return false;
	if (id)
		snprintf(name, NFT_TABLE_NAME_SIZE, "CRIU-%s", id);
	else
		snprintf(name, NFT_TABLE_NAME_SIZE, "CRIU-%d", restore->root->pid);
	return true;
}

static void remove_table(int netlink, const char *table)
{
	int ret = nft_lock_remove(netlink, table);

	if (ret < 0)
		log_errno(ret, "network lock: table '%s' cannot be removed: its connections stay held", table);
}

static void network_lock_let_go(struct restore *restore)
{
	struct held *held = get_held(restore);
	char lasting[NFT_TABLE_NAME_SIZE];
	int ret;

	if (held->netlink <= 0)
		return;
	if (name_lasting(restore, lasting))
		remove_table(held->netlink, lasting);
	if (held->working[0])
		remove_table(held->netlink, held->working);
	ret = nft_lock_forget(held->netlink, LOCK_PREFIX, held->connections, held->nr);
	if (ret < 0)
		log_warn("network lock: locks that earlier dumps left here cannot be looked through: %s",
			 strerror(-ret));
}

/* Tasks may still have the socket for a moment. */
static void network_lock_undo(struct restore *restore)
{
	struct held *held = get_held(restore);

	if (held->netlink > 0 && held->working[0])
		remove_table(held->netlink, held->working);
}

const struct global_kind held_traffic_kind = {
	.make = network_lock_make,
	.let_go = network_lock_let_go,
	.undo = network_lock_undo,
};
