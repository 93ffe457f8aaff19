// SPDX-License-Identifier: GPL-2.0-only
/* A TCP connection that waits to be accepted and whose peer goes on: it must have the numbers which the peer knows. As for a
 * SYN cookie, the kernel makes it from an ACK, and what is to be agreed upon a program of BPF tells, which sees that segment
 * first (bpf_sk_assign_tcp_reqsk() in net/core/filter.c, from Linux 6.9 on). What had come is sent in as by the peer. */
#include <errno.h>
#include <net/if.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "criu/kernel/bpf-call.h"
#include "criu/kernel/btf.h"
#include "criu/kernel/kernel-view.h"
#include "criu/objects/socket/queue-view.h"
#include "criu/objects/socket/tcp-internal.h"
#include "criu/util/arena.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#define ATTACH_TCX_INGRESS 46 /* BPF_TCX_INGRESS, linux/bpf.h of 6.6 */
#define VERDICT_NEXT (-1)     /* TCX_NEXT */
#define BURST 65536
#define SHORT_PART 1024
#define LOOK 20	    /* milliseconds, for all that a burst is about */
#define TRIES 10000 /* milliseconds, for any of it */
#define INSISTENCE 10
#define NOT_SEEN 1

/* struct bpf_tcp_req_attrs */
struct agreement {
	uint32_t rcv_tsval, rcv_tsecr;
	uint16_t mss;
	uint8_t rcv_wscale, snd_wscale, ecn_ok, wscale_ok, sack_ok, tstamp_ok, usec_ts_ok, reserved[3];
};

/* What the program and we share. */
struct exchange {
	int32_t result; /* NOT_SEEN: no such segment came */
	struct bpf_sock_tuple ends;
	struct agreement agreement;
};

struct request {
	const struct tcp_arrival *arrival;
	struct kernel_view *view;
	int listener; /* our descriptor */
	int map, program, link;
	volatile struct exchange *exchange;
	uint32_t token; /* its packets have it as their priority */
	struct arena *arena;
	/* of the connection as it is now */
	bool found;
	uint32_t state, received;
};

/* --- the program --- */

static void fill_exchange(struct request *request)
{
	const TcpWaitingEntry *entry = request->arrival->entry;
	const TcpStreamEntry *stream = entry->stream;
	struct nft_connection ends;
	struct exchange exchange = { .result = NOT_SEEN,
				     .agreement = {
					     .rcv_tsval = entry->peer_timestamp,
					     .rcv_tsecr = stream->timestamp,
					     .mss = (uint16_t)stream->mss_clamp,
					     .rcv_wscale = (uint8_t)stream->rcv_wscale,
					     .snd_wscale = (uint8_t)stream->snd_wscale,
					     .wscale_ok = (stream->opt_mask & TCPI_OPT_WSCALE) != 0,
					     .sack_ok = (stream->opt_mask & TCPI_OPT_SACK) != 0,
					     .tstamp_ok = (stream->opt_mask & TCPI_OPT_TIMESTAMPS) != 0,
					     .usec_ts_ok = entry->microseconds,
				     } };

	tcp_connection_of(&request->arrival->local, &request->arrival->peer, &ends);
	if (ends.family == AF_INET) {
		memcpy(&exchange.ends.ipv4.saddr, ends.peer, 4);
		memcpy(&exchange.ends.ipv4.daddr, ends.local, 4);
		exchange.ends.ipv4.sport = ends.peer_port;
		exchange.ends.ipv4.dport = ends.local_port;
	} else {
		memcpy(exchange.ends.ipv6.saddr, ends.peer, 16);
		memcpy(exchange.ends.ipv6.daddr, ends.local, 16);
		exchange.ends.ipv6.sport = ends.peer_port;
		exchange.ends.ipv6.dport = ends.local_port;
	}
	memcpy((void *)request->exchange, &exchange, sizeof(exchange));
}

static int make_exchange(struct request *request)
{
	union bpf_attr attributes = {
		.map_type = BPF_MAP_TYPE_ARRAY,
		.key_size = sizeof(uint32_t),
		.value_size = sizeof(struct exchange),
		.max_entries = 1,
		.map_flags = BPF_F_MMAPABLE,
	};
	void *shared;

	request->map = bpf_call(BPF_MAP_CREATE, &attributes);
	if (request->map < 0)
		return request->map;
	shared = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, request->map, 0);
	if (shared == MAP_FAILED)
		return -errno;
	request->exchange = shared;
	fill_exchange(request);
	return 0;
}

static int load_program(struct request *request, int function)
{
	bool v6 = request->arrival->local.any.sa_family == AF_INET6;
	const struct bpf_insn instructions[] = {
		BPF_MOVE(BPF_REG_6, BPF_REG_1),
		BPF_LOAD(BPF_W, BPF_REG_2, BPF_REG_6, offsetof(struct __sk_buff, mark)),
		BPF_JUMP_IF(BPF_JNE, BPF_REG_2, NFT_LOCK_MARK, 27),
		BPF_LOAD(BPF_W, BPF_REG_2, BPF_REG_6, offsetof(struct __sk_buff, priority)),
		BPF_JUMP_IF(BPF_JNE, BPF_REG_2, (int)request->token, 25),
		BPF_VALUE_OF_MAP(BPF_REG_7, request->map),
		BPF_LOAD(BPF_W, BPF_REG_2, BPF_REG_7, offsetof(struct exchange, result)),
		BPF_JUMP_IF(BPF_JNE, BPF_REG_2, NOT_SEEN, 21),
		/* The listener. */
		BPF_MOVE(BPF_REG_1, BPF_REG_6),
		BPF_MOVE(BPF_REG_2, BPF_REG_7),
		BPF_ADD_VALUE(BPF_REG_2, offsetof(struct exchange, ends)),
		BPF_SET(BPF_REG_3, v6 ? sizeof(((struct bpf_sock_tuple *)0)->ipv6)
				      : sizeof(((struct bpf_sock_tuple *)0)->ipv4)),
		BPF_SET(BPF_REG_4, BPF_F_CURRENT_NETNS),
		BPF_SET(BPF_REG_5, 0),
		BPF_CALL_HELPER(BPF_FUNC_skc_lookup_tcp),
		BPF_JUMP_IF(BPF_JEQ, BPF_REG_0, 0, 13),
		BPF_MOVE(BPF_REG_8, BPF_REG_0),
		BPF_MOVE(BPF_REG_1, BPF_REG_0),
		BPF_CALL_HELPER(BPF_FUNC_skc_to_tcp_sock),
		BPF_JUMP_IF(BPF_JEQ, BPF_REG_0, 0, 7),
		/* The connection to be. */
		BPF_MOVE(BPF_REG_1, BPF_REG_6),
		BPF_MOVE(BPF_REG_2, BPF_REG_0),
		BPF_MOVE(BPF_REG_3, BPF_REG_7),
		BPF_ADD_VALUE(BPF_REG_3, offsetof(struct exchange, agreement)),
		BPF_SET(BPF_REG_4, sizeof(struct agreement)),
		BPF_INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, function),
		BPF_STORE(BPF_W, BPF_REG_7, offsetof(struct exchange, result), BPF_REG_0),
		BPF_MOVE(BPF_REG_1, BPF_REG_8),
		BPF_CALL_HELPER(BPF_FUNC_sk_release),
		BPF_SET(BPF_REG_0, VERDICT_NEXT),
		BPF_RETURN(),
	};
	union bpf_attr attributes = {
		.prog_type = BPF_PROG_TYPE_SCHED_CLS,
		.expected_attach_type = ATTACH_TCX_INGRESS,
		.insn_cnt = ARRAY_SIZE(instructions),
		.insns = (uintptr_t)instructions,
		.license = (uintptr_t) "GPL",
		.prog_name = "criu_request",
	};

	request->program = bpf_call(BPF_PROG_LOAD, &attributes);
	return request->program < 0 ? request->program : 0;
}

/* It goes with its descriptor. */
static int attach_program(struct request *request)
{
	union bpf_attr attributes = { .link_create = {
					      .prog_fd = (uint32_t)request->program,
					      .target_ifindex = if_nametoindex("lo"),
					      .attach_type = ATTACH_TCX_INGRESS,
				      } };

	request->link = bpf_call(BPF_LINK_CREATE, &attributes);
	return request->link < 0 ? request->link : 0;
}

static int prepare(struct request *request)
{
	int function = kernel_view_function(request->view, "bpf_sk_assign_tcp_reqsk"), ret;

	if (function < 0)
		return -EOPNOTSUPP;
	if (getrandom(&request->token, sizeof(request->token), 0) != sizeof(request->token))
		return -EIO;
	request->token |= 0x10000; /* none that anybody uses */
	request->token &= INT32_MAX;
	ret = make_exchange(request);
	if (ret == 0)
		ret = load_program(request, function);
	return ret < 0 ? ret : attach_program(request);
}

static void release(struct request *request)
{
	if (request->link >= 0)
		close(request->link);
	if (request->program >= 0)
		close(request->program);
	if (request->exchange)
		munmap((void *)request->exchange, PAGE_SIZE);
	if (request->map >= 0)
		close(request->map);
}

/* --- the connection --- */

static int take_child(void *context, const struct tcp_child *child)
{
	struct request *request = context;
	struct nft_connection wanted = { 0 };

	if (!tcp_connection_of(&request->arrival->local, &request->arrival->peer, &wanted) ||
	    memcmp(&wanted, &child->connection, sizeof(wanted)) != 0)
		return 0;
	request->found = true;
	request->state = child->state;
	request->received = child->stream.inq_seq;
	return 0;
}

static int look(struct request *request)
{
	uint64_t listener;
	int ret = queue_view_own_socket(request->view, request->listener, &listener);

	request->found = false;
	return ret < 0 ? ret
		       : tcp_walk_children(request->arena, request->view, listener, false, take_child, request);
}

static int send_part(const struct request *request, uint32_t sequence, uint8_t flags, const void *data, size_t size)
{
	const TcpStreamEntry *stream = request->arrival->entry->stream;
	struct tcp_segment segment = {
		.sequence = sequence,
		.acknowledged = stream->outq_seq,
		.flags = flags,
		.window = (uint16_t)MIN(stream->snd_wnd >> stream->snd_wscale, UINT16_MAX),
		.priority = request->token,
		.data = data,
		.size = size,
	};

	return tcp_send_segment(&request->arrival->local, &request->arrival->peer, &segment);
}

static bool has_come(const struct request *request, uint32_t sequence)
{
	return request->found && (int32_t)(request->received - sequence) >= 0;
}

/* Packets to ourselves need not arrive at once. 1: all up to @sequence is there; 0: some of it, or nothing yet. */
static int wait_for(struct request *request, uint32_t sequence)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	int ret = look(request);

	for (int i = 0; i < LOOK && ret == 0 && !has_come(request, sequence); i++) {
		nanosleep(&pause, NULL);
		ret = look(request);
	}
	return ret < 0 ? ret : has_come(request, sequence);
}

/* A segment without data, again and again until all up to @awaited is there. 1: it is; 0: it never was. */
static int insist(struct request *request, uint32_t sequence, uint8_t flags, uint32_t awaited)
{
	int ret = 0;

	for (int i = 0; i < TRIES / LOOK && ret == 0; i++) {
		if (i % INSISTENCE == 0)
			ret = send_part(request, sequence, flags, NULL, 0);
		if (ret == 0)
			ret = wait_for(request, awaited);
	}
	return ret;
}

static int ask_for(struct request *request, uint32_t sequence)
{
	int ret = insist(request, sequence, FLAG_ACK, sequence);

	if (ret)
		return ret < 0 ? ret : 0;
	if (request->exchange->result == NOT_SEEN)
		return -ETIMEDOUT;
	return request->exchange->result < 0 ? request->exchange->result : -ECONNREFUSED;
}

static int send_burst(const struct request *request, uint32_t first, uint32_t done)
{
	const ProtobufCBinaryData *data = &request->arrival->entry->received;
	size_t end = MIN(data->len, (size_t)done + BURST), at = done, part = TCP_SEGMENT_MAX;

	while (at < end) {
		size_t size = MIN(part, end - at);
		int ret = send_part(request, first + (uint32_t)at, FLAG_ACK, data->data + at, size);

		if (ret == -EMSGSIZE && part > SHORT_PART) { /* of a loopback device that somebody has set up */
			part = SHORT_PART;
			continue;
		}
		if (ret < 0)
			return ret;
		at += size;
	}
	return 0;
}

static int send_data(struct request *request, uint32_t first)
{
	uint32_t size = (uint32_t)request->arrival->entry->received.len, done = 0;

	for (int idle = 0; done < size && idle < TRIES / LOOK; idle++) {
		int ret = send_burst(request, first, done);

		if (ret == 0)
			ret = wait_for(request, first + (uint32_t)MIN((size_t)size, (size_t)done + BURST));
		if (ret < 0)
			return ret;
		if (request->found && request->received - first > done)
			idle = 0;
		done = request->received - first;
	}
	return done < size ? -ETIMEDOUT : 0;
}

static int send_end(struct request *request, uint32_t sequence)
{
	int ret = insist(request, sequence, FLAG_FIN | FLAG_ACK, sequence + 1);

	return ret < 0 ? ret : ret ? 0 : -ETIMEDOUT;
}

static int run(struct request *request)
{
	const TcpWaitingEntry *entry = request->arrival->entry;
	bool ended = entry->state == STATE_CLOSE_WAIT;
	uint32_t last = entry->stream->inq_seq - ended, first = last - entry->stream->inq_len;
	int ret = prepare(request);

	if (ret == 0)
		ret = ask_for(request, first);
	if (ret == 0)
		ret = send_data(request, first);
	return ret == 0 && ended ? send_end(request, last) : ret;
}

int tcp_request(struct kernel_view *view, int fd, const struct tcp_arrival *arrival)
{
	struct arena arena;
	struct request request = {
		.arrival = arrival,
		.view = view,
		.listener = fd,
		.map = -EBADF,
		.program = -EBADF,
		.link = -EBADF,
		.arena = &arena,
	};
	int ret;

	arena_init(&arena);
	ret = run(&request);
	if (ret < 0 && request.exchange)
		log_debug("TCP request: the kernel said %d; connection found: %d, state %u, %u of %u bytes",
			  request.exchange->result, request.found, request.state,
			  request.received - (arrival->entry->stream->inq_seq - arrival->entry->stream->inq_len),
			  arrival->entry->stream->inq_len);
	release(&request);
	arena_free(&arena);
	return ret;
}
