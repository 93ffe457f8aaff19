/* SPDX-License-Identifier: GPL-2.0-only */
/* Tables of nftables that hold back the packets of some TCP connections, made by netlink messages of our own. */
#ifndef CRIU_KERNEL_NFT_H
#define CRIU_KERNEL_NFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NFT_TABLE_NAME_SIZE 64
/* Packets with this mark pass: those which a restore sends to its own sockets. */
#define NFT_LOCK_MARK 0xC114

/* Both ends as they stand in packets, in network order; IPv4 has 4 bytes. */
struct nft_connection {
	int family;
	uint8_t local[16], peer[16];
	uint16_t local_port, peer_port;
};

struct nft_lock {
	const char *table;    /* to be made */
	const char *replaces; /* removed in the same transaction; NULL: none */
	bool owned;	      /* goes with the netlink socket (from Linux 5.12 on) */
	/* All that the network namespace sends and gets; connections and ports do not count. Neighbour discovery passes, and
	 * UDP that goes out. */
	bool whole;
	const struct nft_connection *connections;
	size_t nr_connections;
	const uint16_t *ports; /* local ports which nothing reaches, in network order */
	size_t nr_ports;
};

/* A socket for the calls below. -errno. */
int nft_open(void);
/* All of it or nothing. -EOPNOTSUPP: the kernel has no nftables, or no owned tables. */
int nft_lock_make(int netlink, const struct nft_lock *lock);
/* Takes these ends of connections out of all tables whose names begin with @prefix: locks that were left when they went
 * elsewhere, from where they have come back. Those of the ends that they lead to hold on. */
int nft_lock_forget(int netlink, const char *prefix, const struct nft_connection *connections, size_t nr);
/* Catches what one socket sends: it goes to a group of the packet log (packet-log.h), and nowhere else. */
struct nft_catch {
	const char *table; /* to be made; it goes with the netlink socket */
	uint8_t protocol;
	uint32_t socket_mark; /* SO_MARK of that socket, while something is to be caught */
	uint16_t group;
};
/* -errno; -EOPNOTSUPP, -ENOENT: the kernel lacks a part of it. */
int nft_catch_make(int netlink, const struct nft_catch *catch);
/* 0 as well when there is no such table. */
int nft_lock_remove(int netlink, const char *table);

#endif
