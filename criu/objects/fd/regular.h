/* SPDX-License-Identifier: GPL-2.0-only */
/* Files that are opened by name, for kinds whose objects have one. */
#ifndef CRIU_OBJECTS_FD_REGULAR_H
#define CRIU_OBJECTS_FD_REGULAR_H

#include "criu/objects/kinds.h"

/* The functions of the kind, usable with a record of one's own. */
int regular_survey(struct dump *dump, const struct fd_info *fd);
int regular_dump(struct dump *dump, const struct fd_info *fd, FileEntry *record);

/* Is the file there and the same? restore_refuse() if not. */
int regular_load_record(struct restore *restore, const RegFileEntry *record);
/* Was it opened by 32-bit code without O_LARGEFILE, and can that be done here? */
bool regular_is_small(const struct restore *restore, const struct file *file);
/* Opens it, given from outside, deleted or by its name, with @flags. -errno, not logged. */
int regular_open_record(struct restore *restore, const RegFileEntry *record, int flags, int *ret_fd);

#endif
