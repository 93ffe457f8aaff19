// SPDX-License-Identifier: GPL-2.0-only
/* --tcp-map: sockets get another local address than they had. The address of a peer changes when the peer is in the tree and
 * changes with it; which sockets those are is found in the records of all. */
#include "criu/objects/socket/inet-map.h"

#include <stdlib.h>
#include <string.h>

#include "criu/objects/kinds.h"
#include "criu/objects/socket/inet.h"
#include "criu/options/options.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#define STATE_SYN_SENT 2
#define STATE_CLOSE 7
#define STATE_LISTEN 10
#define MULTICAST_IF "ip-multicast-if"

static const char ends_key, used_key;

/* One socket of the tree. Bytes in this order are what is looked for: the peer is of connections only. */
struct end {
	uint8_t protocol[2], port[2], address[16];
	uint8_t peer_port[2], peer[16];
};

#define LOCAL_SIZE offsetof(struct end, peer_port)

struct ends {
	struct end *all; /* sorted */
	size_t nr;
};

/* --- addresses --- */

static const uint8_t v4_mapped[12] = { [10] = 0xff, [11] = 0xff };

/* IPv4 as ::ffff:1.2.3.4, so both families, and IPv4 in a socket of IPv6, are one. */
static void to_bytes(const void *address, size_t size, uint8_t ret[16])
{
	memcpy(ret, v4_mapped, sizeof(v4_mapped));
	memcpy(ret + (16 - size), address, size);
}

static void address_bytes(const union inet_address *address, uint8_t ret[16])
{
	if (address->any.sa_family == AF_INET6)
		to_bytes(&address->v6.sin6_addr, 16, ret);
	else
		to_bytes(&address->v4.sin_addr, 4, ret);
}

/* NULL: it stays. */
static const struct address_map *find_map(struct restore *restore, const uint8_t bytes[16])
{
	const struct address_map_list *maps = &restore->options->tcp_maps;

	for (size_t i = 0; i < maps->nr; i++)
		if (!memcmp(maps->items[i].from, bytes, 16))
			return &maps->items[i];
	return NULL;
}

static void note_use(struct restore *restore, const struct address_map *map)
{
	const struct address_map_list *maps = &restore->options->tcp_maps;
	bool *used = kind_state_get(&restore->kind_state, &restore->arena, &used_key, 0,
				    maps->nr * sizeof(*used), NULL);

	used[map - maps->items] = true;
}

static void map_bytes(struct restore *restore, void *address, size_t size)
{
	uint8_t bytes[16];
	const struct address_map *map;

	to_bytes(address, size, bytes);
	map = find_map(restore, bytes);
	if (!map)
		return;
	note_use(restore, map);
	memcpy(address, map->to + (16 - size), size);
}

static void map_address(struct restore *restore, union inet_address *address)
{
	if (address->any.sa_family == AF_INET6)
		map_bytes(restore, &address->v6.sin6_addr, 16);
	else
		map_bytes(restore, &address->v4.sin_addr, 4);
}

/* --- the sockets of the tree --- */

static int compare_ends(const void *left, const void *right)
{
	return memcmp(left, right, sizeof(struct end));
}

static int compare_locals(const void *left, const void *right)
{
	return memcmp(left, right, LOCAL_SIZE);
}

static void put_number(uint8_t ret[2], uint32_t number)
{
	ret[0] = (uint8_t)(number >> 8);
	ret[1] = (uint8_t)number;
}

/* Records that nobody has checked yet. */
static bool read_end(const InetSkEntry *record, struct end *ret)
{
	size_t words = record && record->family == AF_INET6 ? 4 : 1;

	if (!record || record->n_src_addr != words || (record->n_dst_addr && record->n_dst_addr != words))
		return false;
	memset(ret, 0, sizeof(*ret));
	put_number(ret->protocol, record->type == SOCK_STREAM ? IPPROTO_TCP : record->proto);
	put_number(ret->port, record->src_port);
	to_bytes(record->src_addr, words * sizeof(uint32_t), ret->address);
	put_number(ret->peer_port, record->dst_port);
	if (record->n_dst_addr)
		to_bytes(record->dst_addr, words * sizeof(uint32_t), ret->peer);
	return record->src_port != 0;
}

static const struct ends *get_ends(struct restore *restore)
{
	bool is_new;
	struct ends *ends = kind_state_get(&restore->kind_state, &restore->arena, &ends_key, 0, sizeof(*ends),
					   &is_new);

	if (!is_new)
		return ends;
	ends->all = arena_array(&restore->arena, struct end, restore->nr_files + 1);
	for (size_t i = 0; i < restore->nr_files; i++)
		ends->nr += read_end(restore->files[i].record->isk, &ends->all[ends->nr]);
	qsort(ends->all, ends->nr, sizeof(*ends->all), compare_ends);
	return ends;
}

/* Is the other end of this connection a socket of the tree? */
static bool has_other_end(struct restore *restore, const struct inet_socket *inet)
{
	const struct ends *ends = get_ends(restore);
	struct end wanted = { 0 };

	put_number(wanted.protocol, IPPROTO_TCP);
	put_number(wanted.port, ntohs(inet_port(&inet->peer)));
	address_bytes(&inet->peer, wanted.address);
	put_number(wanted.peer_port, ntohs(inet_port(&inet->local)));
	address_bytes(&inet->local, wanted.peer);
	return bsearch(&wanted, ends->all, ends->nr, sizeof(wanted), compare_ends);
}

/* Does a socket of the tree take what is sent there? */
static bool is_of_tree(struct restore *restore, const InetSkEntry *record, uint32_t port, const uint8_t address[16])
{
	static const uint8_t any6[16], any4[16] = { [10] = 0xff, [11] = 0xff };
	const uint8_t *const addresses[] = { address, any6, any4 };
	const struct ends *ends = get_ends(restore);
	struct end wanted = { 0 };

	put_number(wanted.protocol, record->type == SOCK_STREAM ? IPPROTO_TCP : record->proto);
	put_number(wanted.port, port);
	for (size_t i = 0; i < ARRAY_SIZE(addresses) && port; i++) {
		memcpy(wanted.address, addresses[i], 16);
		if (bsearch(&wanted, ends->all, ends->nr, sizeof(wanted), compare_locals))
			return true;
	}
	return false;
}

/* --- what changes --- */

static bool is_connection(const struct restore *restore, const InetSkEntry *record)
{
	return record->type == SOCK_STREAM && record->state != STATE_LISTEN && record->state != STATE_CLOSE &&
	       record->state != STATE_SYN_SENT && !restore->options->tcp_close;
}

static void map_peer(struct restore *restore, struct inet_socket *inet)
{
	uint8_t bytes[16];

	address_bytes(&inet->peer, bytes);
	if (inet->has_peer && find_map(restore, bytes) &&
	    is_of_tree(restore, inet->record, ntohs(inet_port(&inet->peer)), bytes))
		map_address(restore, &inet->peer);
}

void inet_map_stranger(struct restore *restore, const struct file *file, const union inet_address *local,
		       const union inet_address *peer)
{
	char local_text[INET_TEXT_SIZE], peer_text[INET_TEXT_SIZE];
	const struct address_map *map;
	uint8_t bytes[16];

	address_bytes(local, bytes);
	map = find_map(restore, bytes);
	if (!map)
		return;
	note_use(restore, map);
	restore_refuse(restore, NULL,
		       "file %u: TCP connection %s - %s: --tcp-map %s cannot move it, for its peer is outside of the tree and "
		       "would not know; restore where its address is and without this map, or let connections come back "
		       "closed by --tcp-close",
		       file->id, inet_format(local, local_text), inet_format(peer, peer_text), map->text);
}

static void map_connection(struct restore *restore, const struct file *file, struct inet_socket *inet)
{
	if (!inet->record->has_waits_at && !has_other_end(restore, inet)) {
		inet_map_stranger(restore, file, &inet->local, &inet->peer);
		return;
	}
	map_address(restore, &inet->local);
	map_address(restore, &inet->peer);
}

/* Answers to datagrams that wait go to where their senders are now. */
static void map_queue(struct restore *restore, const InetSkEntry *record)
{
	for (size_t i = 0; i < record->n_queue; i++) {
		InetDatagramEntry *entry = record->queue[i];
		uint8_t bytes[16];

		if (entry->has_to && (entry->to.len == 4 || entry->to.len == 16))
			map_bytes(restore, entry->to.data, entry->to.len);
		if (entry->from.len != 4 && entry->from.len != 16)
			continue;
		to_bytes(entry->from.data, entry->from.len, bytes);
		if (is_of_tree(restore, record, entry->from_port, bytes))
			map_bytes(restore, entry->from.data, entry->from.len);
	}
}

static void map_options(struct restore *restore, const SkOptsEntry *options)
{
	for (size_t i = 0; options && i < options->n_options; i++)
		if (!strcmp(options->options[i]->name, MULTICAST_IF))
			map_bytes(restore, &options->options[i]->value, 4);
}

void inet_map_addresses(struct restore *restore, const struct file *file, struct inet_socket *inet)
{
	if (!restore->options->tcp_maps.nr)
		return;
	if (is_connection(restore, inet->record)) {
		map_connection(restore, file, inet);
		return;
	}
	map_peer(restore, inet);
	map_address(restore, &inet->local);
	map_queue(restore, inet->record);
	map_options(restore, inet->record->opts);
}

/* --- a map for nothing is likely a slip --- */

static int address_maps_make(struct restore *restore)
{
	const struct address_map_list *maps = &restore->options->tcp_maps;
	const bool *used = kind_state_find(&restore->kind_state, &used_key, 0);

	for (size_t i = 0; i < maps->nr; i++)
		if (!used || !used[i])
			log_warn("--tcp-map %s: no socket has this address", maps->items[i].text);
	return 0;
}

const struct global_kind address_maps_kind = {
	.make = address_maps_make,
};
