// SPDX-License-Identifier: GPL-2.0-only
/* Descriptors that no kind takes, called by their names. */
#include "criu/objects/fd/unknown.h"

#include <string.h>

#include "criu/kernel/proc/list.h"
#include "criu/model/task.h"
#include "criu/objects/socket/socket.h"
#include "criu/util/macros.h"

/* How links of files without a name in a file system begin. */
static const struct {
	const char *start, *name;
} links[] = {
	{ "anon_inode:[perf_event]", "performance counters" },
	{ "anon_inode:[userfaultfd]", "userfaultfd descriptors" },
	{ "anon_inode:[fscontext]", "descriptors of mounts in the making" },
	{ "anon_inode:bpf-prog", "bpf programs" },
	{ "anon_inode:bpf_link", "links of bpf programs" },
	{ "anon_inode:bpf", "bpf objects other than maps" },
	{ "anon_inode:btf", "bpf type information (BTF)" },
	{ "anon_inode:[bpf", "bpf objects other than maps" },
	{ "anon_inode:seccomp notify", "seccomp listeners" },
	{ "anon_inode:[landlock", "landlock rule sets" },
	{ "anon_inode:kvm", "virtual machines" },
	{ PROC_LINK_TOO_LONG, "files whose path is longer than 4096 bytes" },
	{ "anon_inode:", "descriptors of this kind" },
	{ "/memfd:", "memory files (memfd)" },
	{ "/dmabuf:", "device buffers (dma-buf)" },
};

const char *fd_name_unknown(struct dump *dump, const struct fd_info *fd)
{
	if (fd->socket)
		return socket_name(dump, fd->socket);
	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		if (strncmp(fd->link, links[i].start, strlen(links[i].start)) == 0)
			return links[i].name;
	switch (fd->stat.st_mode & S_IFMT) {
	case S_IFSOCK:
		return "sockets";
	case S_IFIFO:
		return "named pipes (fifo)";
	case S_IFBLK:
		return "block devices";
	case S_IFCHR:
		return "character devices of this kind";
	default:
		return "files of this kind";
	}
}
