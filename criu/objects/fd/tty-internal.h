/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of terminals share. */
#ifndef CRIU_OBJECTS_FD_TTY_INTERNAL_H
#define CRIU_OBJECTS_FD_TTY_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "tty.pb-c.h"

struct dump;
struct file;
struct restore;
struct fd_info;

#define TTY_KEY_SIZE 48
#define TTY_NODE_SIZE 4200
#define TTY_INDEX_MAX (1U << 20) /* NR_UNIX98_PTY_MAX of the kernel */

/* As the kernel has it (struct termios2): struct termios of the C library is another one. */
struct kernel_termios {
	uint32_t input, output, control, local;
	uint8_t line;
	uint8_t characters[19];
	uint32_t input_speed, output_speed;
};

#define TTY_GET_TERMIOS _IOR('T', 0x2a, struct kernel_termios) /* TCGETS2 */
#define TTY_SET_TERMIOS _IOW('T', 0x2b, struct kernel_termios) /* TCSETS2 */
#define TTY_GET_LOCKED_TERMIOS 0x5456			       /* TIOCGLCKTRMIOS: without the speeds */
#define TTY_SET_LOCKED_TERMIOS 0x5457

/* --- both sides --- */

/* Kind and number of a terminal by its device: *@ret_index as ids in images are made of it. */
TtyType tty_type_of(dev_t device, uint32_t *ret_index);
bool tty_is_master(dev_t device);
/* "tty[RDEV:DEV]", the name of a terminal in options. */
void tty_format_key(char key[TTY_KEY_SIZE], uint64_t rdev, uint64_t dev);
/* Where the slave with that number shows, to the master that is opened as @ptmx. */
void tty_format_node(char node[TTY_NODE_SIZE], const char *ptmx, uint32_t index);
/* "pid 12 (bash, descriptor 3)" of somebody who has terminal @index, whose name is @node, or its master; NULL: who has its
 * master. "" when none is found. */
void tty_find_holder(const char *node, uint32_t index, char *ret_text, size_t size);
/* Is descriptor @fd of a process, whose directory in /proc is @task_fd, the master of terminal @index? */
bool tty_is_master_of(int task_fd, int fd, uint32_t index);
/* A descriptor of the slave of @master, not blocking, which becomes nobody's controlling terminal. */
int tty_open_slave(int master, int flags);

/* What waits in a pair, in the order in which it is read. */
#define TTY_BYTES_MAX (64 * 1024U) /* the kernel has a quarter of it */
#define TTY_LINES_MAX 4096U

enum tty_flow { TTY_FLOWS, TTY_STOPPED_BY_CHARACTER, TTY_STOPPED_BY_CALL, TTY_NR_FLOWS };

/* How far a process is that takes contents out, and what there was before it. */
struct tty_taking {
	uint32_t phase;
	uint32_t nr_reads, reads_before_lines;
	uint32_t bytes_before, lines_before;
};

struct tty_contents {
	uint32_t nr_output, nr_input, nr_lines;
	struct tty_taking taking;
	uint32_t flow;
	uint8_t output[TTY_BYTES_MAX]; /* written by the slave */
	uint8_t input[TTY_BYTES_MAX];
	uint32_t lines[TTY_LINES_MAX]; /* lengths of those that are complete, in canonical mode */
};

/* Takes everything out of a pair, or what is left of it, should somebody have begun. The settings are others then:
 * give_contents() puts contents and settings back. -EFBIG: there is more than can be put back. @slave must not block. */
int tty_take_contents(int master, int slave, const struct kernel_termios *settings, struct tty_contents *contents);
int tty_give_contents(int master, int slave, const struct kernel_termios *settings,
		      const struct tty_contents *contents);
/* Throws away what somebody had begun to give: all of it is given anew then. */
int tty_discard_contents(int master, int slave, const struct kernel_termios *settings);
/* Before a process takes, and after it was killed when it had read @bytes by @nr_reads calls, whatever it has noted. */
void tty_begin_taking(struct tty_contents *contents);
void tty_correct_notes(struct tty_contents *contents, uint64_t bytes, uint64_t nr_reads);

/* --- dump --- */

/* A pair of which at least the master is in the tree. */
struct tty_pair {
	SLIST_ENTRY(tty_pair) link;
	dev_t devpts;
	uint32_t index, number; /* in its instance; in images: ids are 2n for the slave, 2n + 1 for the master */
	const struct fd_info *master;
	char *node;
	bool unopened, closed, locked, packet;
	uint32_t sid, pgrp;
	bool has_slave; /* somebody has it open */
	/* of the slave, when it was looked into (tty-data.c) */
	uint32_t flow;
	bool exclusive;
};

SLIST_HEAD(tty_pairs, tty_pair);

/* A terminal as a description of the tree leads to it. */
struct tty {
	TtyType type;
	uint32_t id;	       /* in images */
	uint32_t index;	       /* of a pty */
	struct tty_pair *pair; /* whose master is in the tree; NULL: another terminal */
	bool master, hung_up, external;
};

/* Of all terminals, looked at once. NULL: failed, logged. */
const struct tty_pairs *tty_pairs_of(struct dump *dump);
/* NULL: failed, logged. */
const struct tty *tty_look(struct dump *dump, const struct fd_info *fd);
int tty_survey_pair(struct dump *dump, const struct fd_info *fd, const struct tty *tty);
/* Devices of the machine that are opened again by name (tty-device.c). */
bool tty_is_device(const struct dump *dump, const struct tty *tty);
const char *tty_device_problem(const struct dump *dump, const struct tty *tty, int fd);
/* Writes tty-info.img, all of it. */
int tty_dump_infos(struct dump *dump);

/* --- restore --- */

/* A terminal in an image. */
struct tty_info {
	SLIST_ENTRY(tty_info) link;
	uint32_t id;
	TtyType type;
	uint32_t sid, pgrp, rdev, dev, index, uid, gid, mode, target;
	bool checked; /* once, however many descriptions there are */
	bool locked, exclusive, packet, unopened, hung_up, has_mode, has_owner;
	bool has_termios, has_locked, has_winsize;
	struct kernel_termios termios, locked_termios;
	struct winsize winsize;
	struct tty_contents *contents;
	struct file *master; /* of a master: who has it; of a device: one who has */
	int last_master;     /* of one that is to hang up: kept open until all have it; 0: none */
};

SLIST_HEAD(tty_infos, tty_info);

/* Reads tty-info.img and tty-data.img, once. */
int tty_load_infos(struct restore *restore);
const struct tty_infos *tty_infos_of(const struct restore *restore);
struct tty_info *tty_find_info(const struct restore *restore, uint32_t id);
/* The terminal that @info stands for: itself, or what was opened as /dev/tty. NULL: not in the images. */
struct tty_info *tty_real_info(const struct restore *restore, struct tty_info *info);
/* The record of the other end of a pair, or NULL. */
struct tty_info *tty_peer_info(const struct restore *restore, const struct tty_info *info);
/* Is it a terminal of a pair that the images have, both or hung up? */
bool tty_is_of_tree(const struct restore *restore, struct tty_info *info);

bool tty_is_device_of_tree(const struct restore *restore, const struct tty_info *info);
void tty_check_device(struct restore *restore, struct file *file, struct tty_info *info);
int tty_open_device(const struct restore *restore, const struct file *file, int *ret_fd);

int tty_check_pair(struct restore *restore, struct file *file, struct tty_info *info);
/* As fd_kind.open. */
int tty_open_pair(struct restore *restore, struct file *file, struct tty_info *info, int *ret_fd);
int tty_finish_pair(const struct restore *restore, const struct file *file, const struct tty_info *info);

#endif
