// SPDX-License-Identifier: GPL-2.0-only
/* The network lock of a restore: what the dump left on this host, and a table of our own for connections that are being
 * made, so that packets do not meet half of one. A namespace of the tree's own is held as a whole from its making. All
 * goes when the tree is let go. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/random.h>
#include <unistd.h>

#include "criu/model/restore.h"
#include "criu/objects/kinds.h"
#include "criu/objects/namespace/namespaces.h"
#include "criu/objects/socket/network-lock.h"
#include "criu/objects/socket/socket-namespace.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

/* As images have it. */
#define METHOD_NFTABLES 1
#define METHOD_SKIP 2
#define RUN_ID_MAX 40
#define LOCK_PREFIX "CRIU-"

extern const struct global_kind held_traffic_kind;

/* What is to be held in one network namespace. */
struct place {
	STAILQ_ENTRY(place) link;
	const struct namespace *namespace; /* NULL: that of criu */
	int netlink;			   /* 0: not opened */
	char working[NFT_TABLE_NAME_SIZE];
	struct nft_connection *connections;
	size_t nr, room;
};

STAILQ_HEAD(held, place);

static struct held *get_held(struct restore *restore)
{
	bool is_new;
	struct held *held = kind_state_get(&restore->kind_state, &restore->arena, &held_traffic_kind, 0,
					   sizeof(*held), &is_new);

	if (is_new)
		STAILQ_INIT(held);
	return held;
}

static struct place *get_place(struct restore *restore, const struct namespace *namespace)
{
	struct held *held = get_held(restore);
	struct place *place;

	STAILQ_FOREACH(place, held, link)
		if (place->namespace == namespace)
			return place;
	place = arena_new(&restore->arena, struct place);
	place->namespace = namespace;
	STAILQ_INSERT_TAIL(held, place, link);
	return place;
}

void network_lock_add_restored(struct restore *restore, bool has_id, uint32_t ns_id,
			       const struct nft_connection *connection)
{
	const struct namespace *namespace = socket_own_namespace(restore, has_id, ns_id);
	struct place *place = namespace || connection ? get_place(restore, namespace) : NULL;

	if (!connection)
		return;
	if (place->nr == place->room) {
		size_t room = 2 * place->room + 16;
		struct nft_connection *larger = arena_array(&restore->arena, struct nft_connection, room);

		for (size_t i = 0; i < place->nr; i++)
			larger[i] = place->connections[i];
		place->connections = larger;
		place->room = room;
	}
	place->connections[place->nr++] = *connection;
}

void network_lock_add_closed(struct restore *restore, bool has_id, uint32_t ns_id)
{
	get_place(restore, socket_own_namespace(restore, has_id, ns_id));
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

static bool holds_anything(const struct place *place)
{
	return place->namespace || place->nr;
}

static bool is_new(const struct place *place)
{
	return place->namespace && !place->namespace->given;
}

/* There may be one of us with the same number in each namespace of processes. */
static int name_working(struct place *place)
{
	uint64_t number;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return -errno;
	snprintf(place->working, sizeof(place->working), "CRIU-restore-%016" PRIx64, number);
	return 0;
}

static int make_table(struct restore *restore, struct place *place)
{
	struct nft_lock lock = {
		.table = place->working,
		.owned = true,
		.whole = place->namespace != NULL,
		.connections = place->connections,
		.nr_connections = place->nr,
	};
	int ret = socket_namespace_open(place->namespace, nft_open);

	if (ret >= 0)
		ret = place->netlink = restore_service_fd(restore, ret);
	if (ret < 0 || !holds_anything(place))
		return MIN(ret, 0);
	ret = name_working(place);
	if (ret < 0)
		return ret;
	ret = nft_lock_make(place->netlink, &lock);
	if (ret != -EOPNOTSUPP)
		return ret;
	/* Before Linux 5.12: a namespace that we have made goes with us; elsewhere, without, rather than with one that would
	 * outlive us. */
	lock.owned = false;
	if (is_new(place))
		return nft_lock_make(place->netlink, &lock);
	place->working[0] = '\0';
	return 0;
}

static int make_working(struct restore *restore, struct place *place)
{
	int ret = make_table(restore, place);

	if (ret == -EOPNOTSUPP && !holds_anything(place))
		return 0;
	if (ret == -EOPNOTSUPP && is_new(place) && !place->nr) {
		/* Nobody has a connection to listeners of a new namespace. */
		log_debug("network lock: without nftables in the kernel a network namespace cannot be held");
		place->working[0] = '\0';
		return 0;
	}
	return ret < 0 ? log_errno(ret, "network lock: nftables of the kernel cannot hold connections while they are made")
		       : 0;
}

static int network_lock_make(struct restore *restore)
{
	struct held *held = get_held(restore);
	struct place *place;
	int ret = 0;

	if (method_of(restore) == METHOD_SKIP)
		return 0;
	STAILQ_FOREACH(place, held, link)
		ret = ret < 0 ? ret : make_working(restore, place);
	return ret;
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

static void let_go(struct restore *restore, const struct place *place)
{
	char lasting[NFT_TABLE_NAME_SIZE];
	int ret;

	if (place->netlink <= 0)
		return;
	if (name_lasting(restore, lasting))
		remove_table(place->netlink, lasting);
	if (place->working[0])
		remove_table(place->netlink, place->working);
	ret = nft_lock_forget(place->netlink, LOCK_PREFIX, place->connections, place->nr);
	if (ret < 0)
		log_warn("network lock: locks that earlier dumps left here cannot be looked through: %s",
			 strerror(-ret));
}

static void network_lock_let_go(struct restore *restore)
{
	struct held *held = get_held(restore);
	struct place *place;

	STAILQ_FOREACH(place, held, link)
		let_go(restore, place);
}

/* Tasks may still have the socket for a moment. */
static void network_lock_undo(struct restore *restore)
{
	struct held *held = get_held(restore);
	struct place *place;

	STAILQ_FOREACH(place, held, link)
		if (place->netlink > 0 && place->working[0])
			remove_table(place->netlink, place->working);
}

const struct global_kind held_traffic_kind = {
	.make = network_lock_make,
	.let_go = network_lock_let_go,
	.undo = network_lock_undo,
};
