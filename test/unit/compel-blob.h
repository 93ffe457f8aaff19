/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TEST_UNIT_COMPEL_BLOB_H
#define TEST_UNIT_COMPEL_BLOB_H

#define BLOB_ANSWER 0x1122334455667788L

enum { BLOB_IDENTIFY = 1, BLOB_CLOBBER, BLOB_MASK, BLOB_MANY, BLOB_WRITE, BLOB_FAULT };

struct blob_arguments {
	int pid, tid, fd, count;
	unsigned long mask;
	char text[64];
};

#endif
