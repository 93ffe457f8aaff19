/* SPDX-License-Identifier: GPL-2.0-only */
/* The packet log of netfilter (nfnetlink_log): packets that a rule sends to a group come to a netlink socket. */
#ifndef CRIU_KERNEL_PACKET_LOG_H
#define CRIU_KERNEL_PACKET_LOG_H

#include <stdint.h>

/* Longer packets lose their end (NFULNL_COPY_RANGE_MAX in net/netfilter/nfnetlink_log.c). */
#define PACKET_LOG_MAX (0xffff - 4)

struct logged_packet {
	uint32_t size, mark, device;  /* the device that it would leave by */
	uint8_t data[PACKET_LOG_MAX]; /* from the header of IP on */
};

/* Makes @netlink, a socket of NETLINK_NETFILTER, the reader of a group that nobody else reads: at once, and whole packets.
 * -errno. */
int packet_log_bind(int netlink, uint16_t *ret_group);
/* 1: a packet; 0: there is none. -errno. */
int packet_log_read(int netlink, struct logged_packet *ret_packet);

#endif
