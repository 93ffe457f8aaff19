/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of AF_UNIX share. */
#ifndef CRIU_OBJECTS_SOCKET_UNIX_INTERNAL_H
#define CRIU_OBJECTS_SOCKET_UNIX_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "sk-packet.pb-c.h"
#include "sk-unix.pb-c.h"

struct dump;
struct restore;
struct fd_info;
struct file;
struct ghost_journal;
struct diag_socket;
struct unix_diag_msg;
struct kernel_view;

#define UNIX_NAME_MAX (sizeof(struct sockaddr_un) - sizeof(sa_family_t))
/* A path of that length has a NUL behind the end of sun_path (unix_mkname_bsd in net/unix/af_unix.c), which is stored. */
#define UNIX_STORED_MAX (UNIX_NAME_MAX + 1)
/* States as all families have them. */
#define UNIX_ESTABLISHED 1
#define UNIX_CLOSE 7
#define UNIX_LISTEN 10
/* unix_sk_entry.uflags */
#define UNIX_EXTERN 0x1

/* --- dump --- */

struct unix_message {
	STAILQ_ENTRY(unix_message) link;
	void *data;
	uint32_t length;
	bool urgent;	 /* a byte out of band */
	bool was_urgent; /* no bytes: the place of one that was read */
	bool has_cred;
	struct ucred cred;
	void *address; /* of the sender */
	uint32_t address_size;
	unsigned int first_fd, nr_fds; /* in dump->flight */
	const struct fd_info **held;   /* of one that waits in an accept queue: instead of these */
};

STAILQ_HEAD(unix_messages, unix_message);

/* What sock_diag tells. */
struct unix_facts {
	const struct unix_diag_msg *message;
	const struct diag_socket *diag;
	uint32_t peer;
	bool connected; /* perhaps to one that has ended: 0 then */
	uint32_t queued, limit;
	uint8_t shutdown;
};

/* A connection that waits to be accepted. */
struct unix_waiting {
	struct unix_dump *client; /* NULL: it was closed */
	const void *name;	  /* of such a one */
	size_t name_size;
	UnixCredEntry *cred;
	struct unix_messages messages;
};

/* A socket of the tree, by inode. */
struct unix_dump {
	const struct fd_info *fd; /* the first one that leads to it */
	struct unix_messages messages;
	unsigned int place; /* of @fd in dump->flight, + 1 */
	bool queue_written;
	const struct fd_info *listener; /* its connection waits there to be accepted */
	struct unix_waiting *waiting;	/* of a listener */
	size_t nr_waiting;
	bool to_outside; /* its peer is outside of the tree, and may be */
	bool reconnect;	 /* ... and the restore connects to it anew */
	const void *outside_name;
	size_t outside_size;
	bool looked_at;
	bool behind_error;  /* messages that cannot be looked at without taking an error that waits */
	bool hidden_rights; /* descriptors in an empty message that an earlier look hides */
	bool unsure_urgent; /* which of its bytes is out of band cannot be told */
};

/* Never NULL for a socket of the tree. */
struct unix_dump *unix_dump_state(struct dump *dump, uint64_t inode);
struct unix_dump *unix_dump_find(struct dump *dump, uint64_t inode);
/* As it is now: with its file id. */
const struct fd_info *unix_dump_fd(const struct dump *dump, const struct unix_dump *state);

/* unix-peek.c: reads a queue and leaves it as it is. @take_fd gives what came along a place in dump->flight. */
int unix_peek(struct dump *dump, const struct fd_info *fd, struct unix_messages *messages,
	      int (*take_fd)(struct dump *dump, const struct fd_info *from, int fd));
/* unix-urgent.c: marks what of @messages, the @total bytes in the stream @socket, is out of band. Sets options that are under the
 * guard of the caller. 1: a byte is, but it cannot be told which one. -errno, not logged. */
int unix_find_urgent(struct dump *dump, int socket, size_t total, bool tells_cred, struct unix_messages *messages);
/* unix-sent.c: what of @messages, those of @fd, no call tells: credentials that nobody asks for, and empty messages that an
 * earlier look hides; *@ret_rights: one of these has descriptors. -errno, not logged: they are as they were. */
int unix_complete(struct dump *dump, const struct fd_info *fd, struct unix_messages *messages, bool *ret_rights);
/* In the memory of the kernel; likewise. Credentials and name as the kernel has them. */
int unix_view_id(struct kernel_view *view, uint64_t address, const char *structure, const char *path,
		 uint32_t *ret_id);
/* Many come from one: its struct pid, and the number of that. */
struct unix_view_sender {
	uint64_t pid;
	uint32_t number;
};
int unix_view_cred(struct kernel_view *view, uint64_t parameters, struct unix_view_sender *last,
		   struct unix_message *message);
int unix_view_name(struct dump *dump, struct kernel_view *view, uint64_t sock, const void **ret_name,
		   size_t *ret_size);
/* unix-queue.c: writes sk-queues.img, all of it. */
int unix_dump_queues(struct dump *dump);
/* One of its records. */
SkPacketEntry *unix_packet_record(struct dump *dump, uint32_t id, const struct unix_message *message);

/* unix-waiting.c: refuses what cannot be kept of connections that wait at @fd, a listener. -errno, logged. */
int unix_survey_waiting(struct dump *dump, const struct fd_info *fd, const struct unix_facts *facts);
void unix_dump_waiting(struct dump *dump, const struct fd_info *fd, UnixSkEntry *entry);

/* unix-outside.c */
bool unix_is_external(const struct dump *dump, const struct fd_info *fd);
/* Refuses a peer outside of the tree, unless it is allowed. */
int unix_survey_outside(struct dump *dump, const struct fd_info *fd, const struct unix_facts *facts);
int unix_write_outside(struct dump *dump, const struct unix_dump *state, const struct unix_facts *facts,
		       const UnixSkEntry *of);

/* unix-name.c */
/* Where the file of a bound socket is; NULL: nowhere any more. To be freed. */
int unix_find_file(int socket, char **ret_path);
/* Why it cannot be bound again, or NULL. */
const char *unix_name_problem(struct dump *dump, const struct fd_info *fd, int socket);
int unix_name_dump(struct dump *dump, const struct fd_info *fd, int socket, UnixSkEntry *entry);

/* --- restore --- */

struct unix_packet {
	STAILQ_ENTRY(unix_packet) link;
	const SkPacketEntry *record;
	const void *data;
};

STAILQ_HEAD(unix_packets, unix_packet);

struct unix_socket {
	STAILQ_ENTRY(unix_socket) same_name, next_sender;
	STAILQ_HEAD(, unix_socket) senders; /* those connected to it */
	struct unix_actor **actor;	    /* of the whole restore */
	struct file *file;
	const UnixSkEntry *record;
	int fd; /* made, and not handed over yet; -EBADF */
	bool made, bound, connected, filled;
	struct unix_socket *peer;	    /* connected to it; NULL: nobody */
	struct unix_socket *listener;	    /* waits there to be accepted */
	const UnixCredEntry *connector;	    /* ... as this one connects it; NULL: we */
	const ProtobufCBinaryData *outside; /* address outside of the tree to connect to; NULL: none */
	struct unix_socket *sender;	    /* of one without a name: who is connected to it */
	int mate; /* the other end of a pair where that is no socket of the tree; -EBADF */
	struct unix_packets *packets;
	struct unix_arrival *arrivals; /* of a listener, as many as its record has */
};

/* A connection that is to wait for accept(2). */
struct unix_arrival {
	struct unix_socket *client; /* NULL: it is to be closed again */
	int fd;			    /* ... as this one, until then; -EBADF */
	struct unix_packets packets;
};

struct unix_restore {
	struct unix_socket **sockets; /* in the order of files */
	size_t nr;
	bool queues_loaded, made, finished;
	struct ghost_journal *journal; /* names that are not to stay if we fail */
	struct unix_actor *actor;      /* the last one, which may be asked again */
};

struct unix_restore *unix_restore_state(struct restore *restore);

/* unix-index.c */
void unix_index_inode(struct restore *restore, const struct file *file);
void unix_index_name(struct restore *restore, struct unix_socket *socket);
const struct file *unix_find_inode(const struct restore *restore, uint32_t inode);
/* One that is made, and that connections with the name of @of were accepted by. */
struct unix_socket *unix_find_listener(struct restore *restore, const struct unix_socket *of);
/* A datagram socket in the network namespace of @to. */
struct unix_socket *unix_find_named(struct restore *restore, const struct unix_socket *to,
				    const ProtobufCBinaryData *name);
struct unix_socket *unix_find_sender(const struct unix_socket *to);

/* unix-actor.c: runs @action(@argument of @size bytes) in a process with the pid and credentials of @cred (NULL: ours) that has root
 * and working directory of its own. It shares our descriptors. Returns what @action does. */
struct unix_stage {
	const UnixCredEntry *cred;
	int root;	 /* -EBADF: ours */
	const char *cwd; /* NULL: the root */
	struct unix_actor **actor; /* kept for who comes next with the same credentials; NULL: a process for this alone */
};
/* In a task: makes @fd listen with these ids, and keeps those that the caller has. */
int unix_listen_as(int fd, int backlog, const UnixCredEntry *cred);
#define UNIX_ARGUMENT_MAX 512
void unix_end_actor(struct unix_actor **actor);
int unix_act(const struct unix_stage *stage, int (*action)(void *argument), void *argument, size_t size);

/* unix-bind.c: -errno, those of binding logged. @visibly: where others see its file, if that is not deleted. */
int unix_bind(struct restore *restore, struct unix_socket *socket, bool visibly);
int unix_connect_to(const struct unix_socket *target, int fd, const UnixCredEntry *cred);
int unix_connect_outside(int fd, const void *name, size_t size);
/* An address that leads to @target, as long as *@ret_file is open. */
int unix_address_of(const struct unix_socket *target, struct sockaddr_un *ret_address, socklen_t *ret_size,
		    int *ret_file);
/* A directory tree that nobody sees, with the directories of @name. A descriptor, or -errno. */
int unix_new_private_root(const char *name);

/* unix-make.c: all sockets, bound and connected; nothing in their queues. */
int unix_make_all(struct restore *restore, struct unix_restore *all);
/* unix-queue.c: socket->packets; files that are in it are wanted. */
int unix_load_queue(struct restore *restore, struct unix_socket *socket);
/* A packet of another record than those of sk-queues.img. -EBADMSG, logged. */
int unix_take_packet(struct restore *restore, const SkPacketEntry *record, struct unix_packets *packets);
/* unix-arrive.c: socket->arrivals, of a listener. -errno, logged. */
int unix_load_waiting(struct restore *restore, struct unix_socket *socket);
int unix_arrive_closed(struct unix_socket *listener, size_t i);
/* unix-fill.c: when all files are open and all tasks exist. */
int unix_finish_all(struct restore *restore, struct unix_restore *all);

#endif
