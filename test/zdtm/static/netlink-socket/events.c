// SPDX-License-Identifier: GPL-2.0-only
/* Netlink sockets of services: the audit socket that dbus-daemon opens, one for events of devices with the group of the
 * kernel and that of udev, which gets an event after the restore, netfilter and generic ones, a filter.
 *
 * kinds: netlink_socket
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int option(int fd, int level, int name)
{
	int value = -1;
	socklen_t size = sizeof(value);

	must(getsockopt(fd, level, name, &value, &size));
	return value;
}

static uint32_t groups_of(int fd)
{
	struct sockaddr_nl name = { 0 };
	socklen_t size = sizeof(name);

	must(getsockname(fd, (struct sockaddr *)&name, &size));
	return name.nl_groups;
}

static int make(int type, int protocol, uint32_t groups)
{
	struct sockaddr_nl name = { .nl_family = AF_NETLINK, .nl_groups = groups };
	int fd = socket(AF_NETLINK, type | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		skip("this kernel has no netlink protocol %d", protocol);
	must(bind(fd, (struct sockaddr *)&name, sizeof(name)));
	return fd;
}

/* To its own port: the kernel lets only those of root through, as a unicast. */
static void send_event(int from, int to)
{
	struct sockaddr_nl name = { 0 };
	socklen_t size = sizeof(name);

	must(getsockname(to, (struct sockaddr *)&name, &size));
	must(sendto(from, "add@/devices/x", 15, 0, (struct sockaddr *)&name, sizeof(name)));
}

int main(int argc, char **argv)
{
	struct sock_filter code[] = { BPF_STMT(BPF_RET | BPF_K, 4) };
	struct sock_fprog program = { .len = 1, .filter = code };
	int audit, events, filtered, netfilter, on = 1;
	char bytes[100];

	test_init(argc, argv);
	audit = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);
	if (audit < 0)
		audit = must(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)); /* not in this kernel */
	must(fcntl(audit, F_SETFL, O_NONBLOCK));
	events = make(SOCK_RAW, NETLINK_KOBJECT_UEVENT, 3);
	must(setsockopt(events, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)));
	filtered = make(SOCK_DGRAM, NETLINK_KOBJECT_UEVENT, 0);
	must(setsockopt(filtered, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)));
	netfilter = make(SOCK_RAW, NETLINK_NETFILTER, 0);
	test_ready();
	test_wait();
	check(fcntl(audit, F_GETFL) & O_NONBLOCK, "flags of the audit socket");
	check(option(audit, SOL_SOCKET, SO_DOMAIN) == AF_NETLINK, "audit socket");
	check(groups_of(events) == 3, "groups %x", groups_of(events));
	check(option(events, SOL_SOCKET, SO_PASSCRED) == 1, "SO_PASSCRED");
	check(option(filtered, SOL_SOCKET, SO_TYPE) == SOCK_DGRAM && groups_of(filtered) == 0, "the filtered one");
	check(option(netfilter, SOL_SOCKET, SO_PROTOCOL) == NETLINK_NETFILTER, "protocol");
	send_event(filtered, events);
	check(recv(events, bytes, sizeof(bytes), 0) == 15 && strcmp(bytes, "add@/devices/x") == 0, "no event");
	send_event(events, filtered);
	check(recv(filtered, bytes, sizeof(bytes), 0) == 4, "its filter");
	pass();
}
