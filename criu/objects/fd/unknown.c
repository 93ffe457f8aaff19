// SPDX-License-Identifier: GPL-2.0-only
/* Descriptors that no kind takes, called by their names. */
#include "criu/objects/fd/unknown.h"

#include <limits.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "criu/kernel/proc/list.h"
#include "criu/model/task.h"
#include "criu/objects/socket/socket.h"
#include "criu/util/macros.h"

/* How links of files without a name in a file system begin. */
static const struct {
	const char *start, *name;
} links[] = {
	{ "anon_inode:[perf_event]", "performance counters" },
	{ "anon_inode:[fscontext]", "descriptors of mounts in the making" },
	{ "anon_inode:bpf-prog", "bpf programs" },
	{ "anon_inode:bpf_link", "links of bpf programs" },
	{ "anon_inode:bpf", "bpf objects other than maps" },
	{ "anon_inode:btf", "bpf type information (BTF)" },
	{ "anon_inode:[bpf", "bpf objects other than maps" },
	{ "anon_inode:seccomp notify", "seccomp listeners" },
	{ "anon_inode:[landlock", "landlock rule sets" },
	{ "anon_inode:kvm", "virtual machines (kvm)" },
	{ "anon_inode:[vfio", "devices of a guest (vfio)" },
	{ "anon_inode:[infiniband", "infiniband devices" },
	{ "anon_inode:sync_file", "fences of graphics devices (sync_file)" },
	{ PROC_LINK_TOO_LONG, "files whose path is longer than 4096 bytes" },
	{ "anon_inode:", "descriptors of this kind" },
	{ "/memfd:", "memory files (memfd)" },
	{ "/dmabuf:", "device buffers (dma-buf)" },
};

/* Documentation/admin-guide/devices.txt of the kernel. */
static const struct {
	unsigned int major, first, last;
	const char *name;
} devices[] = {
	{ 10, 196, 196, "devices of a guest (vfio)" },
	{ 10, 203, 203, "devices in user space (cuse)" },
	{ 10, 223, 223, "input devices in the making (uinput)" },
	{ 10, 229, 229, "connections of file systems in user space (fuse)" },
	{ 10, 232, 232, "virtual machines (kvm)" },
	{ 10, 238, 238, "network devices of guests (vhost)" },
	{ 10, 241, 241, "sockets of guests (vhost)" },
	{ 10, 242, 242, "switches of radio devices (rfkill)" },
	{ 13, 0, UINT_MAX, "input devices" },
	{ 29, 0, UINT_MAX, "graphics devices (framebuffer)" },
	{ 81, 0, UINT_MAX, "video devices" },
	{ 116, 0, UINT_MAX, "sound devices" },
	{ 195, 0, UINT_MAX, "graphics devices" },
	{ 226, 0, UINT_MAX, "graphics devices (DRM)" },
	{ 231, 0, UINT_MAX, "infiniband devices" },
};

const char *fd_name_device(dev_t number)
{
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
		if (major(number) == devices[i].major && minor(number) >= devices[i].first &&
		    minor(number) <= devices[i].last)
			return devices[i].name;
	return "character devices of this kind";
}

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
		return fd_name_device(fd->stat.st_rdev);
	default:
		return "files of this kind";
	}
}
