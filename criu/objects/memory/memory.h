/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kinds of mappings have in common: bits of their records, and state that none of them can keep. */
#ifndef CRIU_OBJECTS_MEMORY_MEMORY_H
#define CRIU_OBJECTS_MEMORY_MEMORY_H

#include "criu/objects/kinds.h"

/* vma_entry.status */
#define VMA_REGULAR 0x1U
#define VMA_STACK 0x2U
#define VMA_VSYSCALL 0x4U
#define VMA_VDSO 0x8U
#define VMA_HEAP 0x20U
#define VMA_FILE_PRIVATE 0x40U
#define VMA_FILE_SHARED 0x80U
#define VMA_ANON_SHARED 0x100U
#define VMA_ANON_PRIVATE 0x200U
#define VMA_SYSVIPC 0x400U
#define VMA_SOCKET 0x800U
#define VMA_VVAR 0x1000U
#define VMA_AIO_RING 0x2000U
#define VMA_MEMFD 0x4000U
#define VMA_SHADOW_STACK 0x8000U
#define VMA_GUARD 0x10000U
#define VMA_BY_PLUGIN 0x8000000U

/* Not in the headers of older systems. */
#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE 0x08
#endif

/* Refuses what no kind of mapping can keep: device memory, sealed memory... */
int mapping_survey_flags(struct dump *dump, const struct task *task, const struct mapping *mapping);
/* "mapping 1000-2000 ('/tmp/x')" for messages; owned by the arena. */
const char *mapping_describe(struct arena *arena, const struct mapping *mapping);
/* "map_files/1000-2000" below /proc/PID; @link has room for MAPPING_LINK_SIZE. */
#define MAPPING_LINK_SIZE 64
void mapping_link(const struct mapping *mapping, char *link);

/* Before 6.11 smaps has no letters for a lock on fault: makes LOCK_ON_FAULT of PROC_VM_UNNAMED, if it is that, else
 * UNKNOWN. @flags: set of PROC_VM_*. */
uint64_t memory_settle_flags(struct dump *dump, uint64_t flags);
/* Has this machine huge pages of 2^@order bytes? */
bool huge_pages_exist(unsigned int order);

static inline bool mapping_is_private(const VmaEntry *record)
{
	return record->status & (VMA_FILE_PRIVATE | VMA_ANON_PRIVATE);
}

#endif
