// SPDX-License-Identifier: GPL-2.0-only
/* A socket of each family and protocol that the kernel has and that is not kept: all are refused by their names, which stand
 * in the file "names" for who wants to compare.
 *
 * refuses: sockets of family
 * kinds: unsupported
 */
#include "test.h"

#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

static const struct {
	int family, type, protocol;
	const char *name;
} rows[] = {
	{ AF_INET, SOCK_STREAM, 132, "AF_INET (2), type 1, protocol 132 (SCTP)" },
	{ AF_INET6, SOCK_SEQPACKET, 132, "AF_INET6 (10), type 5, protocol 132 (SCTP)" },
	{ AF_INET, 6 /* SOCK_DCCP */, 33, "AF_INET (2), type 6, protocol 33 (DCCP)" },
	{ AF_INET, SOCK_DGRAM, 115, "AF_INET (2), type 2, protocol 115 (L2TP)" },
	{ AF_INET, SOCK_STREAM, 256, "AF_INET (2), type 1, protocol 256 (SMC)" },
	{ 3, SOCK_DGRAM, 0, "AF_AX25 (3)" },
	{ 4, SOCK_DGRAM, 0, "AF_IPX (4)" },
	{ 5, SOCK_DGRAM, 0, "AF_APPLETALK (5)" },
	{ 6, SOCK_SEQPACKET, 0, "AF_NETROM (6)" },
	{ 8, SOCK_DGRAM, 0, "AF_ATMPVC (8)" },
	{ 9, SOCK_SEQPACKET, 0, "AF_X25 (9)" },
	{ 11, SOCK_SEQPACKET, 0, "AF_ROSE (11)" },
	{ 15, SOCK_RAW, 2, "AF_KEY (15)" },
	{ 21, SOCK_SEQPACKET, 0, "AF_RDS (21)" },
	{ 24, SOCK_STREAM, 0, "AF_PPPOX (24)" },
	{ 26, SOCK_DGRAM, 0, "AF_LLC (26)" },
	{ 29, SOCK_RAW, 1, "AF_CAN (29)" },
	{ 30, SOCK_RDM, 0, "AF_TIPC (30)" },
	{ 31, SOCK_RAW, 1, "AF_BLUETOOTH (31)" },
	{ 32, SOCK_STREAM, 0, "AF_IUCV (32)" },
	{ 33, SOCK_DGRAM, AF_INET, "AF_RXRPC (33)" },
	{ 35, SOCK_DGRAM, 0, "AF_PHONET (35)" },
	{ 36, SOCK_DGRAM, 0, "AF_IEEE802154 (36)" },
	{ 37, SOCK_SEQPACKET, 0, "AF_CAIF (37)" },
	{ 38, SOCK_SEQPACKET, 0, "AF_ALG (38), type 5, protocol 0 (no call gives the algorithm and the key back)" },
	{ 39, SOCK_SEQPACKET, 0, "AF_NFC (39)" },
	{ 41, SOCK_DGRAM, 0, "AF_KCM (41)" },
	{ 42, SOCK_DGRAM, 0, "AF_QIPCRTR (42)" },
	{ 43, SOCK_STREAM, 0, "AF_SMC (43)" },
	{ 44, SOCK_RAW, 0, "AF_XDP (44), type 3, protocol 0 (no call tells the memory and the queue of a device" },
	{ 45, SOCK_DGRAM, 0, "AF_MCTP (45)" },
};

int main(int argc, char **argv)
{
	FILE *names;
	int nr = 0;

	test_init(argc, argv);
	names = fopen("names", "w");
	check(names != NULL, "no file");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (socket(rows[i].family, rows[i].type, rows[i].protocol) < 0)
			continue;
		fprintf(names, "%s\n", rows[i].name);
		nr++;
	}
	fclose(names);
	if (!nr)
		skip("this kernel has none of these families");
	test_ready();
	test_wait();
	pass();
}
