/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory registered with userfaultfd(2), and the descriptors it is registered with: who belongs to whom. */
#ifndef CRIU_OBJECTS_FD_USERFAULTFD_H
#define CRIU_OBJECTS_FD_USERFAULTFD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/userfaultfd.h>

struct dump;
struct fd_info;
struct mapping;
struct task;

#define FAULT_MODES (UFFDIO_REGISTER_MODE_MISSING | UFFDIO_REGISTER_MODE_WP | UFFDIO_REGISTER_MODE_MINOR)
/* Not in the headers of older systems. Of userfaultfd(): from Linux 5.11 on. */
#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif

/* A descriptor: one open file, however many numbers it has. */
struct fault_context {
	const struct fd_info *fd;
	uint64_t features;
	const struct task *owner; /* the first of those in whose address space it works */
	bool user_mode_only;
	const char *wrong; /* why it cannot be kept; NULL: it can */
};

/* A mapping that is registered. */
struct fault_area {
	const struct task *task;
	const struct mapping *mapping;
	const struct fault_context *context; /* NULL: no task of the tree has it */
	uint64_t mode;
};

struct fault_map {
	int error; /* -errno, logged */
	struct fault_context *contexts;
	struct fault_area *areas; /* by task, by address */
	size_t nr_contexts, nr_areas;
};

extern const struct fd_kind userfaultfd_kind;

/* Finds all of the tree when first called in a run. */
const struct fault_map *fault_map_of(struct dump *dump);

/* UFFDIO_REGISTER_MODE_* of PROC_VM_UFFD_*. */
uint64_t fault_mode_of(const struct mapping *mapping);

/* A new one of the calling process, or -errno. */
int fault_open(uint64_t features, bool user_mode_only);

/* --- what a descriptor @fd of ours tells of the memory it works on; nothing there is changed --- */

enum fault_answer {
	FAULT_REGISTERED, /* with it or with another */
	FAULT_PLAIN,	  /* memory that could be registered */
	FAULT_NOTHING,	  /* none, or memory that could not */
	FAULT_GONE,	  /* the address space is gone */
	FAULT_CHANGING,	  /* somebody changes it, and waits until that has been read as an event */
	FAULT_UNSET,	  /* UFFDIO_API has not been called */
};

/* Of the page at @address. */
enum fault_answer fault_ask(int fd, uint64_t address);
/* Is the page at @address, which is FAULT_REGISTERED with @mode, registered with @fd? */
bool fault_is_of(int fd, uint64_t address, uint64_t mode);
/* Reads @address of process @pid, a missing page of memory registered with @fd, the way the kernel does for itself:
 * must nobody wait for it? 1, 0 or -errno. */
int fault_ask_user_mode(int fd, int pid, uint64_t address);
/* Can pagemap tell what is write-protected? */
bool fault_shows_protection(void);

#endif
