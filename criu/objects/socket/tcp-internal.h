/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of TCP share. */
#ifndef CRIU_OBJECTS_SOCKET_TCP_INTERNAL_H
#define CRIU_OBJECTS_SOCKET_TCP_INTERNAL_H

#include <linux/tcp.h>
#include <stdbool.h>
#include <stdint.h>

#include "sk-inet.pb-c.h"
#include "tcp-stream.pb-c.h"

#include "criu/kernel/nft.h"
#include "criu/objects/socket/inet.h"

struct arena;
struct diag_socket;
struct kernel_view;

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

/* As tcpi_state, images and the kernel have them. */
enum tcp_state {
	STATE_ESTABLISHED = 1,
	STATE_SYN_SENT,
	STATE_SYN_RECV,
	STATE_FIN_WAIT1,
	STATE_FIN_WAIT2,
	STATE_TIME_WAIT,
	STATE_CLOSE,
	STATE_CLOSE_WAIT,
	STATE_LAST_ACK,
	STATE_LISTEN,
	STATE_CLOSING,
};

/* RFC 9293, 3.1 */
enum tcp_flag { FLAG_FIN = 0x01, FLAG_PUSH = 0x08, FLAG_ACK = 0x10, FLAG_URGENT = 0x20 };

#define STATE_BIT(state) (1U << (state))
/* States in which an end of the stream has been sent, or has come: it takes a number of the sequence. */
#define STATES_FIN_SENT                                                                       \
	(STATE_BIT(STATE_FIN_WAIT1) | STATE_BIT(STATE_FIN_WAIT2) | STATE_BIT(STATE_CLOSING) | \
	 STATE_BIT(STATE_LAST_ACK))
#define STATES_FIN_CAME (STATE_BIT(STATE_CLOSE_WAIT) | STATE_BIT(STATE_LAST_ACK) | STATE_BIT(STATE_CLOSING))
#define STATES_CONNECTED (STATE_BIT(STATE_ESTABLISHED) | STATES_FIN_SENT | STATES_FIN_CAME)

static inline bool state_is(uint32_t state, uint32_t states)
{
	return state < 32 && (STATE_BIT(state) & states);
}

/* A socket to be made. */
struct tcp_socket {
	struct inet_socket *inet;
	uint32_t state;
	bool ended;  /* what was a connection, with the queue that is left */
	bool closed; /* by --tcp-close: what was a connection */
	TcpStreamEntry *stream;
	const uint8_t *received, *sent; /* queues */
	bool held;			/* some of the send queue is not sent before the tree is let go */
	bool sent_again;		/* all of it */
	struct tcp_arrival *arrivals;	/* of a listener, as many as record->waiting */
	bool is_arriving;		/* its other end is one of these: it connects when they are made */
};

/* As from the peer. */
struct tcp_segment {
	uint32_t sequence, acknowledged;
	uint8_t flags;
	uint16_t window;   /* as it stands there */
	uint32_t priority; /* SO_PRIORITY of its packet */
	const void *data;
	size_t size;
};
/* The longer they are, the less memory the kernel counts for a byte; a bit less than a power of two, for its own part. */
#define TCP_SEGMENT_MAX 32000

/* A connection that waits at a listener. */
struct tcp_child {
	uint64_t sock; /* in the memory of the kernel */
	uint32_t state;
	uint32_t device; /* to which it is bound */
	struct nft_connection connection;
	TcpStreamEntry stream;
	uint32_t peer_timestamp;
	bool microseconds;
	uint8_t *received;
};

int tcp_get(int socket, int level, int option, int *ret_value);
int tcp_set(int socket, int level, int option, int value);
/* -errno, not logged. */
int tcp_read_info(int socket, struct tcp_info *ret_info);

/* tcp-survey.c */
int tcp_survey(struct dump *dump, const struct fd_info *fd);
/* getpeername(2), which does not know whom a socket is being connected to. -errno, not logged. */
int tcp_read_peer(int socket, const struct diag_socket *entry, union inet_address *ret_peer);
/* As packets have it; v4-mapped addresses are IPv4. False: no connection. */
bool tcp_connection_of(const union inet_address *local, const union inet_address *peer, struct nft_connection *ret);

/* tcp-outside.c: refuses one whose other end a restored tree could not reach. -errno, logged. */
int tcp_survey_outside(struct dump *dump, const struct fd_info *fd, const struct nft_connection *connection);

/* tcp-dump.c: the image of a connection, which the lock holds. @record gets its state. -errno, logged. */
int tcp_dump_stream(struct dump *dump, const struct fd_info *fd, int socket, InetSkEntry *record);

/* tcp-waiting.c: connections that wait at the listener @fd to be accepted. -errno, logged. */
int tcp_survey_waiting(struct dump *dump, const struct fd_info *fd, const char *address);
int tcp_dump_waiting(struct dump *dump, const struct fd_info *fd, InetSkEntry *record);
/* The listener where the other end of @fd waits; NULL: it does not. */
const struct fd_info *tcp_waits_at(const struct dump *dump, const struct fd_info *fd);

/* tcp-child.c: calls @take for each connection that waits at the listener with the struct sock @listener, the first one first.
 * @with_data: what came is child->received, the arena's. -errno, not logged; -ECONNRESET: one was reset; -EINPROGRESS: one is
 * of fast open, and the peer has not confirmed it; -ENOMSG: one has urgent data. */
int tcp_walk_children(struct arena *arena, struct kernel_view *view, uint64_t listener, bool with_data,
		      int (*take)(void *context, const struct tcp_child *child), void *context);

/* tcp-options.c: what is not a row of options.def. -errno, not logged. */
int tcp_options_dump(struct arena *arena, int socket, InetSkEntry *record);
int tcp_options_set(const struct tcp_socket *tcp, int fd);
/* Those that must be there before the socket has an address. */
int tcp_options_set_early(const struct tcp_socket *tcp, int fd);
const char *tcp_options_problem(const InetSkEntry *record);

/* tcp-load.c */
int tcp_load(struct restore *restore, struct file *file);

/* tcp-connect.c: a connection as it was, which stays in repair mode. 1: done; 0: refused; -errno, logged. */
int tcp_connect(struct restore *restore, const struct file *file, struct tcp_socket *tcp, int fd);
/* The bytes of one queue, in repair mode. -errno, not logged. */
int tcp_set_sequence(int fd, int queue, uint32_t sequence);
int tcp_fill_queue(int fd, const uint8_t *data, size_t size);
int tcp_make_room(int fd, int option, int forced, uint32_t size);
int tcp_wait_for_state(int fd, uint32_t state);
enum tcp_urgent { URGENT_NONE, URGENT_IS_THERE, URGENT_WILL_COME };

/* tcp-urgent.c: what of urgent data a task could read by MSG_OOB. */
enum tcp_urgent tcp_look_at_urgent(int socket);
/* Under a guard: fills inq_len, urgent, urgent_read, and leaves SO_OOBINLINE set. -ENOTSUP: they were announced, but have not
 * come, and nothing tells where. -errno, not logged. */
int tcp_read_urgent(int socket, TcpStreamEntry *stream);
/* The receive queue, with its mark; @first is the number of its first byte. -errno, not logged. */
int tcp_fill_urgent(const struct tcp_socket *tcp, int fd, uint32_t first, uint32_t acknowledged);
/* tcp-send-queue.c: in a load, for the guardian has to know: sets held and sent_again. */
void tcp_plan_send_queue(struct tcp_socket *tcp);
/* Fills it, behind which the socket is in repair mode; sends the end of the stream; lets it go, and leaves
 * repair mode. -errno, not logged. */
int tcp_fill_send_queue(const struct tcp_socket *tcp, int fd);
int tcp_send_end(const struct tcp_socket *tcp, int fd);
int tcp_release_send_queue(const struct tcp_socket *tcp, int fd);
/* tcp-segment.c: a segment from the peer of a connection to its end here, past the lock. -errno, not logged. */
int tcp_send_segment(const union inet_address *local, const union inet_address *peer,
		     const struct tcp_segment *segment);

/* tcp-arrive.c: a connection that waits to be accepted, at the restore. -errno, logged. */
struct tcp_arrival {
	const TcpWaitingEntry *entry;
	struct file *client; /* the other end; NULL: it is not of the tree */
	union inet_address local, peer;
};
int tcp_load_waiting(struct restore *restore, const struct file *file, struct tcp_socket *tcp);
int tcp_arrive(struct restore *restore, const struct file *file, const struct tcp_socket *tcp);
/* The restore has failed: they end without a word to their peers. */
void tcp_unarrive(const struct tcp_socket *tcp, int fd);
/* tcp-request.c: one whose peer goes on, at the listener @fd. -errno, not logged. */
int tcp_request(struct kernel_view *view, int fd, const struct tcp_arrival *arrival);

/* tcp-ended.c: what a task has not read yet of a connection that is over. -errno, logged. */
int tcp_ended_dump(struct dump *dump, const struct fd_info *fd, int socket, InetSkEntry *record);
/* The same once more, made on the loopback device. -errno, logged. */
int tcp_ended_make(const struct file *file, const struct tcp_socket *tcp, int fd);

#endif
