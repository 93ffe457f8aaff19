/* SPDX-License-Identifier: GPL-2.0-only */
/* rtnetlink(7) for tests: changes loopback, and says in words how a network namespace is. */
#ifndef ZDTM_LIB_RTNETLINK_H
#define ZDTM_LIB_RTNETLINK_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RTNETLINK_TEXT 16384

struct rtnetlink_request {
	struct nlmsghdr head;
	char body[512];
};

int rtnetlink_open(void);
void rtnetlink_close(int netlink);
struct rtnetlink_request rtnetlink_begin(uint16_t type, uint16_t flags, const void *head, size_t size);
void rtnetlink_put(struct rtnetlink_request *request, uint16_t type, const void *value, size_t size);
int rtnetlink_try(int netlink, const struct rtnetlink_request *request);
/* Fails the test unless the kernel agrees. */
void rtnetlink_do(int netlink, const struct rtnetlink_request *request);

/* Loopback. @mtu 0: as it is. */
void rtnetlink_set_link(int netlink, bool up, uint32_t mtu);
/* Loopback gets an address; @seconds that it is valid, 0: for ever. */
void rtnetlink_add_address(int netlink, const char *text, uint8_t prefix, uint8_t scope, uint32_t flags,
			   uint32_t seconds);
void rtnetlink_remove_address(int netlink, const char *text, uint8_t prefix);
/* @type RTN_*; those of type RTN_LOCAL and RTN_UNICAST lead to loopback. */
void rtnetlink_add_route(int netlink, const char *text, uint8_t prefix, uint8_t type, uint8_t table);
void rtnetlink_remove_route(int netlink, const char *text, uint8_t prefix, uint8_t type, uint8_t table);
/* Devices, addresses, routes of all tables and rules, a line each. */
void rtnetlink_describe(int netlink, char text[RTNETLINK_TEXT]);

#endif
