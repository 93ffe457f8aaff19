// SPDX-License-Identifier: GPL-2.0-only
/* Locks of files. POSIX locks belong to a process; flock and OFD locks to an open file description, and one of its
 * holders sets them anew. The image is a list for the whole tree, the work is done in the tasks. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/kcmp.h>
#include <string.h>
#include <sys/file.h>
#include <sys/queue.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "file-lock.pb-c.h"

#include "criu/blobs/restorer/restorer.h"
#include "criu/image/file.h"
#include "criu/kernel/proc/fdinfo.h"
#include "criu/kernel/proc/locks.h"
#include "criu/model/arguments.h"
#include "criu/objects/fd/lease.h"
#include "criu/objects/kinds.h"
#include "criu/objects/outside.h"
#include "criu/options/options.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

static const char list_key, process_key, description_key;

/* Values of file_lock_entry.flag. */
enum lock_flag { LOCK_IS_POSIX = 1, LOCK_IS_FLOCK = 2, LOCK_IS_OFD = 4, LOCK_IS_LEASE = 8 };

struct lock {
	STAILQ_ENTRY(lock) link;
	FileLockEntry record;
	struct task *owner; /* restore */
};

/* All of the tree, in the order of tasks and descriptors. */
struct lock_list {
	STAILQ_HEAD(, lock) locks;
};

static struct lock_list *lock_list_get(void **kind_state, struct arena *arena)
{
	struct lock_list *list;
	bool is_new;

	list = kind_state_get(kind_state, arena, &list_key, 0, sizeof(*list), &is_new);
	if (is_new)
		STAILQ_INIT(&list->locks);
	return list;
}

static struct lock *lock_list_add(struct lock_list *list, struct arena *arena)
{
	struct lock *lock = arena_new(arena, struct lock);

	file_lock_entry__init(&lock->record);
	STAILQ_INSERT_TAIL(&list->locks, lock, link);
	return lock;
}

/* --- dump --- */

/* A descriptor being looked at. One description is seen through many, so each lock would be, too. */
struct survey {
	struct dump *dump;
	const struct fd_info *fd;
	bool first_of_process, first_of_all;
	bool refused;
	int error;
};

static bool is_first(struct dump *dump, const void *key, uint64_t id)
{
	bool is_new;

	kind_state_get(&dump->kind_state, &dump->arena, key, id, 1, &is_new);
	return is_new;
}

static const char *kind_name(enum proc_lock_kind kind)
{
	static const char *const names[] = {
		[PROC_LOCK_POSIX] = "a POSIX lock (fcntl)",
		[PROC_LOCK_OFD] = "a lock of its open file description (F_OFD_SETLK)",
		[PROC_LOCK_FLOCK] = "a lock by flock",
		[PROC_LOCK_LEASE] = "a lease (F_SETLEASE)",
		[PROC_LOCK_DELEGATION] = "a delegation",
	};

	return names[kind];
}

static void refuse(struct survey *survey, const char *what, const char *cure)
{
	if (!survey->refused)
		dump_refuse(survey->dump, survey->fd->task, "%s: it holds %s; %s",
			    fd_describe(survey->dump, survey->fd), what, cure);
	survey->refused = true;
}

/* A lock that belongs to an open file description stays with whoever has that, too. */
static bool is_same_description(const struct fd_info *fd, const struct outside_fd *other)
{
	return syscall(SYS_kcmp, fd->task->pid, other->pid, KCMP_FILE, (unsigned long)fd->fd,
		       (unsigned long)other->fd) == 0;
}

static int refuse_shared(struct survey *survey, const struct proc_lock *lock)
{
	const struct outside_fd *others;
	ssize_t nr = outside_find_fds(survey->dump, survey->fd->link, &others);

	for (ssize_t i = 0; i < nr; i++) {
		if (!is_same_description(survey->fd, &others[i]))
			continue;
		refuse(survey,
		       arena_printf(&survey->dump->arena,
				    "%s, and so does descriptor %d of process %d (%s) "
				    "outside of the tree",
				    kind_name(lock->kind), others[i].fd, others[i].pid, others[i].comm),
		       "end that process or let it close the file before the dump");
		break;
	}
	return nr < 0 ? (int)nr : 0;
}

static void add_lock(struct survey *survey, const struct proc_lock *lock)
{
	static const uint32_t flags[] = {
		[PROC_LOCK_POSIX] = LOCK_IS_POSIX,
		[PROC_LOCK_OFD] = LOCK_IS_OFD,
		[PROC_LOCK_FLOCK] = LOCK_IS_FLOCK,
		[PROC_LOCK_LEASE] = LOCK_IS_LEASE,
	};
	struct dump *dump = survey->dump;
	FileLockEntry *record = &lock_list_add(lock_list_get(&dump->kind_state, &dump->arena), &dump->arena)->record;

	record->flag = flags[lock->kind];
	record->type = lock->kind == PROC_LOCK_LEASE	? lease_type(lock)
		       : lock->access == PROC_LOCK_READ ? F_RDLCK
							: F_WRLCK;
	record->has_file_in_flight = survey->fd->in_flight != NULL;
	record->file_in_flight = survey->fd->file_id;
	record->pid = survey->fd->in_flight ? 0 : survey->fd->task->pid;
	record->fd = survey->fd->in_flight ? -1 : survey->fd->fd;
	record->start = lock->start;
	record->len = lock->end == INT64_MAX ? 0 : lock->end - lock->start + 1;
}

static int survey_lock(struct survey *survey, const struct proc_lock *lock)
{
	bool of_process = lock->kind == PROC_LOCK_POSIX;

	if (lock->waiting || !(of_process ? survey->first_of_process : survey->first_of_all))
		return 0;
	if (lock->kind == PROC_LOCK_DELEGATION || (lock->kind == PROC_LOCK_LEASE && survey->fd->in_flight)) {
		refuse(survey, kind_name(lock->kind), "such cannot be kept; release it before the dump");
		return 0;
	}
	if (lock->kind == PROC_LOCK_LEASE)
		lease_survey(survey->dump, survey->fd, lock);
	if (!survey->dump->options->file_locks)
		refuse(survey, kind_name(lock->kind), "use --file-locks, for the restore as well, to keep it");
	else if (!of_process)
		survey->error = refuse_shared(survey, lock);
	add_lock(survey, lock);
	return survey->error;
}

/* Up to Linux 5.14 there are locks which stop who does not ask for them. */
static bool is_mandatory(const char *text)
{
	return strstr(text, "MANDATORY") || strstr(text, "MSNFS");
}

static int survey_line(void *context, const char *key, const char *value)
{
	struct survey *survey = context;
	struct proc_lock lock;
	int error;

	if (strcmp(key, "lock") != 0)
		return 0;
	error = proc_parse_lock(value, strlen(value), &lock);
	if (error == -EOPNOTSUPP || (error == 0 && is_mandatory(value))) {
		refuse(survey,
		       arena_printf(&survey->dump->arena, "a lock of a kind that is not known ('%s')", value),
		       "release it before the dump");
		return 0;
	}
	return error < 0 ? error : survey_lock(survey, &lock);
}

static int survey_descriptor(struct dump *dump, const struct fd_info *fd)
{
	struct survey survey = { .dump = dump, .fd = fd };
	struct proc_fdinfo info;
	int error;

	survey.first_of_process = is_first(dump, &process_key, (uint64_t)fd->task->pid << 32 | fd->file_id);
	survey.first_of_all = is_first(dump, &description_key, fd->file_id);
	error = proc_parse_fdinfo(fd->fdinfo, strlen(fd->fdinfo), survey_line, &survey, &info);
	if (survey.error < 0)
		return survey.error;
	return error < 0 ? log_errno(error, "task %d: cannot read the locks of %s", fd->task->pid,
				     fd_describe(dump, fd))
			 : 0;
}

static int survey_all_of(struct dump *dump, const struct task *task)
{
	int error = 0;

	for (unsigned int i = 0; i < task->nr_fds && error == 0; i++)
		if (task->fds[i].locks)
			error = survey_descriptor(dump, &task->fds[i]);
	return error;
}

/* At last those in flight, which perhaps nobody has. */
static int file_locks_survey(struct dump *dump, const struct task *task)
{
	int error = survey_all_of(dump, task);

	return error || TAILQ_NEXT(task, link) || !dump->flight ? error : survey_all_of(dump, dump->flight);
}

static int file_lock_list_dump(struct dump *dump)
{
	const struct lock_list *list = lock_list_get(&dump->kind_state, &dump->arena);
	_cleanup_image_close_ struct image_file *image = NULL;
	const struct lock *lock;
	int error = image_create_list(dump->images, IMAGE_FILE_LOCKS, 0, &image);

	if (error < 0)
		return log_errno(error, "cannot create 'filelocks.img'");
	STAILQ_FOREACH(lock, &list->locks, link)
		if (error == 0)
			error = image_write_record(image, &lock->record.base);
	if (error == 0)
		error = image_close(steal_pointer(&image));
	return error < 0 ? log_errno(error, "cannot write 'filelocks.img'") : 0;
}

/* --- restore: the list --- */

static struct task *find_owner(const struct restore *restore, pid_t pid)
{
	struct task *task;

	TAILQ_FOREACH(task, &restore->tasks, link)
		if (task->pid == pid && task->state != TASK_DEAD)
			return task;
	return NULL;
}

static const struct file *find_locked_file(const struct restore *restore, const struct task *task,
					   const FileLockEntry *record)
{
	if (record->has_file_in_flight)
		return restore_find_file(restore, record->file_in_flight);
	for (unsigned int i = 0; i < task->nr_fds; i++)
		if (task->fds[i].fd == record->fd)
			return restore_find_file(restore, task->fds[i].file_id);
	return NULL;
}

static int check_record(const FileLockEntry *record)
{
	bool known = record->flag == LOCK_IS_POSIX || record->flag == LOCK_IS_FLOCK || record->flag == LOCK_IS_OFD;

	known = known && (record->type == F_RDLCK || record->type == F_WRLCK);
	if (!known && !(record->flag == LOCK_IS_LEASE && lease_type_is_known(record->type)))
		return log_fail(-EBADMSG, "filelocks.img: task %d, descriptor %d: no such kind of lock: %u, %u",
				record->pid, record->fd, record->flag, record->type);
	if (record->has_file_in_flight && record->flag != LOCK_IS_FLOCK && record->flag != LOCK_IS_OFD)
		return log_fail(-EBADMSG, "filelocks.img: file %u: no such lock can be in flight: %u",
				record->file_in_flight, record->flag);
	if (record->start < 0 || record->len < 0 || record->start > INT64_MAX - record->len)
		return log_fail(-EBADMSG,
				"filelocks.img: task %d, descriptor %d: no such range: %" PRId64 ", %" PRId64,
				record->pid, record->fd, record->start, record->len);
	return 0;
}

static int read_locks(struct restore *restore, struct image_file *image, struct lock_list *list)
{
	for (;;) {
		_cleanup_message_ FileLockEntry *record = NULL;
		int ret = image_read_record(image, NULL, (ProtobufCMessage **)&record);

		if (ret < 0)
			return log_errno(ret, "cannot read '%s'", image_name(image));
		if (ret == 0)
			return 0;
		ret = check_record(record);
		if (ret < 0)
			return ret;
		lock_list_add(list, &restore->arena)->record = *record;
	}
}

static int file_lock_list_load(struct restore *restore)
{
	struct lock_list *list = lock_list_get(&restore->kind_state, &restore->arena);
	_cleanup_image_close_ struct image_file *image = NULL;
	int error = image_open(restore->images, IMAGE_FILE_LOCKS, 0, &image);

	if (error == -ENOENT)
		return 0;
	if (error < 0)
		return log_errno(error, "cannot open 'filelocks.img'");
	error = read_locks(restore, image, list);
	if (error == 0 && !STAILQ_EMPTY(&list->locks) && !restore->options->file_locks)
		restore_refuse(restore, NULL, "the images have file locks; use --file-locks to restore them");
	return error;
}

/* By now the tables of descriptors are known. */
static int file_lock_list_make(struct restore *restore)
{
	const struct lock_list *list = lock_list_get(&restore->kind_state, &restore->arena);
	struct lock *lock;
	struct task *task;

	STAILQ_FOREACH(lock, &list->locks, link) {
		lock->owner = lock->record.has_file_in_flight ? restore->root
							      : find_owner(restore, lock->record.pid);
		if (!lock->owner || !find_locked_file(restore, lock->owner, &lock->record))
			return log_fail(-EBADMSG, "filelocks.img: there is no task %d with descriptor %d",
					lock->record.pid, lock->record.fd);
		lock->owner->nr_locks++;
	}
	TAILQ_FOREACH(task, &restore->tasks, link) {
		task->locks = arena_array(&restore->arena, FileLockEntry *, task->nr_locks);
		task->nr_locks = 0;
	}
	STAILQ_FOREACH(lock, &list->locks, link) {
		task = lock->owner;
		task->locks[task->nr_locks++] = &lock->record;
	}
	return 0;
}

/* --- restore: in the tasks --- */

static struct flock flock_of(const FileLockEntry *record)
{
	return (struct flock){
		.l_type = (short)record->type,
		.l_whence = SEEK_SET,
		.l_start = record->start,
		.l_len = record->len,
	};
}

/* The kernel tells nobody's name for flock; /proc/locks does. 0: not to be found. */
static pid_t find_flock_holder(int fd)
{
	_cleanup_close_ int proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_proc_locks_ struct proc_locks locks = { 0 };
	struct stat stat;

	if (proc_fd < 0 || fstat(fd, &stat) < 0 || proc_read_locks(proc_fd, &locks) < 0)
		return 0;
	for (size_t i = 0; i < locks.count; i++)
		if (locks.items[i].kind == PROC_LOCK_FLOCK && !locks.items[i].waiting &&
		    locks.items[i].inode == stat.st_ino)
			return locks.items[i].pid;
	return 0;
}

static int fail_locked(struct restore *restore, const struct task *task, const FileLockEntry *record, pid_t holder)
{
	const struct file *file = find_locked_file(restore, task, record);
	const char *who = "an open file of another process holds",
		   *range = arena_printf(&restore->arena, "byte %" PRId64 " to the end", record->start);

	if (holder > 0)
		who = arena_printf(&restore->arena, "%s holds", outside_describe(&restore->arena, holder));
	if (record->len)
		range = arena_printf(&restore->arena, "bytes %" PRId64 " to %" PRId64, record->start,
				     record->start + record->len - 1);
	return log_fail(
		-EAGAIN, "task %d: descriptor %d ('%s'): cannot lock %s: %s a lock there; end that and try again",
		task->pid, record->fd, file && file->record->reg ? file->record->reg->name : "?", range, who);
}

static int fail_system(const struct task *task, const FileLockEntry *record)
{
	return log_errno(errno, "task %d: descriptor %d: cannot be locked", task->pid, record->fd);
}

/* POSIX locks go when any descriptor of the file is closed: only the restorer, when all others are closed, can set
 * them. This is to tell who is in the way. */
static int check_posix(struct restore *restore, const struct task *task, const FileLockEntry *record)
{
	struct flock lock = flock_of(record);

	if (fcntl(record->fd, F_GETLK, &lock) < 0)
		return fail_system(task, record);
	return lock.l_type == F_UNLCK ? 0 : fail_locked(restore, task, record, lock.l_pid);
}

static int set_ofd(struct restore *restore, const struct task *task, const FileLockEntry *record)
{
	struct flock lock = flock_of(record);

	if (fcntl(record->fd, F_OFD_SETLK, &lock) == 0)
		return 0;
	if (errno != EAGAIN && errno != EACCES)
		return fail_system(task, record);
	lock = flock_of(record);
	if (fcntl(record->fd, F_OFD_GETLK, &lock) < 0 || lock.l_type == F_UNLCK)
		lock.l_pid = 0;
	return fail_locked(restore, task, record, lock.l_pid);
}

static int set_flock(struct restore *restore, const struct task *task, const FileLockEntry *record)
{
	if (flock(record->fd, (record->type == F_RDLCK ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return fail_system(task, record);
	return fail_locked(restore, task, record, find_flock_holder(record->fd));
}

static int file_locks_in_task(struct restore *restore, struct task *task)
{
	int error = 0;

	for (unsigned int i = 0; i < task->nr_locks && error == 0; i++) {
		FileLockEntry *record = task->locks[i];
		const struct file *in_flight = record->has_file_in_flight
						       ? find_locked_file(restore, task, record)
						       : NULL;

		if (in_flight)
			record->fd = in_flight->fd;
		if (record->flag == LOCK_IS_POSIX)
			error = check_posix(restore, task, record);
		else if (record->flag == LOCK_IS_OFD)
			error = set_ofd(restore, task, record);
		else if (record->flag == LOCK_IS_LEASE)
			error = lease_set(task, record, find_locked_file(restore, task, record));
		else
			error = set_flock(restore, task, record);
	}
	return error;
}

static int file_locks_plan_task(struct restore *restore, struct task *task, struct restorer_task *plan)
{
	struct restorer_lock *locks = arguments_alloc(restore, task->nr_locks * sizeof(*locks), &plan->locks);

	if (!locks)
		return -ENOMEM;
	for (unsigned int i = 0; i < task->nr_locks; i++) {
		const FileLockEntry *record = task->locks[i];

		if (record->flag == LOCK_IS_POSIX)
			locks[plan->nr_locks++] = (struct restorer_lock){
				.fd = record->fd,
				.type = (int16_t)record->type,
				.start = record->start,
				.length = record->len,
			};
	}
	return 0;
}

const struct task_kind file_locks_kind = {
	.name = "file locks",
	.survey = file_locks_survey,
	.in_task = file_locks_in_task,
	.plan_task = file_locks_plan_task,
};

const struct global_kind file_lock_list_kind = {
	.name = "list of file locks",
	.dump = file_lock_list_dump,
	.load = file_lock_list_load,
	.make = file_lock_list_make,
};
