// SPDX-License-Identifier: GPL-2.0-only
/* Beginning a datagram anew: all of it in one call, to where and from where it was. */
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "criu/model/restore.h"
#include "criu/objects/socket/cork-internal.h"
#include "criu/objects/socket/cork.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#define DATA_MAX 65535
#define ATTEMPTS 3

/* --- control messages --- */

struct control {
	union {
		struct cmsghdr head;
		char bytes[256];
	};
	size_t size;
};

static void add(struct control *control, int level, int type, const void *data, size_t size)
{
	struct cmsghdr *head = (struct cmsghdr *)(void *)(control->bytes + control->size);

	head->cmsg_level = level;
	head->cmsg_type = type;
	head->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(head), data, size);
	control->size += CMSG_SPACE(size);
}

static void add_number(struct control *control, int level, int type, int number)
{
	add(control, level, type, &number, sizeof(number));
}

static void fill_control(const struct cork *cork, struct control *control)
{
	struct in_pktinfo from4 = { 0 };
	struct in6_pktinfo from6 = { 0 };

	memcpy(&from4.ipi_spec_dst, cork->from, sizeof(from4.ipi_spec_dst));
	memcpy(&from6.ipi6_addr, cork->from, sizeof(from6.ipi6_addr));
	if (cork->v6) {
		from6.ipi6_ifindex = cork->to.v6.sin6_scope_id;
		add(control, IPPROTO_IPV6, IPV6_PKTINFO, &from6, sizeof(from6));
	} else {
		add(control, IPPROTO_IP, IP_PKTINFO, &from4, sizeof(from4));
	}
	if (cork->ttl >= 0)
		add_number(control, cork->v6 ? IPPROTO_IPV6 : IPPROTO_IP, cork->v6 ? IPV6_HOPLIMIT : IP_TTL,
			   cork->ttl);
	if (cork->tos >= 0)
		add_number(control, cork->v6 ? IPPROTO_IPV6 : IPPROTO_IP, cork->v6 ? IPV6_TCLASS : IP_TOS,
			   cork->tos);
	if (cork->has_mark)
		add_number(control, SOL_SOCKET, SO_MARK, (int)cork->mark);
}

/* --- sending --- */

static union inet_address address_for(int family, const struct cork *cork)
{
	union inet_address to = { .v6 = { .sin6_family = AF_INET6 } };

	if (cork->v6 || family == AF_INET)
		return cork->to;
	to.v6.sin6_port = cork->to.v4.sin_port;
	to.v6.sin6_addr.s6_addr[10] = to.v6.sin6_addr.s6_addr[11] = 0xff;
	memcpy(to.v6.sin6_addr.s6_addr + 12, &cork->to.v4.sin_addr, 4);
	return to;
}

/* An error that came by ICMP is told before anything is done. */
int cork_begin(int socket, int family, const struct cork *cork)
{
	union inet_address to = address_for(family, cork);
	struct control control = { .size = 0 };
	struct iovec part = { (void *)cork->data, cork->size };
	struct msghdr head = {
		.msg_name = &to,
		.msg_namelen = inet_address_size(&to),
		.msg_iov = &part,
		.msg_iovlen = 1,
	};
	int ret = -EINVAL;

	memset(control.bytes, 0, sizeof(control.bytes));
	fill_control(cork, &control);
	head.msg_control = control.bytes;
	head.msg_controllen = control.size;
	for (int i = 0; i < ATTEMPTS && ret < 0; i++)
		ret = sendmsg(socket, &head, MSG_MORE | MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
	return ret;
}

/* --- restore --- */

static bool is_number(bool has, uint32_t number)
{
	return !has || number <= 255;
}

bool cork_is_proper(const InetSkEntry *record)
{
	const InetCorkEntry *entry = record->cork;

	if (!entry)
		return true;
	return (entry->to.len == 4 || (entry->to.len == 16 && record->family == AF_INET6)) &&
	       entry->from.len == entry->to.len && entry->to_port <= UINT16_MAX && entry->data.len <= DATA_MAX &&
	       is_number(entry->has_ttl, entry->ttl) && is_number(entry->has_tos, entry->tos) &&
	       !(record->has_shutdown && record->shutdown & SK_SHUTDOWN__WRITE) &&
	       (!entry->device || (*entry->device && strlen(entry->device) < IF_NAMESIZE));
}

/* In the network namespace of the socket, which may be another one than ours. */
static unsigned int find_scope(const InetCorkEntry *entry, int fd)
{
	struct ifreq device = { .ifr_ifindex = 0 };

	if (!entry->device)
		return 0;
	strcpy(device.ifr_name, entry->device);
	return ioctl(fd, SIOCGIFINDEX, &device) < 0 ? 0 : (unsigned int)device.ifr_ifindex;
}

static void load(const InetCorkEntry *entry, unsigned int scope, struct cork *ret)
{
	in_port_t port = htons((uint16_t)entry->to_port);

	*ret = (struct cork){
		.v6 = entry->to.len == 16,
		.ttl = entry->has_ttl ? (int)entry->ttl : -1,
		.tos = entry->has_tos ? (int)entry->tos : -1,
		.has_mark = entry->has_mark,
		.mark = entry->mark,
		.data = entry->data.data,
		.size = entry->data.len,
	};
	memcpy(ret->from, entry->from.data, entry->from.len);
	if (ret->v6) {
		ret->to.v6.sin6_family = AF_INET6;
		ret->to.v6.sin6_port = port;
		ret->to.v6.sin6_scope_id = scope;
		memcpy(&ret->to.v6.sin6_addr, entry->to.data, entry->to.len);
	} else {
		ret->to.v4.sin_family = AF_INET;
		ret->to.v4.sin_port = port;
		memcpy(&ret->to.v4.sin_addr, entry->to.data, entry->to.len);
	}
}

int cork_set(const struct file *file, const struct inet_socket *inet, int fd)
{
	char text[INET_TEXT_SIZE];
	struct cork cork;
	int ret;

	if (!inet->record->cork)
		return 0;
	load(inet->record->cork, find_scope(inet->record->cork, fd), &cork);
	ret = cork_begin(fd, inet->info.family, &cork);
	return ret < 0 ? log_errno(ret, "file %u: socket: the datagram to %s that it held back, not complete, cannot be begun anew",
				   file->id, inet_format(&cork.to, text))
		       : 0;
}
