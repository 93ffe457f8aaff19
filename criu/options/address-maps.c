// SPDX-License-Identifier: GPL-2.0-only
/* --tcp-map: addresses that sockets get in the place of those they had. */
#include "criu/options/table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "criu/util/log.h"
#include "criu/util/macros.h"

/* IPv4 becomes ::ffff:1.2.3.4. */
static int address_from_text(const char *text, uint8_t ret[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	memcpy(ret, mapped, sizeof(mapped));
	return inet_pton(AF_INET, text, ret + sizeof(mapped)) == 1 || inet_pton(AF_INET6, text, ret) == 1
		       ? 0
		       : -EINVAL;
}

static bool is_v4(const uint8_t bytes[16])
{
	struct in6_addr address;

	memcpy(&address, bytes, sizeof(address));
	return IN6_IS_ADDR_V4MAPPED(&address);
}

/* No socket has such an address as its own, or only together with a device. */
static const char *find_problem(const uint8_t bytes[16])
{
	struct in6_addr address;
	uint32_t v4 = (uint32_t)bytes[12] << 24 | (uint32_t)bytes[13] << 16 | (uint32_t)bytes[14] << 8 | bytes[15];

	memcpy(&address, bytes, sizeof(address));
	if (IN6_IS_ADDR_UNSPECIFIED(&address) || (is_v4(bytes) && v4 == INADDR_ANY))
		return "it has an address that stands for all: sockets without an address of their own need no map";
	if (IN6_IS_ADDR_MULTICAST(&address) || (is_v4(bytes) && (IN_MULTICAST(v4) || v4 == INADDR_BROADCAST)))
		return "it has an address of a group of hosts";
	if (IN6_IS_ADDR_LINKLOCAL(&address))
		return "it has a link-local address, which belongs to a device";
	return NULL;
}

static const char *split(const char *value, struct address_map *map)
{
	char from[INET6_ADDRSTRLEN];
	const char *middle = strchr(value, '='), *problem;
	size_t size = middle ? (size_t)(middle - value) : 0;

	if (!size || size >= sizeof(from) || !middle[1])
		return "must have the form OLD=NEW, two addresses of IPv4 or IPv6";
	memcpy(from, value, size);
	from[size] = '\0';
	if (address_from_text(from, map->from) < 0 || address_from_text(middle + 1, map->to) < 0)
		return "must have the form OLD=NEW, two addresses of IPv4 or IPv6, without port";
	if (is_v4(map->from) != is_v4(map->to))
		return "one address is of IPv4, the other of IPv6";
	problem = find_problem(map->from);
	return problem ?: find_problem(map->to);
}

int parse_tcp_map(struct options *options, const struct option_row *row, const char *value)
{
	struct address_map_list *list = option_field(options, row);
	struct address_map map, *items;
	const char *problem = split(value, &map);

	for (size_t i = 0; i < list->nr && !problem; i++) {
		if (memcmp(list->items[i].from, map.from, sizeof(map.from)) != 0)
			continue;
		if (!memcmp(list->items[i].to, map.to, sizeof(map.to)))
			return 0;
		problem = "there is another map for this address already";
	}
	if (problem)
		return log_fail(-EINVAL, "--%s: '%s': %s", row->name, value, problem);
	map.text = options_own_text(options, value);
	items = map.text ? reallocarray(list->items, list->nr + 1, sizeof(*items)) : NULL;
	if (!items)
		return log_errno(ENOMEM, "--%s", row->name);
	items[list->nr++] = map;
	list->items = items;
	return 0;
}
