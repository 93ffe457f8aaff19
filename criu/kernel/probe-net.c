// SPDX-License-Identifier: GPL-2.0-only
/* Probes of network configuration: lists of sockets, namespace ids, devices, packet filters. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/inet_diag.h>
#include <linux/net_namespace.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <linux/unix_diag.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "criu/kernel/abi.h"
#include "criu/kernel/probe-netlink.h"
#include "criu/kernel/probe.h"
#include "criu/util/cleanup.h"
#include "criu/util/macros.h"

#ifndef NFT_TABLE_F_OWNER
#define NFT_TABLE_F_OWNER 2
#endif

/* index that no device has by chance */
#define CHOSEN_INDEX 0x7654
#define DEVICE "probe0"

static int open_own_namespace(void)
{
	int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int answer(int ret)
{
	if (ret >= 0)
		return 1;
	errno = -ret;
	return probe_result(-1);
}

/* Asks for a list of sockets; a list without entries is an answer too. */
static int ask_diag(const void *request, size_t size)
{
	_cleanup_close_ int fd = netlink_open(NETLINK_SOCK_DIAG);
	struct netlink_buffer buffer = { 0 };

	if (fd < 0)
		return answer(fd);
	netlink_begin(&buffer, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, request, size);
	return answer(netlink_ask(fd, &buffer));
}

int probe_sock_diag(struct kernel *kernel)
{
	struct unix_diag_req request = { .sdiag_family = AF_UNIX, .udiag_states = ~0U, .udiag_show = UDIAG_SHOW_NAME };

	return ask_diag(&request, sizeof(request));
}

int probe_net_diag_raw(struct kernel *kernel)
{
	struct inet_diag_req_v2 request = { .sdiag_family = AF_INET,
					    .sdiag_protocol = IPPROTO_RAW,
					    .idiag_states = ~0U };

	return ask_diag(&request, sizeof(request));
}

int probe_nsid(struct kernel *kernel)
{
	_cleanup_close_ int fd = netlink_open(NETLINK_ROUTE), ns = open_own_namespace();
	struct rtgenmsg header = { .rtgen_family = AF_UNSPEC };
	struct netlink_buffer buffer = { 0 };
	int ret;

	if (fd < 0 || ns < 0)
		return fd < 0 ? fd : ns;
	netlink_begin(&buffer, RTM_GETNSID, 0, &header, sizeof(header));
	netlink_put_u32(&buffer, NETNSA_FD, (uint32_t)ns);
	ret = netlink_ask(fd, &buffer);
	return ret < 0 ? answer(ret) : netlink_find(&buffer, sizeof(header), NETNSA_NSID) != NULL;
}

/* Gives the namespace an id in itself, then asks for its loopback device by that id. A kernel that knows the
 * attribute repeats it. */
static int try_link_nsid(void *context)
{
	struct ifinfomsg link = { .ifi_family = AF_UNSPEC, .ifi_index = 1 };
	struct rtgenmsg header = { .rtgen_family = AF_UNSPEC };
	_cleanup_close_ int fd = -EBADF, ns = -EBADF;
	struct netlink_buffer buffer = { 0 };
	int ret;

	if (unshare(CLONE_NEWNET) < 0)
		return -errno;
	fd = netlink_open(NETLINK_ROUTE);
	ns = open_own_namespace();
	if (fd < 0 || ns < 0)
		return fd < 0 ? fd : ns;
	netlink_begin(&buffer, RTM_NEWNSID, NLM_F_ACK, &header, sizeof(header));
	netlink_put_u32(&buffer, NETNSA_FD, (uint32_t)ns);
	netlink_put_u32(&buffer, NETNSA_NSID, 5);
	ret = netlink_ask(fd, &buffer);
	if (ret < 0)
		return answer(ret);
	buffer.size = 0;
	netlink_begin(&buffer, RTM_GETLINK, 0, &link, sizeof(link));
	netlink_put_u32(&buffer, IFLA_TARGET_NETNSID, 5);
	ret = netlink_ask(fd, &buffer);
	return ret < 0 ? answer(ret) : netlink_find(&buffer, sizeof(link), IFLA_TARGET_NETNSID) != NULL;
}

int probe_link_nsid(struct kernel *kernel)
{
	return probe_in_child(try_link_nsid, NULL);
}

/* A tun device in the present namespace, which lives as long as the descriptor. */
static int open_tun(void)
{
	_cleanup_close_ int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	struct ifreq request = { .ifr_name = DEVICE, .ifr_flags = IFF_TUN | IFF_NO_PI };

	if (fd < 0 || ioctl(fd, TUNSETIFF, &request) < 0)
		return -errno;
	return steal_fd(&fd);
}

static int try_tun(void *context)
{
	struct ifreq request = { 0 };
	_cleanup_close_ int fd = -EBADF;

	if (unshare(CLONE_NEWNET) < 0)
		return -errno;
	fd = open_tun();
	return fd < 0 ? answer(fd) : probe_result(ioctl(fd, TUNGETIFF, &request));
}

int probe_tun(struct kernel *kernel)
{
	int ret = probe_in_child(try_tun, NULL);

	return ret == -ENXIO ? 0 : ret;
}

static int try_tun_ns(void *context)
{
	_cleanup_close_ int fd = -EBADF, ns = -EBADF;

	if (unshare(CLONE_NEWNET) < 0)
		return -errno;
	fd = open_tun();
	if (fd < 0)
		return answer(fd);
	ns = ioctl(fd, SIOCGSKNS);
	return probe_result(ns);
}

int probe_tun_ns(struct kernel *kernel)
{
	return probe_in_child(try_tun_ns, NULL);
}

/* A device that may be moved to another namespace: of whichever kind this kernel has. */
static int make_device(int fd)
{
	static const char *const kinds[] = { "dummy", "veth", "bridge", "ifb" };
	int ret = -EOPNOTSUPP;

	for (size_t i = 0; ret == -EOPNOTSUPP && i < ARRAY_SIZE(kinds); i++) {
		struct ifinfomsg link = { .ifi_family = AF_UNSPEC };
		struct netlink_buffer buffer = { 0 };
		size_t nest;

		netlink_begin(&buffer, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, &link, sizeof(link));
		netlink_put_string(&buffer, IFLA_IFNAME, DEVICE);
		nest = netlink_nest(&buffer, IFLA_LINKINFO);
		netlink_put_string(&buffer, IFLA_INFO_KIND, kinds[i]);
		netlink_end_nest(&buffer, nest);
		ret = netlink_ask(fd, &buffer);
	}
	return ret;
}

static int move_device(int fd, int ns)
{
	struct ifinfomsg link = { .ifi_family = AF_UNSPEC };
	struct netlink_buffer buffer = { 0 };

	netlink_begin(&buffer, RTM_NEWLINK, NLM_F_ACK, &link, sizeof(link));
	netlink_put_string(&buffer, IFLA_IFNAME, DEVICE);
	netlink_put_u32(&buffer, IFLA_NET_NS_FD, (uint32_t)ns);
	netlink_put_u32(&buffer, ABI_IFLA_NEW_IFINDEX, CHOSEN_INDEX);
	return netlink_ask(fd, &buffer);
}

/* From one new namespace to another. A kernel that does not know the attribute refuses or chooses itself. */
static int try_newifindex(void *context)
{
	struct ifreq request = { .ifr_name = DEVICE };
	_cleanup_close_ int fd = -EBADF, ns = -EBADF, udp = -EBADF;
	int ret;

	if (unshare(CLONE_NEWNET) < 0)
		return -errno;
	fd = netlink_open(NETLINK_ROUTE);
	ret = fd < 0 ? fd : make_device(fd);
	if (ret < 0)
		return ret;
	if (unshare(CLONE_NEWNET) < 0)
		return -errno;
	ns = open_own_namespace();
	ret = ns < 0 ? ns : move_device(fd, ns);
	if (ret < 0)
		return answer(ret);
	udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (udp < 0 || ioctl(udp, SIOCGIFINDEX, &request) < 0)
		return -errno;
	return request.ifr_ifindex == CHOSEN_INDEX;
}

int probe_newifindex(struct kernel *kernel)
{
	return probe_in_child(try_newifindex, NULL);
}

static uint16_t nft_type(uint16_t message)
{
	return (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | message);
}

int probe_nftables(struct kernel *kernel)
{
	_cleanup_close_ int fd = netlink_open(NETLINK_NETFILTER);
	struct nfgenmsg header = { .nfgen_family = AF_UNSPEC };
	struct netlink_buffer buffer = { 0 };

	if (fd < 0)
		return answer(fd);
	netlink_begin(&buffer, nft_type(NFT_MSG_GETGEN), 0, &header, sizeof(header));
	return answer(netlink_ask(fd, &buffer));
}

static void begin_nft(struct netlink_buffer *buffer, uint16_t message, uint16_t flags)
{
	struct nfgenmsg header = { .nfgen_family = NFPROTO_INET };

	netlink_begin(buffer, nft_type(message), flags, &header, sizeof(header));
}

/* The marks between which nf_tables takes messages as one transaction. */
static void put_nft_mark(struct netlink_buffer *buffer, uint16_t type)
{
	struct nfgenmsg header = { .nfgen_family = AF_UNSPEC, .res_id = htons(NFNL_SUBSYS_NFTABLES) };

	netlink_begin(buffer, type, 0, &header, sizeof(header));
}

static void put_nft_table(struct netlink_buffer *buffer, uint32_t flags, bool acknowledge)
{
	begin_nft(buffer, NFT_MSG_NEWTABLE, acknowledge ? NLM_F_CREATE | NLM_F_ACK : NLM_F_CREATE);
	netlink_put_string(buffer, NFTA_TABLE_NAME, "probe");
	netlink_put_u32(buffer, NFTA_TABLE_FLAGS, htonl(flags));
}

/* Keys of address, port, address, port: 4 bytes each, since each part fills a register. */
static void put_nft_set(struct netlink_buffer *buffer)
{
	begin_nft(buffer, NFT_MSG_NEWSET, NLM_F_CREATE | NLM_F_ACK);
	netlink_put_string(buffer, NFTA_SET_TABLE, "probe");
	netlink_put_string(buffer, NFTA_SET_NAME, "connections");
	netlink_put_u32(buffer, NFTA_SET_ID, htonl(1));
	netlink_put_u32(buffer, NFTA_SET_KEY_TYPE, htonl(0x1347)); /* for nft(8) only: the kernel keeps it */
	netlink_put_u32(buffer, NFTA_SET_KEY_LEN, htonl(16));
}

/* One transaction in a new namespace; it is answered by the first error or by an acknowledgement. */
static int try_nft(void *context)
{
	const uint32_t *table_flags = context;
	struct netlink_buffer buffer = { 0 };
	_cleanup_close_ int fd = -EBADF;

	if (unshare(CLONE_NEWNET) < 0)
		return -errno;
	fd = netlink_open(NETLINK_NETFILTER);
	if (fd < 0)
		return answer(fd);
	put_nft_mark(&buffer, NFNL_MSG_BATCH_BEGIN);
	put_nft_table(&buffer, *table_flags, *table_flags != 0);
	if (!*table_flags)
		put_nft_set(&buffer);
	put_nft_mark(&buffer, NFNL_MSG_BATCH_END);
	return answer(netlink_ask(fd, &buffer));
}

int probe_network_lock_nftables(struct kernel *kernel)
{
	uint32_t table_flags = 0;

	return probe_in_child(try_nft, &table_flags);
}

int probe_nft_table_owner(struct kernel *kernel)
{
	uint32_t table_flags = NFT_TABLE_F_OWNER;

	return probe_in_child(try_nft, &table_flags);
}

/* Asking creates the table, therefore in a new namespace. */
static int try_ipt_legacy(void *context)
{
	struct ipt_getinfo info = { .name = "filter" };
	socklen_t size = sizeof(info);
	_cleanup_close_ int fd = -EBADF;

	if (unshare(CLONE_NEWNET) < 0)
		return -errno;
	fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (fd < 0)
		return -errno;
	return probe_result(getsockopt(fd, IPPROTO_IP, IPT_SO_GET_INFO, &info, &size));
}

int probe_has_ipt_legacy(struct kernel *kernel)
{
	return probe_in_child(try_ipt_legacy, NULL);
}
