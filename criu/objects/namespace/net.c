// SPDX-License-Identifier: GPL-2.0-only
/* Network namespaces of the tree's own: loopback with its addresses and routes, and settings. Sockets in them are files.
 * Instead of being kept they can be given from outside, or left to scripts. */
#include "criu/objects/namespace/net.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "criu/kernel/probe-netlink.h"
#include "criu/objects/inherit.h"
#include "criu/objects/namespace/net-internal.h"
#include "criu/options/options.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

#define JOIN_NET "net:"

const char *net_describe(struct dump *dump, const struct namespace *namespace)
{
	return arena_printf(&dump->arena, "its network namespace 'net:[%lu]'", (unsigned long)namespace->inode);
}

/* --- dump --- */

/* What --external 'net[INODE]:KEY' calls it; NULL: nothing. */
static const char *find_key(const struct dump *dump, const struct namespace *namespace)
{
	const struct text_list *list = &dump->options->externals;
	char open[32];
	int length = snprintf(open, sizeof(open), "net[%lu]:", (unsigned long)namespace->inode);

	for (size_t i = 0; i < list->nr; i++)
		if (!strncmp(list->items[i], open, (size_t)length) && list->items[i][length])
			return list->items[i] + length;
	return NULL;
}

bool net_is_given(const struct dump *dump, const struct namespace *namespace)
{
	return dump->options->empty_ns || find_key(dump, namespace);
}

static int net_survey(struct dump *dump, struct namespace *namespace)
{
	_cleanup_close_ int netlink = -EBADF;
	int error;

	if (!namespace->own || net_is_given(dump, namespace))
		return 0;
	netlink = netlink_open(NETLINK_ROUTE);
	if (netlink < 0)
		return log_errno(netlink, "rtnetlink cannot be opened");
	error = net_link_survey(dump, namespace, netlink);
	if (!error)
		error = net_route_survey(dump, namespace, netlink);
	if (!error)
		error = net_other_survey(dump, namespace);
	if (error < 0 || dump->options->leave_running || dump->options->leave_stopped)
		return error;
	return net_mount_survey(dump, namespace);
}

static int net_dump(struct dump *dump, struct namespace *namespace)
{
	_cleanup_close_ int netlink = -EBADF;
	const char *key = find_key(dump, namespace);
	NetnsEntry external = NETNS_ENTRY__INIT;
	int error;

	if (!namespace->own || (dump->options->empty_ns && !key))
		return 0;
	external.ext_key = (char *)key;
	if (key)
		return net_settings_write(dump, namespace->id, &external);
	netlink = netlink_open(NETLINK_ROUTE);
	if (netlink < 0)
		return log_errno(netlink, "rtnetlink cannot be opened");
	error = net_settings_dump(dump, namespace->id);
	if (!error)
		error = net_link_dump(dump, namespace, netlink);
	if (!error)
		error = net_address_dump(dump, namespace, netlink);
	return error < 0 ? error : net_route_dump(dump, namespace, netlink);
}

/* --- restore --- */

/* What --join-ns says; NULL: nothing. */
static const char *find_join(const struct restore *restore)
{
	const struct text_list *list = &restore->options->join_namespaces;

	for (size_t i = 0; i < list->nr; i++)
		if (!strncmp(list->items[i], JOIN_NET, strlen(JOIN_NET)))
			return list->items[i] + strlen(JOIN_NET);
	return NULL;
}

static int load_contents(struct restore *restore, uint32_t id, struct net_contents *contents)
{
	int error = net_link_load(restore, id, &contents->loopback);

	if (!error)
		error = net_address_load(restore, id, &contents->lists[NET_ADDRESSES]);
	if (!error)
		error = net_route_load(restore, id, contents);
	return error < 0 ? error : net_other_load(restore, id);
}

static int net_load(struct restore *restore, struct namespace *namespace)
{
	struct net_contents *contents = arena_new(&restore->arena, struct net_contents);
	const char *key;
	int error;

	for (int list = 0; list < NET_LISTS; list++)
		STAILQ_INIT(&contents->lists[list]);
	namespace->object = contents;
	if (find_join(restore))
	namespace->own = namespace->given = true;
	if (namespace->given || !namespace->own || restore->options->empty_ns)
		return 0;
	error = net_settings_load(restore, namespace->id, &contents->settings);
	if (error < 0)
		return error;
	key = contents->settings->ext_key;
	namespace->given = key != NULL;
	if (key && !restore_is_inherited(restore, key))
		restore_refuse(restore, NULL,
			       "network namespace %u was left out of the dump (--external); give it by --inherit-fd "
			       "'fd[N]:%s', or another one by --join-ns net:FILE",
			       namespace->id, key);
	return key ? 0 : load_contents(restore, namespace->id, contents);
}

/* "1234" is a process, anything else a file. */
static int open_joined(const char *target)
{
	char path[64], *end;
	unsigned long pid = strtoul(target, &end, 10);
	int fd;

	snprintf(path, sizeof(path), "/proc/%lu/ns/net", pid);
	fd = open(*target && !*end ? path : target, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? log_errno(errno, "--join-ns net:%s: cannot be opened", target) : fd;
}

static int net_open(struct restore *restore, struct namespace *namespace, int *ret_fd)
{
	const struct net_contents *contents = namespace->object;
	const char *target = find_join(restore);
	int fd = target ? open_joined(target)
			: fcntl(restore_inherited_fd(restore, contents->settings->ext_key), F_DUPFD_CLOEXEC, 0);

	if (fd < 0)
		return target ? fd
			      : log_errno(errno, "network namespace '%s' cannot be used",
					  contents->settings->ext_key);
	*ret_fd = fd;
	return 0;
}

static int fill_loopback(struct restore *restore, const struct net_contents *contents, int netlink)
{
	const NetDeviceEntry *loopback = contents->loopback;
	int error = loopback ? net_link_set(netlink, loopback, false) : 0;

	if (!error)
		error = net_settings_set(restore, contents->settings, loopback);
	if (!error && loopback && loopback->flags & IFF_UP)
		error = net_link_set(netlink, loopback, true);
	if (!error)
		error = net_address_set(restore, netlink, &contents->lists[NET_ADDRESSES], AF_INET);
	if (!error)
		error = net_address_set(restore, netlink, &contents->lists[NET_ADDRESSES], AF_INET6);
	if (!error && loopback && loopback->flags & IFF_UP)
		error = net_address_wait(restore, netlink, &contents->lists[NET_ADDRESSES]);
	for (enum net_list list = NET_ROUTES; !error && list <= NET_ROUTES6; list++)
		error = net_route_set(restore, netlink, &contents->lists[list], list);
	return error;
}

static int net_fill(struct restore *restore, struct namespace *namespace)
{
	const struct net_contents *contents = namespace->object;
	_cleanup_close_ int netlink = -EBADF;

	if (!namespace->own || namespace->given || !contents->settings)
		return 0;
	netlink = netlink_open(NETLINK_ROUTE);
	if (netlink < 0)
		return log_errno(netlink, "rtnetlink cannot be opened");
	return fill_loopback(restore, contents, netlink);
}

const struct namespace_kind net_kind = {
	.name = "net",
	.type = NAMESPACE_NET,
	.shared_too = true, /* --join-ns */
	.survey = net_survey,
	.dump = net_dump,
	.load = net_load,
	.open = net_open,
	.fill = net_fill,
};
