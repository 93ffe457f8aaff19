// SPDX-License-Identifier: GPL-2.0-only
/* Queues of tun and tap devices in the network namespace of criu. A persistent device stays in the host with all that was
 * set for it; its queues are attached to it again. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "criu/objects/fd/owner.h"
#include "criu/objects/fd/regular.h"
#include "criu/objects/file-name.h"
#include "criu/objects/kinds.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

#define TUN_MAJOR 10
#define TUN_MINOR 200
/* What says how a queue is attached; the rest of what TUNGETIFF gives is state of the device. */
#define ATTACH_FLAGS \
	(IFF_TUN | IFF_TAP | IFF_NO_PI | IFF_ONE_QUEUE | IFF_VNET_HDR | IFF_MULTI_QUEUE | IFF_NAPI | IFF_NAPI_FRAGS)

static bool tun_matches(const struct fd_info *fd)
{
	return S_ISCHR(fd->stat.st_mode) && fd->stat.st_rdev == makedev(TUN_MAJOR, TUN_MINOR) &&
	       !(fd->flags & O_PATH);
}

/* --- dump --- */

/* The name is empty if nothing is attached. */
static int read_queue(int fd, struct ifreq *queue)
{
	memset(queue, 0, sizeof(*queue));
	if (ioctl(fd, TUNGETIFF, queue) == 0)
		return 0;
	queue->ifr_name[0] = '\0';
	return errno == EBADFD ? 0 : -errno;
}

static int read_queue_of(const struct fd_info *fd, struct ifreq *queue)
{
	_cleanup_close_ int copy = -EBADF;
	int ret = fd_duplicate(fd, &copy);

	return ret < 0 ? ret : read_queue(copy, queue);
}

/* Where the device of @fd is. */
static bool is_here(int fd)
{
	_cleanup_close_ int space = ioctl(fd, TUNGETDEVNETNS, NULL);
	struct stat own, its;

	return space >= 0 && fstat(space, &its) == 0 && stat("/proc/self/ns/net", &own) == 0 &&
	       own.st_ino == its.st_ino && own.st_dev == its.st_dev;
}

static const char *queue_problem(int fd, const struct ifreq *queue)
{
	unsigned int flags = (unsigned short)queue->ifr_flags;

	if (!queue->ifr_name[0])
		return NULL;
	if (!is_here(fd))
		return "its network device is in another network namespace than criu";
	if (!(flags & IFF_PERSIST))
		return "its network device would go with the dump, and its addresses and routes with it; make it "
		       "persistent (TUNSETPERSIST)";
	if (!(flags & IFF_NOFILTER))
		return "a filter is attached to it (TUNATTACHFILTER)";
	return NULL;
}

static void warn_of_packets(const struct fd_info *fd, int queue, const char *device)
{
	struct pollfd poller = { .fd = queue, .events = POLLIN };

	if (*device && poll(&poller, 1, 0) == 1 && poller.revents & POLLIN)
		log_warn("task %d: descriptor %d: packets wait in its queue of '%s', which are lost as a network may lose them",
			 fd->task->pid, fd->fd, device);
}

static int tun_survey(struct dump *dump, const struct fd_info *fd)
{
	char name[32];
	struct named_file file = {
		.proc_fd = fd->task->proc_fd, .proc_link = name, .name = fd->link, .stat = fd->stat, .mnt_id = fd->mnt_id
	};
	_cleanup_close_ int copy = -EBADF;
	const char *problem;
	struct ifreq queue;
	int ret = fd_duplicate(fd, &copy);

	snprintf(name, sizeof(name), "fd/%d", fd->fd);
	if (ret == 0)
		ret = read_queue(copy, &queue);
	if (ret < 0)
		return log_errno(ret, "task %d: %s: cannot be looked at", fd->task->pid, fd_describe(dump, fd));
	warn_of_packets(fd, copy, queue.ifr_name);
	problem = file_name_problem(dump, &file);
	problem = problem ? problem : queue_problem(copy, &queue);
	if (problem)
		dump_refuse(dump, fd->task, "%s%s%s: %s; close it before the dump", fd_describe(dump, fd),
			    queue.ifr_name[0] ? " of " : "", queue.ifr_name, problem);
	return fd_owner_survey(dump, fd);
}

static int tun_dump(struct dump *dump, const struct fd_info *fd, FileEntry *record)
{
	TunfileEntry *entry = arena_new(&dump->arena, TunfileEntry);
	struct ifreq queue;
	int ret = read_queue_of(fd, &queue);

	if (ret < 0)
		return log_errno(ret, "task %d: %s: cannot be looked at", fd->task->pid, fd_describe(dump, fd));
	tunfile_entry__init(entry);
	entry->id = record->id;
	entry->has_ns_id = true;
	entry->ns_id = fd->task->ids->net_ns_id;
	if (queue.ifr_name[0]) {
		entry->netdev = arena_strdup(&dump->arena, queue.ifr_name);
		entry->has_detached = queue.ifr_flags & IFF_DETACH_QUEUE;
		entry->detached = entry->has_detached;
		entry->has_flags = true;
		entry->flags = (uint32_t)queue.ifr_flags & ATTACH_FLAGS;
	}
	record->tunf = entry;
	return regular_dump(dump, fd, record);
}

/* --- restore --- */

static int tun_load(struct restore *restore, struct file *file)
{
	const TunfileEntry *record = file->record->tunf;

	if (!record || !file->record->reg || !file->record->reg->name[0] ||
	    (record->netdev && (!record->netdev[0] || strlen(record->netdev) >= IFNAMSIZ)))
		return log_fail(-EBADMSG, "files.img: file %u is no proper queue of a network device", file->id);
	if (record->netdev && !record->has_flags)
		restore_refuse(restore, NULL, "file %u: network device '%s' cannot be made by this build",
			       file->id, record->netdev);
	else if (record->netdev && !if_nametoindex(record->netdev))
		restore_refuse(restore, NULL,
			       "file %u: there is no network device '%s' in this network namespace; make it (ip tuntap "
			       "add)",
			       file->id, record->netdev);
	return regular_load_record(restore, file->record->reg);
}

/* A device that is made by this, as the one that was there has just gone, goes again with the descriptor. */
static int attach_queue(int fd, const TunfileEntry *record)
{
	struct ifreq queue = { .ifr_flags = (short)((record->flags & ATTACH_FLAGS) | IFF_NOFILTER) };

	memcpy(queue.ifr_name, record->netdev, strlen(record->netdev));
	if (ioctl(fd, TUNSETIFF, &queue) < 0 || ioctl(fd, TUNGETIFF, &queue) < 0)
		return -errno;
	if (!(queue.ifr_flags & IFF_PERSIST))
		return -ENODEV;
	if (!record->detached)
		return 0;
	queue.ifr_flags = IFF_DETACH_QUEUE;
	return ioctl(fd, TUNSETQUEUE, &queue) < 0 ? -errno : 0;
}

static int tun_open(struct restore *restore, struct file *file, int *ret_fd)
{
	const TunfileEntry *record = file->record->tunf;
	const RegFileEntry *reg = file->record->reg;
	_cleanup_close_ int fd = -EBADF;
	int ret = regular_open_record(restore, reg,
				      (int)(reg->flags & (O_ACCMODE | O_NONBLOCK | O_APPEND)) | O_CLOEXEC, &fd);

	if (ret < 0)
		return log_errno(ret, "'%s' cannot be opened", reg->name);
	ret = record->netdev ? attach_queue(fd, record) : 0;
	if (ret < 0)
		return log_errno(ret, "file %u: cannot be attached to network device '%s'", file->id,
				 record->netdev);
	*ret_fd = steal_fd(&fd);
	return 0;
}

static int tun_attach(struct restore *restore, struct task *task, const struct file *file, int fd)
{
	return fd_owner_restore(task, fd, file->record->reg->fown, file->record->reg->flags);
}

const struct fd_kind tun_kind = {
	.name = "tun",
	.type = FD_TYPES__TUNF,
	.matches = tun_matches,
	.survey = tun_survey,
	.dump = tun_dump,
	.load = tun_load,
	.open = tun_open,
	.attach = tun_attach,
};
