/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of terminals share. */
#ifndef CRIU_OBJECTS_FD_TTY_INTERNAL_H
#define CRIU_OBJECTS_FD_TTY_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "tty.pb-c.h"

struct dump;
struct restore;
struct fd_info;

#define TTY_KEY_SIZE 48

/* As the kernel has it: struct termios of the C library is another one. */
struct kernel_termios {
	uint32_t input, output, control, local;
	uint8_t line;
	uint8_t characters[19];
};

#define TTY_GET_TERMIOS 0x5401	      /* TCGETS */
#define TTY_SET_TERMIOS 0x5402	      /* TCSETS */
#define TTY_GET_LOCKED_TERMIOS 0x5456 /* TIOCGLCKTRMIOS */

/* A terminal in an image. */
struct tty_info {
	TtyType type;
	uint32_t sid, pgrp, rdev, dev;
	bool checked; /* once, however many descriptions there are */
	bool has_termios;
	struct kernel_termios termios;
};

/* Kind and number of a terminal by its device: *@ret_index as ids in images are made of it. */
TtyType tty_type_of(dev_t device, uint32_t *ret_index);
/* "tty[RDEV:DEV]", the name of a terminal in options. */
void tty_format_key(char key[TTY_KEY_SIZE], uint64_t rdev, uint64_t dev);
bool tty_is_external(const struct dump *dump, const struct fd_info *fd);

uint32_t tty_info_id(const struct dump *dump, const struct fd_info *fd);
/* Writes tty-info.img, all of it. */
int tty_dump_infos(struct dump *dump);
/* Reads tty-info.img. */
int tty_load_infos(struct restore *restore);
struct tty_info *tty_find_info(const struct restore *restore, uint32_t id);

#endif
