// SPDX-License-Identifier: GPL-2.0-only
/* The network lock of a dump. While we work it is a table of nftables that belongs to our netlink socket, so it is gone
 * when we are; kernels before 5.12 have no such tables, there the guardian takes it away. What a dump leaves that ends
 * the tree has the name which CRIU 4.2 uses, so either can restore and unlock. No program is run for any method:
 * "iptables" differs from "nftables" in nothing but the word. */
#include "criu/objects/socket/network-lock.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "criu/model/dump.h"
#include "criu/objects/kinds.h"
#include "criu/options/options.h"
#include "criu/util/cleanup.h"
#include "criu/util/close-later.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

static const char held_key;

struct held {
	int netlink; /* 0: not opened */
	bool working, lasting;
	struct nft_connection *connections;
	size_t nr_connections, room_connections;
	uint16_t *ports;
	size_t nr_ports, room_ports;
};

static struct held *get_held(struct dump *dump)
{
	return kind_state_get(&dump->kind_state, &dump->arena, &held_key, 0, sizeof(struct held), NULL);
}

void network_lock_add(struct dump *dump, const struct nft_connection *connection)
{
	struct held *held = get_held(dump);

	if (held->nr_connections == held->room_connections) {
		size_t room = 2 * held->room_connections + 16;
		struct nft_connection *larger = arena_array(&dump->arena, struct nft_connection, room);

		for (size_t i = 0; i < held->nr_connections; i++)
			larger[i] = held->connections[i];
		held->connections = larger;
		held->room_connections = room;
	}
	held->connections[held->nr_connections++] = *connection;
}

void network_lock_add_port(struct dump *dump, uint16_t port)
{
	struct held *held = get_held(dump);

	if (held->nr_ports == held->room_ports) {
		size_t room = 2 * held->room_ports + 16;
		uint16_t *larger = arena_array(&dump->arena, uint16_t, room);

		for (size_t i = 0; i < held->nr_ports; i++)
			larger[i] = held->ports[i];
		held->ports = larger;
		held->room_ports = room;
	}
	held->ports[held->nr_ports++] = port;
}

/* --- while we work --- */

static int make_working(struct dump *dump, struct held *held)
{
	struct nft_lock lock = {
		.table = dump->network_lock->working,
		.owned = true,
		.connections = held->connections,
		.nr_connections = held->nr_connections,
		.ports = held->ports,
		.nr_ports = held->nr_ports,
	};
	int ret = nft_open();

	if (ret < 0)
		return ret;
	held->netlink = ret;
	snprintf(dump->network_lock->working, NFT_TABLE_NAME_SIZE, "CRIU-dump-%d", getpid());
	ret = nft_lock_make(held->netlink, &lock);
	if (ret != -EOPNOTSUPP)
		return ret;
	lock.owned = false;
	return nft_lock_make(held->netlink, &lock);
}

int network_lock_hold(struct dump *dump)
{
	struct held *held = get_held(dump);
	int ret;

	if (dump->options->network_lock == NETWORK_LOCK_SKIP || (!held->nr_connections && !held->nr_ports))
		return 0;
	ret = make_working(dump, held);
	if (ret < 0)
		return log_errno(ret, "network lock: nftables of the kernel cannot hold the connections; "
				      "--network-lock skip goes without");
	held->working = true;
	log_debug("network lock: %zu connections, %zu ports", held->nr_connections, held->nr_ports);
	return 0;
}

static void remove_table(const struct held *held, const char *table)
{
	int ret = nft_lock_remove(held->netlink, table);

	if (ret < 0)
		log_errno(ret, "network lock: table '%s' cannot be removed", table);
}

void network_lock_release(struct dump *dump)
{
	struct held *held = get_held(dump);

	if (held->working)
		remove_table(held, dump->network_lock->working);
	if (held->lasting)
		remove_table(held, dump->network_lock->lasting);
	if (held->netlink > 0)
		close(held->netlink);
	*held = (struct held){ 0 };
}

/* --- when the tree is going to end --- */

bool network_lock_is_used(const struct dump *dump)
{
	const struct held *held = kind_state_find(&dump->kind_state, &held_key, 0);

	return held && held->working && held->nr_connections;
}

int network_lock_keep(struct dump *dump)
{
	struct held *held = get_held(dump);
	struct nft_lock lock = {
		.table = dump->network_lock->lasting,
		.replaces = dump->network_lock->working,
		.connections = held->connections,
		.nr_connections = held->nr_connections,
	};
	int ret;

	if (!network_lock_is_used(dump))
		return 0;
	snprintf(dump->network_lock->lasting, NFT_TABLE_NAME_SIZE, "CRIU-%s", dump->run_id);
	ret = nft_lock_make(held->netlink, &lock);
	if (ret < 0)
		return log_errno(ret, "network lock: table '%s' cannot be made", lock.table);
	held->working = false;
	held->lasting = true;
	/* Closing waits until no processor can look at the old table any more: tens of milliseconds. */
	close_later(held->netlink);
	held->netlink = -EBADF;
	return 0;
}

void network_lock_repair(const struct traffic_lock *lock)
{
	_cleanup_close_ int netlink = lock->working[0] ? nft_open() : -EBADF;

	if (netlink < 0)
		return;
	nft_lock_remove(netlink, lock->working);
	if (lock->lasting[0])
		nft_lock_remove(netlink, lock->lasting);
}
