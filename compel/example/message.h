/* SPDX-License-Identifier: LGPL-2.1-only */
/* What both sides of the example say to each other, in the data area. */
#ifndef COMPEL_EXAMPLE_MESSAGE_H
#define COMPEL_EXAMPLE_MESSAGE_H

enum { SAY_WHERE = 1, WRITE_TEXT = 2 };

struct message {
	int pid, fd;
	char text[4096];
};

#endif
