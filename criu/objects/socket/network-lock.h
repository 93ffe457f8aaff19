/* SPDX-License-Identifier: GPL-2.0-only */
/* Holds back the traffic of connections while they are dumped, gone, or being restored: theirs alone in the network
 * namespace of criu, all that there is in one of the tree's own. The kinds of sockets say what is to be held; the phases
 * say when. */
#ifndef CRIU_OBJECTS_SOCKET_NETWORK_LOCK_H
#define CRIU_OBJECTS_SOCKET_NETWORK_LOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "criu/kernel/nft.h"

struct dump;
struct fd_info;
struct restore;

#define NETWORK_LOCK_PLACES 64

/* Shared with the guardian. */
struct traffic_lock {
	/* Tables that may be there: while we work, and what a finished dump leaves. */
	char working[NFT_TABLE_NAME_SIZE], lasting[NFT_TABLE_NAME_SIZE];
	/* The network namespaces in which they may be: a thread that is in it; 0: that of criu. */
	struct {
		pid_t tid;
		uint64_t inode;
	} places[NETWORK_LOCK_PLACES];
	unsigned int nr;
};

/* --- dump --- */

/* In a survey: a connection of the socket @fd. */
void network_lock_add(struct dump *dump, const struct fd_info *fd, const struct nft_connection *connection);
/* What comes to a local port waits as well, but only as long as we work. In network order. */
void network_lock_add_port(struct dump *dump, const struct fd_info *fd, uint16_t port);
/* From here on nothing passes. -errno, logged. */
int network_lock_hold(struct dump *dump);
/* All passes again, also behind network_lock_keep(). */
void network_lock_release(struct dump *dump);
/* The tree is going to end: the connections stay locked when we are gone, until they are restored here. */
int network_lock_keep(struct dump *dump);
/* For the inventory: has or will something be kept? */
bool network_lock_is_used(const struct dump *dump);
/* In whoever repairs: the tree runs on. */
void network_lock_repair(const struct traffic_lock *lock);

/* --- restore --- */

/* Takes them out of locks that dumps have left: nobody else has an end of theirs. */
void network_lock_let_through(const struct nft_connection *connections, size_t nr);
/* In a load, of a socket whose record says @ns_id: held from before the files are opened until the tree is let go.
 * @connection NULL: a listener, which is held in namespaces of the tree's own only. */
void network_lock_add_restored(struct restore *restore, bool has_id, uint32_t ns_id,
			       const struct nft_connection *connection);
/* Of one whose connection does not come back: nothing is held, but what the dump has left goes. */
void network_lock_add_closed(struct restore *restore, bool has_id, uint32_t ns_id);

#endif
