/* SPDX-License-Identifier: GPL-2.0-only */
/* What the sockets of IPv4 and IPv6 have in common: addresses, binding, options, owner; the fields of inet_sk_entry. */
#ifndef CRIU_OBJECTS_SOCKET_INET_H
#define CRIU_OBJECTS_SOCKET_INET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "sk-inet.pb-c.h"

#include "criu/objects/socket/socket-namespace.h"
#include "criu/objects/socket/socket.h"

struct arena;
struct dump;
struct restore;
struct fd_info;
struct file;
struct task;

/* "[fe80::1%eth0]:65535" */
#define INET_TEXT_SIZE 96

union inet_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* A socket to be made, from its record. */
struct inet_socket {
	const InetSkEntry *record;
	struct socket_info info; /* family, type, protocol */
	union inet_address local, peer;
	socklen_t size;	      /* of either */
	bool bound, has_peer; /* an address or a port is there */
};

socklen_t inet_address_size(const union inet_address *address);
in_port_t inet_port(const union inet_address *address); /* network order */
const char *inet_format(const union inet_address *address, char text[INET_TEXT_SIZE]);

/* --- dump --- */

/* Refuses what no socket of IP can have; owner and options included. */
int inet_survey(struct dump *dump, const struct fd_info *fd);
/* Once a socket: headers of its packets that cannot be kept. -errno, logged. */
int inet_survey_once(struct dump *dump, const struct fd_info *fd);
/* The peer in the record. */
void inet_store_peer(struct arena *arena, const union inet_address *peer, InetSkEntry *record);
/* A record with all but state, backlog, shutdown, tcp_opts and what raw sockets add, read from @socket, a duplicate of
 * @fd. Of a socket without a peer its addresses are empty. The arena's. -errno, logged. */
int inet_dump(struct dump *dump, const struct fd_info *fd, int socket, uint32_t id, InetSkEntry **ret_record);

/* --- restore --- */

/* Checks the record and keeps what it says; *@ret_socket is the arena's. -errno, logged. */
int inet_load(struct restore *restore, struct file *file, struct inet_socket **ret_socket);
/* For socket_open_within(). */
struct socket_restore inet_restore_how(const struct file *file, const struct inet_socket *inet,
				       int (*open_here)(struct restore *restore, struct file *file, int *ret_fd));
/* socket_make(), flags, and all options that come before binding. The descriptor is the caller's. -errno, logged. */
int inet_open(const struct file *file, struct inet_socket *inet, int *ret_fd);
/* Binds it if it was bound. 1: done; 0: refused, because the host does not have the address, or somebody has it. -errno,
 * logged. */
int inet_bind(struct restore *restore, const struct file *file, const struct inet_socket *inet, int fd);
/* Options that come when the socket is complete. -errno, logged. */
int inet_finish(const struct file *file, const struct inet_socket *inet, int fd);
/* For fd_kind.attach: the owner. */
int inet_attach(struct restore *restore, struct task *task, const struct file *file, int fd);

#endif
