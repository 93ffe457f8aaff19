// SPDX-License-Identifier: GPL-2.0-only
/* Tables of nftables by netlink: one transaction each (net/netfilter/nfnetlink.c, nf_tables_api.c). A table has a chain
 * for what comes in and one for what goes out, for each of them and each version of IP a set of connections (source,
 * destination and ports as they stand in packets), and a set of ports. Each end of a connection within this host has
 * elements of its own by that: its lock goes without that of the other one. */
#include "criu/kernel/nft.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "criu/util/cleanup.h"
#include "criu/util/macros.h"

/* Before address translation when sending, behind it when receiving: packets have the addresses that sockets know. */
#define OUTPUT_PRIORITY (-300)
#define INPUT_PRIORITY 200
#define ELEMENTS_AT_ONCE 512
#define ANSWER_SIZE 8192
#define ANSWER_SECONDS 10
/* Types of keys as nft(8) has them, for whoever lists the table: addresses and ports, 6 bits each. */
#define KEYS_V4 (7 << 18 | 7 << 12 | 13 << 6 | 13)
#define KEYS_V6 (8 << 18 | 8 << 12 | 13 << 6 | 13)
#define KEYS_PORT 13

struct batch {
	uint8_t *data;
	size_t size, room;
	size_t message; /* where the last one begins */
	uint32_t sequence;
	bool failed;
};

/* --- messages --- */

static void *extend(struct batch *batch, size_t size)
{
	static uint8_t nowhere[256];
	size_t aligned = NLMSG_ALIGN(size), room = MAX(batch->room, (size_t)4096);
	void *at;

	while (room < batch->size + aligned)
		room *= 2;
	if (room != batch->room && !batch->failed) {
		uint8_t *larger = realloc(batch->data, room);

		batch->failed = !larger;
		batch->data = larger ? larger : batch->data;
		batch->room = larger ? room : batch->room;
	}
	if (batch->failed)
		return nowhere;
	at = batch->data + batch->size;
	memset(at, 0, aligned);
	batch->size += aligned;
	return at;
}

static struct nlmsghdr *head_of(const struct batch *batch)
{
	return (struct nlmsghdr *)(batch->data + batch->message);
}

static void end_message(struct batch *batch)
{
	if (!batch->failed)
		head_of(batch)->nlmsg_len = (uint32_t)(batch->size - batch->message);
}

static void begin(struct batch *batch, uint16_t type, uint16_t flags, uint8_t family, uint16_t resource)
{
	size_t start = batch->size;
	struct nlmsghdr *head = extend(batch, sizeof(*head));
	struct nfgenmsg *body;

	head->nlmsg_type = type;
	head->nlmsg_flags = flags | NLM_F_REQUEST;
	head->nlmsg_seq = batch->sequence;
	body = extend(batch, sizeof(*body));
	body->nfgen_family = family;
	body->version = NFNETLINK_V0;
	body->res_id = htons(resource);
	batch->message = start;
}

static void begin_nft(struct batch *batch, uint16_t type, uint16_t flags)
{
	begin(batch, NFNL_SUBSYS_NFTABLES << 8 | type, flags, NFPROTO_INET, 0);
}

static void put(struct batch *batch, uint16_t type, const void *value, size_t size)
{
	struct nlattr *attribute = extend(batch, NLA_HDRLEN + size);

	attribute->nla_type = type;
	attribute->nla_len = (uint16_t)(NLA_HDRLEN + size);
	memcpy((uint8_t *)attribute + NLA_HDRLEN, value, size);
}

static void put_u32(struct batch *batch, uint16_t type, uint32_t value)
{
	value = htonl(value);
	put(batch, type, &value, sizeof(value));
}

static void put_text(struct batch *batch, uint16_t type, const char *value)
{
	put(batch, type, value, strlen(value) + 1);
}

static size_t nest(struct batch *batch, uint16_t type)
{
	size_t start = batch->size;

	put(batch, type | NLA_F_NESTED, "", 0);
	return start;
}

static void end_nest(struct batch *batch, size_t start)
{
	if (!batch->failed)
		((struct nlattr *)(batch->data + start))->nla_len = (uint16_t)(batch->size - start);
}

/* --- expressions --- */

struct expression {
	size_t element, data;
};

static struct expression begin_expression(struct batch *batch, const char *name)
{
	struct expression expression = { .element = nest(batch, NFTA_LIST_ELEM) };

	put_text(batch, NFTA_EXPR_NAME, name);
	expression.data = nest(batch, NFTA_EXPR_DATA);
	return expression;
}

static void end_expression(struct batch *batch, struct expression expression)
{
	end_nest(batch, expression.data);
	end_nest(batch, expression.element);
}

static void put_meta(struct batch *batch, uint32_t key)
{
	struct expression expression = begin_expression(batch, "meta");

	put_u32(batch, NFTA_META_KEY, key);
	put_u32(batch, NFTA_META_DREG, NFT_REG_1);
	end_expression(batch, expression);
}

static void put_compare_register(struct batch *batch, uint32_t operation, const void *value, size_t size)
{
	struct expression expression = begin_expression(batch, "cmp");
	size_t data;

	put_u32(batch, NFTA_CMP_SREG, NFT_REG_1);
	put_u32(batch, NFTA_CMP_OP, operation);
	data = nest(batch, NFTA_CMP_DATA);
	put(batch, NFTA_DATA_VALUE, value, size);
	end_nest(batch, data);
	end_expression(batch, expression);
}

static void put_compare(struct batch *batch, uint32_t key, uint32_t operation, const void *value, size_t size)
{
	put_meta(batch, key);
	put_compare_register(batch, operation, value, size);
}

/* To the 32-bit register @number and those behind it. */
static void put_payload(struct batch *batch, uint32_t base, uint32_t offset, uint32_t size, uint32_t number)
{
	struct expression expression = begin_expression(batch, "payload");

	put_u32(batch, NFTA_PAYLOAD_DREG, NFT_REG32_00 + number);
	put_u32(batch, NFTA_PAYLOAD_BASE, base);
	put_u32(batch, NFTA_PAYLOAD_OFFSET, offset);
	put_u32(batch, NFTA_PAYLOAD_LEN, size);
	end_expression(batch, expression);
}

static void put_verdict(struct batch *batch, uint32_t code)
{
	struct expression expression = begin_expression(batch, "immediate");
	size_t data, verdict;

	put_u32(batch, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	data = nest(batch, NFTA_IMMEDIATE_DATA);
	verdict = nest(batch, NFTA_DATA_VERDICT);
	put_u32(batch, NFTA_VERDICT_CODE, code);
	end_nest(batch, verdict);
	end_nest(batch, data);
	end_expression(batch, expression);
}

static void put_lookup_and_drop(struct batch *batch, const char *set)
{
	struct expression expression = begin_expression(batch, "lookup");

	put_text(batch, NFTA_LOOKUP_SET, set);
	put_u32(batch, NFTA_LOOKUP_SREG, NFT_REG32_00);
	end_expression(batch, expression);
	put_verdict(batch, NF_DROP);
}

/* --- parts of a table --- */

static void put_table(struct batch *batch, const char *name, bool owned)
{
	begin_nft(batch, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL);
	put_text(batch, NFTA_TABLE_NAME, name);
	if (owned)
		put_u32(batch, NFTA_TABLE_FLAGS, 0x2 /* NFT_TABLE_F_OWNER */);
	end_message(batch);
}

static void put_removal(struct batch *batch, const char *table)
{
	begin_nft(batch, NFT_MSG_DELTABLE, 0);
	put_text(batch, NFTA_TABLE_NAME, table);
	end_message(batch);
}

static void put_chain(struct batch *batch, const char *table, const char *name, uint32_t hook, int priority)
{
	size_t data;

	begin_nft(batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	put_text(batch, NFTA_CHAIN_TABLE, table);
	put_text(batch, NFTA_CHAIN_NAME, name);
	data = nest(batch, NFTA_CHAIN_HOOK);
	put_u32(batch, NFTA_HOOK_HOOKNUM, hook);
	put_u32(batch, NFTA_HOOK_PRIORITY, (uint32_t)priority);
	end_nest(batch, data);
	put_text(batch, NFTA_CHAIN_TYPE, "filter");
	end_message(batch);
}

static void put_set(struct batch *batch, const char *table, const char *name, uint32_t id, uint32_t keys,
		    uint32_t size)
{
	begin_nft(batch, NFT_MSG_NEWSET, NLM_F_CREATE);
	put_text(batch, NFTA_SET_TABLE, table);
	put_text(batch, NFTA_SET_NAME, name);
	put_u32(batch, NFTA_SET_ID, id);
	put_u32(batch, NFTA_SET_KEY_TYPE, keys);
	put_u32(batch, NFTA_SET_KEY_LEN, size);
	end_message(batch);
}

static size_t begin_rule(struct batch *batch, const char *table, const char *chain)
{
	begin_nft(batch, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
	put_text(batch, NFTA_RULE_TABLE, table);
	put_text(batch, NFTA_RULE_CHAIN, chain);
	return nest(batch, NFTA_RULE_EXPRESSIONS);
}

static void end_rule(struct batch *batch, size_t expressions)
{
	end_nest(batch, expressions);
	end_message(batch);
}

static void put_protocol(struct batch *batch, uint8_t protocol)
{
	put_compare(batch, NFT_META_L4PROTO, NFT_CMP_EQ, &protocol, sizeof(protocol));
}

static void put_unmarked(struct batch *batch)
{
	const uint32_t mark = NFT_LOCK_MARK;

	put_compare(batch, NFT_META_MARK, NFT_CMP_NEQ, &mark, sizeof(mark));
}

static size_t begin_tcp_rule(struct batch *batch, const char *table, const char *chain)
{
	size_t expressions = begin_rule(batch, table, chain);

	put_protocol(batch, IPPROTO_TCP);
	put_unmarked(batch);
	return expressions;
}

/* By what goes out, and by version. */
static const char *const connection_sets[2][2] = { { "received4", "received6" }, { "sent4", "sent6" } };

static void put_connection_rule(struct batch *batch, const char *table, bool out, bool v6)
{
	const uint8_t family = v6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
	uint32_t words = v6 ? 8 : 2;
	size_t expressions = begin_tcp_rule(batch, table, out ? "output" : "input");

	put_compare(batch, NFT_META_NFPROTO, NFT_CMP_EQ, &family, sizeof(family));
	/* Source and destination, one behind the other in both headers. */
	put_payload(batch, NFT_PAYLOAD_NETWORK_HEADER, v6 ? 8 : 12, 4 * words, 0);
	put_payload(batch, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 2, words);
	put_payload(batch, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, words + 1);
	put_lookup_and_drop(batch, connection_sets[out][v6]);
	end_rule(batch, expressions);
}

static void put_port_rule(struct batch *batch, const char *table)
{
	size_t expressions = begin_tcp_rule(batch, table, "input");

	put_payload(batch, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, 0);
	put_lookup_and_drop(batch, "ports");
	end_rule(batch, expressions);
}

/* --- a whole namespace --- */

/* Solicitations, advertisements and redirects of neighbours and routers (RFC 4861): who asks for an address in vain tells
 * its programs that there is nobody. IPv4 has ARP for that, which no table of this family sees. */
static void put_neighbours_rule(struct batch *batch, const char *table, const char *chain)
{
	const uint8_t first = ND_ROUTER_SOLICIT, last = ND_REDIRECT;
	size_t expressions = begin_rule(batch, table, chain);

	put_protocol(batch, IPPROTO_ICMPV6);
	put_payload(batch, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1, 0);
	put_compare_register(batch, NFT_CMP_GTE, &first, sizeof(first));
	put_compare_register(batch, NFT_CMP_LTE, &last, sizeof(last));
	put_verdict(batch, NF_ACCEPT);
	end_rule(batch, expressions);
}

/* Nobody of the tree sends any, and others in the namespace would be told that it is not permitted. */
static void put_datagrams_rule(struct batch *batch, const char *table)
{
	size_t expressions = begin_rule(batch, table, "output");

	put_protocol(batch, IPPROTO_UDP);
	put_verdict(batch, NF_ACCEPT);
	end_rule(batch, expressions);
}

static void put_all_rule(struct batch *batch, const char *table, const char *chain)
{
	size_t expressions = begin_rule(batch, table, chain);

	put_unmarked(batch);
	put_verdict(batch, NF_DROP);
	end_rule(batch, expressions);
}

static void put_whole(struct batch *batch, const char *table)
{
	static const char *const chains[] = { "input", "output" };

	for (size_t i = 0; i < ARRAY_SIZE(chains); i++) {
		put_neighbours_rule(batch, table, chains[i]);
		if (i == 1)
			put_datagrams_rule(batch, table);
		put_all_rule(batch, table, chains[i]);
	}
}

/* --- elements --- */

struct elements {
	struct batch *batch;
	const char *table, *set;
	uint16_t type;
	size_t nr, list; /* of the message in the making */
};

static void end_elements(struct elements *elements)
{
	if (!elements->nr)
		return;
	end_nest(elements->batch, elements->list);
	end_message(elements->batch);
	elements->nr = 0;
}

static void put_element(struct elements *elements, const void *key, size_t size)
{
	struct batch *batch = elements->batch;
	size_t element, data;

	if (!elements->nr) {
		begin_nft(batch, elements->type, elements->type == NFT_MSG_NEWSETELEM ? NLM_F_CREATE : 0);
		put_text(batch, NFTA_SET_ELEM_LIST_TABLE, elements->table);
		put_text(batch, NFTA_SET_ELEM_LIST_SET, elements->set);
		elements->list = nest(batch, NFTA_SET_ELEM_LIST_ELEMENTS);
	}
	element = nest(batch, NFTA_LIST_ELEM);
	data = nest(batch, NFTA_SET_ELEM_KEY);
	put(batch, NFTA_DATA_VALUE, key, size);
	end_nest(batch, data);
	end_nest(batch, element);
	if (++elements->nr == ELEMENTS_AT_ONCE)
		end_elements(elements);
}

/* Source, destination, and each port with two bytes of padding. */
static void put_connection(struct elements *elements, const struct nft_connection *c, bool out)
{
	size_t size = c->family == AF_INET6 ? 16 : 4;
	uint8_t key[40] = { 0 };

	memcpy(key, out ? c->local : c->peer, size);
	memcpy(key + size, out ? c->peer : c->local, size);
	memcpy(key + 2 * size, out ? &c->local_port : &c->peer_port, sizeof(c->local_port));
	memcpy(key + 2 * size + 4, out ? &c->peer_port : &c->local_port, sizeof(c->local_port));
	put_element(elements, key, 2 * size + 8);
}

static void put_connections(struct batch *batch, const struct nft_lock *lock, bool out, bool v6)
{
	struct elements elements = { batch, lock->table, connection_sets[out][v6], NFT_MSG_NEWSETELEM, 0, 0 };

	for (size_t i = 0; i < lock->nr_connections; i++)
		if (lock->connections[i].family == (v6 ? AF_INET6 : AF_INET))
			put_connection(&elements, &lock->connections[i], out);
	end_elements(&elements);
}

static void put_ports(struct batch *batch, const struct nft_lock *lock)
{
	struct elements elements = { batch, lock->table, "ports", NFT_MSG_NEWSETELEM, 0, 0 };

	for (size_t i = 0; i < lock->nr_ports; i++)
		put_element(&elements, &lock->ports[i], sizeof(lock->ports[i]));
	end_elements(&elements);
}

/* --- transactions --- */

int nft_open(void)
{
	_cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	struct timeval limit = { .tv_sec = ANSWER_SECONDS };

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0)
		return errno == EPROTONOSUPPORT ? -EOPNOTSUPP : -errno;
	return steal_fd(&fd);
}

/* Answers to an earlier question have another number. */
static uint32_t next_sequence(void)
{
	struct timeval now;

	gettimeofday(&now, NULL);
	return (uint32_t)now.tv_sec * 1000000 + (uint32_t)now.tv_usec;
}

static void begin_batch(struct batch *batch)
{
	batch->sequence = next_sequence();
	begin(batch, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	end_message(batch);
}

/* The last message asks for an answer: errors of those before it come first. */
static void end_batch(struct batch *batch)
{
	if (!batch->failed)
		head_of(batch)->nlmsg_flags |= NLM_F_ACK;
	begin(batch, NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	end_message(batch);
}

/* 1: nothing for us in it. */
static int read_answer(const void *data, size_t size, uint32_t sequence)
{
	const struct nlmsghdr *head = data;

	for (; NLMSG_OK(head, size); head = NLMSG_NEXT(head, size)) {
		const struct nlmsgerr *error = NLMSG_DATA(head);

		if (head->nlmsg_type == NLMSG_ERROR && head->nlmsg_len >= NLMSG_LENGTH(sizeof(*error)) &&
		    head->nlmsg_seq == sequence)
			return MIN(error->error, 0);
	}
	return 1;
}

static int run_batch(int netlink, const struct batch *batch)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	int room = (int)MIN(2 * batch->size + 65536, (size_t)INT32_MAX / 2), ret = 1;
	_cleanup_free_ void *answer = malloc(ANSWER_SIZE);

	if (batch->failed || !answer)
		return -ENOMEM;
	if (setsockopt(netlink, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)) < 0)
		setsockopt(netlink, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	if (sendto(netlink, batch->data, batch->size, 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return -errno;
	while (ret > 0) {
		ssize_t size = recv(netlink, answer, ANSWER_SIZE, 0);

		if (size < 0 && errno == EINTR)
			continue;
		ret = size < 0 ? -errno : read_answer(answer, (size_t)size, batch->sequence);
	}
	return ret;
}

static void put_all(struct batch *batch, const struct nft_lock *lock)
{
	put_table(batch, lock->table, lock->owned);
	put_chain(batch, lock->table, "input", NF_INET_LOCAL_IN, INPUT_PRIORITY);
	put_chain(batch, lock->table, "output", NF_INET_LOCAL_OUT, OUTPUT_PRIORITY);
	if (lock->whole) {
		put_whole(batch, lock->table);
		return;
	}
	for (unsigned int i = 0; i < 4; i++) {
		bool out = i & 1, v6 = i & 2;

		put_set(batch, lock->table, connection_sets[out][v6], i + 1, v6 ? KEYS_V6 : KEYS_V4, v6 ? 40 : 16);
		put_connections(batch, lock, out, v6);
		put_connection_rule(batch, lock->table, out, v6);
	}
	put_set(batch, lock->table, "ports", 5, KEYS_PORT, 2);
	put_ports(batch, lock);
	put_port_rule(batch, lock->table);
}

int nft_lock_make(int netlink, const struct nft_lock *lock)
{
	struct batch batch = { 0 };
	int ret;

	begin_batch(&batch);
	if (lock->replaces)
		put_removal(&batch, lock->replaces);
	put_all(&batch, lock);
	end_batch(&batch);
	ret = run_batch(netlink, &batch);
	free(batch.data);
	/* A flag that is not known is not valid. */
	return ret == -EINVAL && lock->owned ? -EOPNOTSUPP : ret;
}

int nft_lock_remove(int netlink, const char *table)
{
	struct batch batch = { 0 };
	int ret;

	begin_batch(&batch);
	put_removal(&batch, table);
	end_batch(&batch);
	ret = run_batch(netlink, &batch);
	free(batch.data);
	return ret == -ENOENT ? 0 : ret;
}

/* --- what one socket sends --- */

/* In front of all that looks at packets (NF_IP_PRI_RAW_BEFORE_DEFRAG in linux/netfilter_ipv4.h). */
#define CATCH_PRIORITY (-450)

static void put_socket_mark(struct batch *batch, uint32_t mark)
{
	struct expression expression = begin_expression(batch, "socket");

	put_u32(batch, NFTA_SOCKET_KEY, NFT_SOCKET_MARK);
	put_u32(batch, NFTA_SOCKET_DREG, NFT_REG_1);
	end_expression(batch, expression);
	put_compare_register(batch, NFT_CMP_EQ, &mark, sizeof(mark));
}

static void put_log(struct batch *batch, uint16_t group)
{
	struct expression expression = begin_expression(batch, "log");

	group = htons(group);
	put(batch, NFTA_LOG_GROUP, &group, sizeof(group));
	end_expression(batch, expression);
}

/* The user id is not compared: packets without a socket end there, which kernels before 5.18 would look one up for by a
 * device that they do not have (nft_socket_eval in net/netfilter/nft_socket.c). */
static void put_catch_rule(struct batch *batch, const struct nft_catch *catch)
{
	size_t expressions;

	begin_nft(batch, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
	put_text(batch, NFTA_RULE_TABLE, catch->table);
	put_text(batch, NFTA_RULE_CHAIN, "output");
	expressions = nest(batch, NFTA_RULE_EXPRESSIONS);
	put_compare(batch, NFT_META_L4PROTO, NFT_CMP_EQ, &catch->protocol, sizeof(catch->protocol));
	put_meta(batch, NFT_META_SKUID);
	put_socket_mark(batch, catch->socket_mark);
	put_log(batch, catch->group);
	put_verdict(batch, NF_DROP);
	end_nest(batch, expressions);
	end_message(batch);
}

int nft_catch_make(int netlink, const struct nft_catch *catch)
{
	struct batch batch = { 0 };
	int ret;

	begin_batch(&batch);
	put_table(&batch, catch->table, true);
	put_chain(&batch, catch->table, "output", NF_INET_LOCAL_OUT, CATCH_PRIORITY);
	put_catch_rule(&batch, catch);
	end_batch(&batch);
	ret = run_batch(netlink, &batch);
	free(batch.data);
	return ret == -EINVAL ? -EOPNOTSUPP : ret;
}

/* --- other tables --- */

#define LISTINGS 10

struct tables {
	const char *prefix;
	size_t nr;
	char (*names)[NFT_TABLE_NAME_SIZE];
	bool interrupted; /* somebody made or removed one meanwhile: some may be missing */
};

static int add_table(struct tables *tables, const char *name, size_t size)
{
	void *larger = realloc(tables->names, (tables->nr + 1) * sizeof(*tables->names));

	if (!larger)
		return -ENOMEM;
	tables->names = larger;
	memcpy(tables->names[tables->nr++], name, size);
	return 0;
}

static int take_table(struct tables *tables, const struct nlmsghdr *head)
{
	size_t at = NLMSG_SPACE(sizeof(struct nfgenmsg));
	int ret = 0;

	while (at + NLA_HDRLEN <= head->nlmsg_len && ret == 0) {
		const struct nlattr *attribute = (const struct nlattr *)((const uint8_t *)head + at);
		const char *name = (const char *)attribute + NLA_HDRLEN;
		size_t size = attribute->nla_len - NLA_HDRLEN;

		if (attribute->nla_len < NLA_HDRLEN || attribute->nla_len > head->nlmsg_len - at)
			return -EBADMSG;
		if (attribute->nla_type == NFTA_TABLE_NAME && size && size <= NFT_TABLE_NAME_SIZE &&
		    !name[size - 1] && strncmp(name, tables->prefix, strlen(tables->prefix)) == 0)
			ret = add_table(tables, name, size);
		at += NLA_ALIGN(attribute->nla_len);
	}
	return ret;
}

/* 1: more is to come. */
static int take_tables(struct tables *tables, const void *data, size_t size, uint32_t sequence)
{
	const struct nlmsghdr *head = data;
	int ret = 0;

	for (; NLMSG_OK(head, size) && ret == 0; head = NLMSG_NEXT(head, size)) {
		if (head->nlmsg_seq != sequence)
			continue;
		tables->interrupted |= (head->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
		if (head->nlmsg_type == NLMSG_DONE || head->nlmsg_type == NLMSG_ERROR)
			return 0;
		if (head->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWTABLE))
			ret = take_table(tables, head);
	}
	return ret < 0 ? ret : 1;
}

static int list_tables(int netlink, struct tables *tables)
{
	_cleanup_free_ void *answer = malloc(ANSWER_SIZE);
	struct batch batch = { .sequence = 1 };
	int ret = 1;

	begin_nft(&batch, NFT_MSG_GETTABLE, NLM_F_DUMP);
	end_message(&batch);
	if (batch.failed || !answer)
		ret = -ENOMEM;
	else if (send(netlink, batch.data, batch.size, 0) < 0)
		ret = -errno;
	free(batch.data);
	while (ret > 0) {
		ssize_t size = recv(netlink, answer, ANSWER_SIZE, 0);

		if (size < 0 && errno == EINTR)
			continue;
		ret = size < 0 ? -errno : take_tables(tables, answer, (size_t)size, 1);
	}
	return ret;
}

/* 1: it is there. */
static int has_end(int netlink, const char *table, const struct nft_connection *connection, bool out)
{
	struct batch batch = { .sequence = next_sequence() };
	struct elements elements = {
		&batch, table, connection_sets[out][connection->family == AF_INET6], NFT_MSG_GETSETELEM, 0, 0
	};
	int ret;

	put_connection(&elements, connection, out);
	end_elements(&elements);
	if (!batch.failed)
		head_of(&batch)->nlmsg_flags |= NLM_F_ACK;
	ret = run_batch(netlink, &batch);
	free(batch.data);
	return ret == -ENOENT ? 0 : ret < 0 ? ret : 1;
}

/* Removing what is not there would let a transaction fail, and that takes tens of milliseconds. */
static int put_removals(int netlink, struct batch *batch, const char *table,
			const struct nft_connection *connections, size_t nr)
{
	int found = 0;

	for (unsigned int i = 0; i < 4; i++) {
		bool out = i & 1, v6 = i & 2;
		struct elements elements = { batch, table, connection_sets[out][v6], NFT_MSG_DELSETELEM, 0, 0 };

		for (size_t j = 0; j < nr; j++) {
			int ret = connections[j].family == (v6 ? AF_INET6 : AF_INET)
					  ? has_end(netlink, table, &connections[j], out)
					  : 0;

			if (ret < 0)
				return ret;
			if (ret)
				put_connection(&elements, &connections[j], out);
			found |= ret;
		}
		end_elements(&elements);
	}
	return found;
}

static int forget_in(int netlink, const char *table, const struct nft_connection *connections, size_t nr)
{
	struct batch batch = { 0 };
	int ret;

	begin_batch(&batch);
	ret = put_removals(netlink, &batch, table, connections, nr);
	end_batch(&batch);
	if (ret > 0)
		ret = run_batch(netlink, &batch);
	free(batch.data);
	/* -EPERM: the table of one who works. */
	return ret == -ENOENT || ret == -EPERM ? 0 : ret;
}

int nft_lock_forget(int netlink, const char *prefix, const struct nft_connection *connections, size_t nr)
{
	struct tables tables = { .prefix = prefix };
	int ret = 0;

	for (unsigned int i = 0; i < LISTINGS && ret == 0 && (!i || tables.interrupted); i++) {
		tables.nr = tables.interrupted = 0;
		ret = list_tables(netlink, &tables);
	}
	for (size_t i = 0; i < tables.nr && ret == 0; i++)
		ret = forget_in(netlink, tables.names[i], connections, nr);
	free(tables.names);
	return ret;
}
