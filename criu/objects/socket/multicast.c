// SPDX-License-Identifier: GPL-2.0-only
/* Multicast groups that a socket is a member of, their sources, and devices that it sends by.
 *
 * The kernel lists the groups of a device (/proc/net/igmp, /proc/net/igmp6), not those of a socket; but whoever asks a
 * socket for the sources of a group on a device (MCAST_MSFILTER) learns whether it is a member. So each socket is asked
 * for each group that its network namespace has. */
#include "criu/objects/socket/multicast.h"

#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "criu/objects/kinds.h"
#include "criu/objects/socket/socket-namespace.h"
#include "criu/objects/socket/socket.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#ifndef IP_UNICAST_IF
#define IP_UNICAST_IF 50
#endif
#ifndef IPV6_UNICAST_IF
#define IPV6_UNICAST_IF 76
#endif
#define SOURCES_MAX 65536

static const char groups_key;

struct group {
	unsigned int device;
	char name[IF_NAMESIZE];
	union inet_address address;
};

struct groups {
	struct group *all;
	size_t nr, room;
};

/* --- groups of the namespace --- */

static struct group *add_group(struct arena *arena, struct groups *groups, unsigned int device, const char *name)
{
	struct group *group;

	if (groups->nr == groups->room) {
		size_t room = 2 * groups->room + 16;
		struct group *larger = arena_array(arena, struct group, room);

		if (groups->nr)
			memcpy(larger, groups->all, groups->nr * sizeof(*larger));
		groups->all = larger;
		groups->room = room;
	}
	group = &groups->all[groups->nr++];
	memset(group, 0, sizeof(*group));
	group->device = device;
	memcpy(group->name, name, MIN(strlen(name), sizeof(group->name) - 1));
	return group;
}

/* "2	eth0      :     2      V3", and below it "				010000E0     1 0:00000000		0" */
static void read_v4(struct arena *arena, struct groups *groups, FILE *file)
{
	char line[256], name[64] = "";
	unsigned int device = 0, address;

	while (fgets(line, sizeof(line), file)) {
		if (line[0] != '\t' && sscanf(line, "%u %63[^ \t:]", &device, name) == 2)
			continue;
		if (line[0] == '\t' && device && sscanf(line, " %8x", &address) == 1) {
			struct group *group = add_group(arena, groups, device, name);

			group->address.v4.sin_family = AF_INET;
			group->address.v4.sin_addr.s_addr = address;
		}
	}
}

static bool parse_v6(const char *text, struct in6_addr *ret)
{
	for (size_t i = 0; i < sizeof(ret->s6_addr); i++)
		if (sscanf(text + 2 * i, "%2hhx", &ret->s6_addr[i]) != 1)
			return false;
	return true;
}

/* "1    lo              ff020000000000000000000000000001     1 0000000C 0" */
static void read_v6(struct arena *arena, struct groups *groups, FILE *file)
{
	char line[256], name[64], text[33];
	unsigned int device;
	struct in6_addr address;

	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%u %63s %32[0-9a-f]", &device, name, text) == 3 && strlen(text) == 32 &&
		    parse_v6(text, &address)) {
			struct group *group = add_group(arena, groups, device, name);

			group->address.v6.sin6_family = AF_INET6;
			group->address.v6.sin6_addr = address;
		}
}

static const struct groups *groups_here(struct dump *dump, uint64_t net_ns)
{
	bool is_new;
	struct groups *groups = kind_state_get(&dump->kind_state, &dump->arena, &groups_key, net_ns,
					       sizeof(*groups), &is_new);
	FILE *file;

	if (!is_new)
		return groups;
	file = fopen("/proc/thread-self/net/igmp", "re");
	if (file) {
		read_v4(&dump->arena, groups, file);
		fclose(file);
	}
	file = fopen("/proc/thread-self/net/igmp6", "re");
	if (file) {
		read_v6(&dump->arena, groups, file);
		fclose(file);
	}
	return groups;
}

/* --- one --- */

static int level_of(const union inet_address *address)
{
	return address->any.sa_family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP;
}

/* The number of sources, with as many of them as there is room for in @filter. */
static int read_filter(int socket, const struct group *group, struct group_filter *filter, size_t room)
{
	socklen_t size = (socklen_t)GROUP_FILTER_SIZE(room);

	filter->gf_interface = group->device;
	memcpy(&filter->gf_group, &group->address, sizeof(group->address));
	filter->gf_numsrc = (uint32_t)room;
	return getsockopt(socket, level_of(&group->address), MCAST_MSFILTER, filter, &size) < 0
		       ? -errno
		       : (int)filter->gf_numsrc;
}

static void copy_address(struct arena *arena, const union inet_address *address, ProtobufCBinaryData *ret)
{
	bool v6 = address->any.sa_family == AF_INET6;

	ret->len = v6 ? sizeof(address->v6.sin6_addr) : sizeof(address->v4.sin_addr);
	ret->data = arena_copy(arena,
			       v6 ? (const void *)&address->v6.sin6_addr : (const void *)&address->v4.sin_addr,
			       ret->len);
}

static InetMembershipEntry *store(struct arena *arena, const struct group *group, const struct group_filter *filter)
{
	InetMembershipEntry *entry = arena_new(arena, InetMembershipEntry);

	inet_membership_entry__init(entry);
	copy_address(arena, &group->address, &entry->group);
	entry->device = arena_strdup(arena, group->name);
	entry->has_include = entry->include = filter->gf_fmode == MCAST_INCLUDE;
	entry->sources = arena_array(arena, ProtobufCBinaryData, filter->gf_numsrc + 1);
	for (size_t i = 0; i < filter->gf_numsrc; i++) {
		union inet_address source;

		memcpy(&source, &filter->gf_slist[i], sizeof(source));
		copy_address(arena, &source, &entry->sources[entry->n_sources++]);
	}
	return entry;
}

/* NULL: no member. */
static int dump_group(struct arena *arena, int socket, const struct group *group, InetMembershipEntry **ret_entry)
{
	struct group_filter first = { 0 }, *filter;
	int nr = read_filter(socket, group, &first, 0), ret;

	*ret_entry = NULL;
	if (nr < 0) /* what no member is told differs by family; IPv4 has no options of IPv6 */
		return nr == -EADDRNOTAVAIL || nr == -EINVAL || nr == -ENODEV || nr == -ENOPROTOOPT || nr == -EOPNOTSUPP
			       ? 0
			       : nr;
	filter = calloc(1, GROUP_FILTER_SIZE((size_t)nr));
	if (!filter)
		return -ENOMEM;
	ret = read_filter(socket, group, filter, (size_t)nr);
	if (ret >= 0)
		*ret_entry = store(arena, group, filter);
	free(filter);
	return MIN(ret, 0);
}

/* --- devices --- */

static const struct device_option {
	int level, option;
	bool swapped; /* in network order */
	size_t field;
} device_options[] = {
	{ IPPROTO_IP, IP_UNICAST_IF, true, offsetof(InetSkEntry, unicast_device) },
	{ IPPROTO_IPV6, IPV6_UNICAST_IF, true, offsetof(InetSkEntry, unicast_device6) },
	{ IPPROTO_IPV6, IPV6_MULTICAST_IF, false, offsetof(InetSkEntry, multicast_device6) },
};

static char **field_of(InetSkEntry *record, const struct device_option *option)
{
	return (char **)((char *)record + option->field);
}

static int dump_device(struct arena *arena, int socket, const struct device_option *option, InetSkEntry *record)
{
	char name[IF_NAMESIZE];
	uint32_t index = 0;
	socklen_t size = sizeof(index);

	if (getsockopt(socket, option->level, option->option, &index, &size) < 0 || !index)
		return 0;
	if (!if_indextoname(option->swapped ? ntohl(index) : index, name))
		return -errno;
	*field_of(record, option) = arena_strdup(arena, name);
	return 0;
}

static int dump_all(struct dump *dump, uint64_t net_ns, int socket, InetSkEntry *record)
{
	const struct groups *groups = groups_here(dump, net_ns);
	int ret = 0;

	record->memberships = arena_array(&dump->arena, InetMembershipEntry *, groups->nr + 1);
	for (size_t i = 0; i < groups->nr && ret == 0; i++) {
		InetMembershipEntry *entry;

		ret = dump_group(&dump->arena, socket, &groups->all[i], &entry);
		if (entry)
			record->memberships[record->n_memberships++] = entry;
	}
	for (size_t i = 0; i < ARRAY_SIZE(device_options) && ret == 0; i++)
		ret = dump_device(&dump->arena, socket, &device_options[i], record);
	return ret;
}

int multicast_dump(struct dump *dump, const struct fd_info *fd, int socket, InetSkEntry *record)
{
	int ret = dump_all(dump, fd->socket->net_ns, socket, record);

	return ret < 0 ? log_errno(ret, "task %d: %s: its multicast groups cannot be read", fd->task->pid,
				   fd_describe(dump, fd))
		       : 0;
}

/* --- restore --- */

static bool is_proper(const InetMembershipEntry *entry)
{
	if ((entry->group.len != 4 && entry->group.len != 16) || !*entry->device ||
	    strlen(entry->device) >= IF_NAMESIZE || entry->n_sources > SOURCES_MAX)
		return false;
	for (size_t i = 0; i < entry->n_sources; i++)
		if (entry->sources[i].len != entry->group.len)
			return false;
	return true;
}

/* In a namespace of the tree's own the device may be still to come. */
static void check_device(struct restore *restore, const struct file *file, const char *device)
{
	const InetSkEntry *record = file->record->isk;

	if (device && !socket_own_namespace(restore, record->has_ns_id, record->ns_id) && !if_nametoindex(device))
		restore_refuse(restore, NULL, "file %u: socket: device '%s', which it uses, is not here",
			       file->id, device);
}

int multicast_load(struct restore *restore, const struct file *file, const InetSkEntry *record)
{
	for (size_t i = 0; i < record->n_memberships; i++) {
		if (!is_proper(record->memberships[i]))
			return log_fail(-EBADMSG, "file %u: socket: no proper multicast group", file->id);
		check_device(restore, file, record->memberships[i]->device);
	}
	for (size_t i = 0; i < ARRAY_SIZE(device_options); i++)
		check_device(restore, file, *field_of(file->record->isk, &device_options[i]));
	return 0;
}

static void fill_address(const ProtobufCBinaryData *bytes, struct sockaddr_storage *ret)
{
	union inet_address address = { .any.sa_family = bytes->len == 16 ? AF_INET6 : AF_INET };

	if (bytes->len == 16)
		memcpy(&address.v6.sin6_addr, bytes->data, bytes->len);
	else
		memcpy(&address.v4.sin_addr, bytes->data, bytes->len);
	memset(ret, 0, sizeof(*ret));
	memcpy(ret, &address, sizeof(address));
}

static int set_sources(int fd, int level, const InetMembershipEntry *entry, unsigned int device)
{
	size_t size = GROUP_FILTER_SIZE(entry->n_sources);
	struct group_filter *filter = calloc(1, size);
	int ret;

	if (!filter)
		return -ENOMEM;
	filter->gf_interface = device;
	fill_address(&entry->group, &filter->gf_group);
	filter->gf_fmode = entry->has_include && entry->include ? MCAST_INCLUDE : MCAST_EXCLUDE;
	filter->gf_numsrc = (uint32_t)entry->n_sources;
	for (size_t i = 0; i < entry->n_sources; i++)
		fill_address(&entry->sources[i], &filter->gf_slist[i]);
	ret = setsockopt(fd, level, MCAST_MSFILTER, filter, (socklen_t)size) < 0 ? -errno : 0;
	free(filter);
	return ret;
}

static int join(int fd, const InetMembershipEntry *entry)
{
	int level = entry->group.len == 16 ? IPPROTO_IPV6 : IPPROTO_IP;
	struct group_req request = { .gr_interface = if_nametoindex(entry->device) };

	if (!request.gr_interface)
		return -ENODEV;
	fill_address(&entry->group, &request.gr_group);
	if (setsockopt(fd, level, MCAST_JOIN_GROUP, &request, sizeof(request)) < 0)
		return -errno;
	if (!entry->n_sources && !(entry->has_include && entry->include))
		return 0;
	return set_sources(fd, level, entry, request.gr_interface);
}

static int set_device(int fd, const struct device_option *option, const char *name)
{
	uint32_t index = name ? if_nametoindex(name) : 0;

	if (!name)
		return 0;
	if (!index)
		return -ENODEV;
	index = option->swapped ? htonl(index) : index;
	return setsockopt(fd, option->level, option->option, &index, sizeof(index)) < 0 ? -errno : 0;
}

int multicast_set(const struct file *file, const InetSkEntry *record, int fd)
{
	int ret = 0;

	for (size_t i = 0; i < record->n_memberships && ret == 0; i++) {
		ret = join(fd, record->memberships[i]);
		if (ret < 0)
			return log_errno(ret, "file %u: socket: it cannot join a multicast group on device '%s'",
					 file->id, record->memberships[i]->device);
	}
	for (size_t i = 0; i < ARRAY_SIZE(device_options) && ret == 0; i++)
		ret = set_device(fd, &device_options[i], *field_of(file->record->isk, &device_options[i]));
	return ret < 0 ? log_errno(ret, "file %u: socket: the device it sends by cannot be set", file->id) : 0;
}
