/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of bpf maps share. All return 0 or -errno, not logged. */
#ifndef CRIU_OBJECTS_FD_BPF_INTERNAL_H
#define CRIU_OBJECTS_FD_BPF_INTERNAL_H

#include <linux/bpf.h>
#include <stdint.h>

#include "bpfmap-file.pb-c.h"

struct dump;
struct fd_info;

#define BPF_MAP_LINK "anon_inode:bpf-map"

int bpf_read_info(int fd, struct bpf_map_info *ret_info);
/* What only fdinfo tells: memlock, frozen, map_extra. */
int bpf_read_fdinfo(const char *text, BpfmapFileEntry *entry);
/* A descriptor for a map by its number, with @flags for its access (BPF_F_RDONLY, BPF_F_WRONLY). */
int bpf_open_map(uint32_t id, uint32_t flags);
/* Who but the tree uses map @id: *@ret_user is a text, or NULL. */
int bpf_find_user(struct dump *dump, uint32_t id, const char **ret_user);
/* Has it a name (BPF_OBJ_PIN)? An error where the memory of the kernel cannot be read: then that is not noticed. */
int bpf_find_pin(struct dump *dump, const struct fd_info *fd, uint32_t id, const char **ret_user);

/* Keys and values, one behind the other, to be freed. */
int bpf_read_contents(const struct bpf_map_info *info, void **ret_keys, void **ret_values, uint32_t *ret_count);

/* A new map with what it holds; the descriptor is for both. */
int bpf_make_map(const BpfmapFileEntry *record, const void *keys, const void *values, uint32_t count);

#endif
