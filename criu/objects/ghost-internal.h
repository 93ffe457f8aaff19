/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of ghosts share. */
#ifndef CRIU_OBJECTS_GHOST_INTERNAL_H
#define CRIU_OBJECTS_GHOST_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "ghost-file.pb-c.h"

struct restore;
struct named_file;
struct ghost_journal;

/* Names that we make up: NAME.cr.ID.NUMBER.ghost */
#define GHOST_SUFFIX_START ".cr."
#define GHOST_SUFFIX_END ".ghost"
#define GHOST_NUMBER_DIGITS 16

/* A file without a name, to be made; by ghost id. */
struct ghost {
	uint32_t id;
	GhostFileEntry *record;
	const char *source; /* of a dump with --link-remap: a name that it has; NULL: to be made from its image */
	bool source_gone;
	size_t names_left; /* places which want it */
	char *path;	   /* its name for the time being; NULL: not made yet, or it has none any more */
	ssize_t entry;	   /* of that name in the journal */
};

/* A name that a ghost had. Everybody opens it by @fd. */
struct ghost_place {
	struct ghost *ghost;
	const char *path;
	int fd; /* O_PATH, service number; -EBADF: not made */
};

/* One record of a file whose name was lost. */
struct ghost_user {
	struct ghost_place place; /* that of the first user with this name and ghost is in use */
	struct ghost_place *shared;
	uint32_t file_id;
	int fd; /* opened by name already, for who takes it first; -EBADF */
};

struct ghosts {
	struct ghost_user *users; /* by path, parents first */
	size_t nr, room;
};

/* ghost.c: takes such an end off @name, which is what a restore had to call it. */
void ghost_cut_own_suffix(char *name);

/* ghost-load.c */
struct ghosts *ghosts_of(struct restore *restore);
/* Opens the image of @ghost again and gives the contents to @fd. */
int ghost_fill(struct restore *restore, const struct ghost *ghost, int fd);
/* ghost-make.c */
int ghost_make_all(struct restore *restore, struct ghosts *ghosts);

/* ghost-attributes.c: what chattr gives to files and directories. */
void ghost_read_attributes(const struct named_file *file, GhostFileEntry *record);
/* Why they cannot be kept, or NULL. */
const char *ghost_attributes_problem(const struct named_file *file);
/* When the file has been made, opened by all and lost its names: it may not be changed any more after that. @fd is
 * O_PATH. */
int ghost_set_attributes(const struct ghost *ghost, int fd);

/* ghost-journal.c: names that are there for a moment, taken away again when we are done, fail, or are killed. */
int ghost_journal_open(size_t room, struct ghost_journal **ret_journal);
/* Before @path is made. With @inode the entry is for that inode only, should something else have the name then;
 * NULL: nobody else uses such a name. Returns the number of the entry, or -errno. */
ssize_t ghost_journal_add(struct ghost_journal *journal, const char *path, bool directory, const struct stat *inode);
/* Takes the name away now. */
int ghost_journal_remove(struct ghost_journal *journal, ssize_t entry);
/* The name is gone, or was never made. */
void ghost_journal_forget(struct ghost_journal *journal, ssize_t entry);
/* Gives what has the name @path another one beside it. It is put back when we are done, fail, or are killed; but it goes if
 * names are to stay. -errno, not logged. */
int ghost_journal_set_aside(struct ghost_journal *journal, const char *path);
/* They are to stay, all of them: at once. */
void ghost_journal_forget_all(struct ghost_journal *journal);
/* They are not to stay after all. */
void ghost_journal_take_back(struct ghost_journal *journal);
/* Takes away what is left. Accepts NULL. */
void ghost_journal_close(struct ghost_journal *journal);

#endif
