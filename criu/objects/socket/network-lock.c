// SPDX-License-Identifier: GPL-2.0-only
/* The network lock of a dump. While we work it is a table of nftables that belongs to our netlink socket, so it is gone
 * when we are; kernels before 5.12 have no such tables, there the guardian takes it away. What a dump leaves that ends
 * the tree has the name which CRIU 4.2 uses, so either can restore and unlock. No program is run for any method:
 * "iptables" differs from "nftables" in nothing but the word.
 *
 * A namespace of the tree's own is held as a whole, by a socket that is opened within. */
#include "criu/objects/socket/network-lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <unistd.h>

#include "criu/model/dump.h"
#include "criu/objects/kinds.h"
#include "criu/objects/namespace/namespaces.h"
#include "criu/objects/socket/socket-namespace.h"
#include "criu/objects/socket/socket.h"
#include "criu/options/options.h"
#include "criu/util/cleanup.h"
#include "criu/util/close-later.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

static const char held_key;

/* What is to be held in one network namespace. */
struct place {
	STAILQ_ENTRY(place) link;
	const struct namespace *namespace; /* NULL: that of criu */
	int netlink;			   /* 0: not opened */
	bool working, lasting;
	bool owned; /* the working table goes with us (Linux 5.12) */
	struct nft_connection *connections;
	size_t nr_connections, room_connections;
	uint16_t *ports;
	size_t nr_ports, room_ports;
};

STAILQ_HEAD(held, place);

static struct held *get_held(struct dump *dump)
{
	bool is_new;
	struct held *held = kind_state_get(&dump->kind_state, &dump->arena, &held_key, 0, sizeof(*held), &is_new);

	if (is_new)
		STAILQ_INIT(held);
	return held;
}

/* NULL: a namespace that has been refused. */
static struct place *get_place(struct dump *dump, const struct fd_info *fd)
{
	struct held *held = get_held(dump);
	const struct namespace *namespace = fd->socket->own_net_ns ? socket_namespace(dump, fd) : NULL;
	struct place *place;

	if (fd->socket->own_net_ns && !namespace)
		return NULL;
	STAILQ_FOREACH(place, held, link)
		if (place->namespace == namespace)
			return place;
	place = arena_new(&dump->arena, struct place);
	place->namespace = namespace;
	STAILQ_INSERT_TAIL(held, place, link);
	return place;
}

void network_lock_add(struct dump *dump, const struct fd_info *fd, const struct nft_connection *connection)
{
	struct place *place = get_place(dump, fd);

	if (!place)
		return;
	if (place->nr_connections == place->room_connections) {
		size_t room = 2 * place->room_connections + 16;
		struct nft_connection *larger = arena_array(&dump->arena, struct nft_connection, room);

		for (size_t i = 0; i < place->nr_connections; i++)
			larger[i] = place->connections[i];
		place->connections = larger;
		place->room_connections = room;
	}
	place->connections[place->nr_connections++] = *connection;
}

void network_lock_add_port(struct dump *dump, const struct fd_info *fd, uint16_t port)
{
	struct place *place = get_place(dump, fd);

	if (!place)
		return;
	if (place->nr_ports == place->room_ports) {
		size_t room = 2 * place->room_ports + 16;
		uint16_t *larger = arena_array(&dump->arena, uint16_t, room);

		for (size_t i = 0; i < place->nr_ports; i++)
			larger[i] = place->ports[i];
		place->ports = larger;
		place->room_ports = room;
	}
	place->ports[place->nr_ports++] = port;
}

/* --- while we work --- */

/* For the guardian, before there is anything. */
static int note_place(struct dump *dump, const struct place *place)
{
	struct traffic_lock *lock = dump->network_lock;

	if (lock->nr == ARRAY_SIZE(lock->places))
		return -E2BIG;
	if (place->namespace) {
		lock->places[lock->nr].tid = task_live_thread(place->namespace->first)->tid;
		lock->places[lock->nr].inode = place->namespace->inode;
	}
	lock->nr++;
	return 0;
}

static int make_working(struct dump *dump, struct place *place)
{
	struct nft_lock lock = {
		.table = dump->network_lock->working,
		.owned = true,
		.whole = place->namespace != NULL,
		.connections = place->connections,
		.nr_connections = place->namespace ? 0 : place->nr_connections,
		.ports = place->ports,
		.nr_ports = place->nr_ports,
	};
	int ret = note_place(dump, place);

	if (ret == 0)
		ret = socket_namespace_open(place->namespace, nft_open);
	if (ret < 0)
		return ret;
	place->netlink = ret;
	ret = nft_lock_make(place->netlink, &lock);
	place->owned = ret == 0;
	if (ret != -EOPNOTSUPP)
		return ret;
	lock.owned = false;
	return nft_lock_make(place->netlink, &lock);
}

int network_lock_hold(struct dump *dump)
{
	struct held *held = get_held(dump);
	struct place *place;

	if (dump->options->network_lock == NETWORK_LOCK_SKIP)
		return 0;
	/* Process numbers are not enough: there may be one of them in each namespace of processes. */
	snprintf(dump->network_lock->working, NFT_TABLE_NAME_SIZE, "CRIU-dump-%s", dump->run_id);
	STAILQ_FOREACH(place, held, link) {
		int ret = make_working(dump, place);

		if (ret < 0)
			return log_errno(ret,
					 "network lock: nftables of the kernel cannot hold %s; "
					 "--network-lock skip goes without",
					 place->namespace ? "what the network namespace of the tree sends and gets"
							  : "the connections");
		place->working = true;
		log_debug("network lock: %zu connections, %zu ports%s", place->nr_connections, place->nr_ports,
			  place->namespace ? ", and all else in their network namespace" : "");
	}
	return 0;
}

static void remove_table(struct place *place, const char *table)
{
	int ret = place->netlink < 0 ? socket_namespace_open(place->namespace, nft_open) : place->netlink;

	if (ret >= 0) {
		place->netlink = ret;
		ret = nft_lock_remove(place->netlink, table);
	}
	if (ret < 0)
		log_errno(ret, "network lock: table '%s' cannot be removed", table);
}

void network_lock_release(struct dump *dump)
{
	struct held *held = get_held(dump);
	struct place *place;

	STAILQ_FOREACH(place, held, link) {
		if (place->working)
			remove_table(place, dump->network_lock->working);
		if (place->lasting)
			remove_table(place, dump->network_lock->lasting);
		if (place->netlink > 0)
			close(place->netlink);
	}
	STAILQ_INIT(held);
}

/* --- when the tree is going to end --- */

static bool is_used(const struct place *place)
{
	return place->working && place->nr_connections;
}

bool network_lock_is_used(const struct dump *dump)
{
	const struct held *held = kind_state_find(&dump->kind_state, &held_key, 0);
	const struct place *place;
	bool used = false;

	if (held)
		STAILQ_FOREACH(place, held, link)
			used |= is_used(place);
	return used;
}

/* A namespace of the tree's own may go on without it, and others may be in it: there, too, the connections alone are held
 * from now on. If it ends with the tree so does the table. */
static int keep(struct dump *dump, struct place *place)
{
	struct nft_lock lock = {
		.table = dump->network_lock->lasting,
		.replaces = dump->network_lock->working,
		.connections = place->connections,
		.nr_connections = place->nr_connections,
	};
	int ret = nft_lock_make(place->netlink, &lock);

	if (ret < 0)
		return log_errno(ret, "network lock: table '%s' cannot be made", lock.table);
	place->working = false;
	place->lasting = true;
	/* Closing waits until no processor can look at the old table any more: tens of milliseconds. */
	close_later(steal_fd(&place->netlink));
	return 0;
}

int network_lock_keep(struct dump *dump)
{
	struct held *held = get_held(dump);
	struct place *place;

	if (network_lock_is_used(dump))
		snprintf(dump->network_lock->lasting, NFT_TABLE_NAME_SIZE, "CRIU-%s", dump->run_id);
	STAILQ_FOREACH(place, held, link) {
		int ret = is_used(place) ? keep(dump, place) : 0;

		if (ret < 0)
			return ret;
		if (place->working && !place->owned) { /* ports alone, which nobody would open again */
			remove_table(place, dump->network_lock->working);
			place->working = false;
		}
	}
	return 0;
}

/* --- in whoever repairs --- */

static bool is_namespace(int fd, uint64_t inode)
{
	struct stat stat;

	return fd >= 0 && fstat(fd, &stat) == 0 && stat.st_ino == inode;
}

/* Back again: what else is to be repaired is not in there. */
static int open_there(pid_t tid, uint64_t inode)
{
	_cleanup_close_ int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), there = -EBADF;
	char path[64];
	int ret;

	if (!tid)
		return nft_open();
	snprintf(path, sizeof(path), "/proc/%d/ns/net", tid);
	there = open(path, O_RDONLY | O_CLOEXEC);
	if (home < 0 || !is_namespace(there, inode) || setns(there, CLONE_NEWNET) < 0)
		return -ENOENT;
	ret = nft_open();
	if (setns(home, CLONE_NEWNET) < 0)
		log_errno(errno, "network lock: the network namespace of the tree cannot be left");
	return ret;
}

void network_lock_repair(const struct traffic_lock *lock)
{
	for (unsigned int i = 0; i < lock->nr; i++) {
		_cleanup_close_ int netlink = open_there(lock->places[i].tid, lock->places[i].inode);

		if (netlink < 0)
			continue;
		nft_lock_remove(netlink, lock->working);
		if (lock->lasting[0])
			nft_lock_remove(netlink, lock->lasting);
	}
}
