// SPDX-License-Identifier: GPL-2.0-only
/* Limits and settings of an IPC namespace: sysctls below kernel/ and fs/mqueue/, which show the namespace of who opens
 * them. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "criu/objects/namespace/ipc-internal.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#define SYSCTL_PATH_SIZE 64
#define SYSCTL_TEXT_SIZE 128
#define SEM_CONTROLS 4 /* kernel.sem: SEMMSL, SEMMNS, SEMOPM, SEMMNI */

/* Numbers of a field each; those which a record may lack have has_. */
#define REQUIRED(sysctl, field)                                                               \
	{                                                                                     \
		sysctl, offsetof(IpcVarEntry, field), 0, sizeof(((IpcVarEntry *)NULL)->field) \
	}
#define OPTIONAL(sysctl, field)                                                           \
	{                                                                                 \
		sysctl, offsetof(IpcVarEntry, field), offsetof(IpcVarEntry, has_##field), \
			sizeof(((IpcVarEntry *)NULL)->field)                              \
	}

static const struct setting {
	const char *name;
	size_t field, has, size;
} settings_table[] = {
	REQUIRED("kernel/msgmax", msg_ctlmax),
	REQUIRED("kernel/msgmnb", msg_ctlmnb),
	REQUIRED("kernel/msgmni", msg_ctlmni),
	REQUIRED("kernel/auto_msgmni", auto_msgmni),
	REQUIRED("kernel/shmmax", shm_ctlmax),
	REQUIRED("kernel/shmall", shm_ctlall),
	REQUIRED("kernel/shmmni", shm_ctlmni),
	REQUIRED("kernel/shm_rmid_forced", shm_rmid_forced),
	REQUIRED("fs/mqueue/queues_max", mq_queues_max),
	REQUIRED("fs/mqueue/msg_max", mq_msg_max),
	REQUIRED("fs/mqueue/msgsize_max", mq_msgsize_max),
	OPTIONAL("fs/mqueue/msg_default", mq_msg_default),
	OPTIONAL("fs/mqueue/msgsize_default", mq_msgsize_default),
};

/* Which id the next object gets; -1: as it comes. After all objects. */
static const struct setting next_ids[] = {
	OPTIONAL("kernel/msg_next_id", msg_next_id),
	OPTIONAL("kernel/sem_next_id", sem_next_id),
	OPTIONAL("kernel/shm_next_id", shm_next_id),
};

/* As wide as the kernel has them (ipc/ipc_sysctl.c); "kernel/shmmax" is a number of bytes. */
static const struct {
	const char *name, *text;
} wide[] = {
	{ "kernel/msgmax", "2147483647" },
	{ "kernel/msgmnb", "2147483647" },
	{ "kernel/msgmni", "32768" },
	{ "kernel/shmmax", "18446744073692774399" },
	{ "kernel/shmall", "18446744073692774399" },
	{ "kernel/shmmni", "32768" },
	{ "kernel/sem", "32000 1024000000 500 32000" },
	{ "kernel/shm_rmid_forced", "0" },
	{ "fs/mqueue/queues_max", "2147483647" },
	{ "fs/mqueue/msg_max", "65536" },
	{ "fs/mqueue/msgsize_max", "16777216" },
};

static int open_setting(const char *name, int flags)
{
	char path[SYSCTL_PATH_SIZE];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/%s", name);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int read_text(const char *name, char *text)
{
	_cleanup_close_ int fd = open_setting(name, O_RDONLY);
	ssize_t got;

	if (fd < 0)
		return fd;
	got = read(fd, text, SYSCTL_TEXT_SIZE - 1);
	if (got < 0)
		return -errno;
	text[got] = '\0';
	return 0;
}

int ipc_read_number(const char *name, uint64_t *ret_value)
{
	char text[SYSCTL_TEXT_SIZE];
	int error = read_text(name, text);

	if (!error)
		*ret_value = text[0] == '-' ? (uint64_t)strtoll(text, NULL, 10) : strtoull(text, NULL, 10);
	return error;
}

int ipc_write_text(const char *name, const char *text)
{
	_cleanup_close_ int fd = open_setting(name, O_WRONLY);

	if (fd < 0)
		return fd;
	return write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

/* --- dump --- */

static void set_field(IpcVarEntry *record, const struct setting *setting, uint64_t value)
{
	void *field = (char *)record + setting->field;

	if (setting->size == sizeof(uint64_t))
		memcpy(field, &value, sizeof(value));
	else
		*(uint32_t *)field = (uint32_t)value;
	if (setting->has)
		*(protobuf_c_boolean *)((char *)record + setting->has) = 1;
}

static int read_settings(IpcVarEntry *record)
{
	uint64_t value = 0;

	for (size_t i = 0; i < ARRAY_SIZE(settings_table); i++) {
		int error = ipc_read_number(settings_table[i].name, &value);

		if (error < 0 && error != -ENOENT)
			return log_errno(error, "setting '%s' cannot be read", settings_table[i].name);
		if (!error || !settings_table[i].has)
			set_field(record, &settings_table[i], error ? 0 : value);
	}
	for (size_t i = 0; i < ARRAY_SIZE(next_ids); i++) {
		int error = ipc_read_number(next_ids[i].name, &value);

		if (error < 0)
			return log_errno(error, "setting '%s' cannot be read", next_ids[i].name);
		if ((int32_t)value >= 0)
			set_field(record, &next_ids[i], value);
	}
	return 0;
}

static int read_semaphore_controls(uint32_t *controls)
{
	char text[SYSCTL_TEXT_SIZE];
	int error = read_text("kernel/sem", text);

	if (!error && sscanf(text, "%u %u %u %u", &controls[0], &controls[1], &controls[2], &controls[3]) !=
			      SEM_CONTROLS)
		error = -EBADMSG;
	return error < 0 ? log_errno(error, "setting 'kernel/sem' cannot be read") : 0;
}

/* With shm_rmid_forced a segment lives unattached only as long as who made it, and that will be criu. */
int ipc_settings_survey(struct dump *dump, const struct namespace *namespace)
{
	const struct ipc_contents *contents = namespace->object;
	const struct ipc_object *object;
	uint64_t forced = 0;
	int error = ipc_read_number("kernel/shm_rmid_forced", &forced);

	if (error < 0)
		return log_errno(error, "setting '%s' cannot be read", "kernel/shm_rmid_forced");
	TAILQ_FOREACH(object, &contents->objects, link)
		if (forced && object->wanted && object->sort == IPC_SEGMENTS && !object->nr_attached)
			dump_refuse(dump, NULL,
				    "shared memory segment %d (key %#x) is not attached, and kernel.shm_rmid_forced is 1: "
				    "the restored one would be removed at once; set it to 0, or attach the segment",
				    object->id, object->desc.key);
	return 0;
}

int ipc_settings_dump(struct dump *dump, uint32_t id)
{
	IpcVarEntry record = IPC_VAR_ENTRY__INIT;
	struct image_file *image = NULL;
	uint32_t controls[SEM_CONTROLS];
	int error = read_semaphore_controls(controls), close_error;

	if (!error)
		error = read_settings(&record);
	if (error < 0)
		return error;
	record.n_sem_ctls = SEM_CONTROLS;
	record.sem_ctls = controls;
	error = image_create(dump->images, IMAGE_IPC_VAR, id, &image);
	if (error < 0)
		return log_errno(error, "cannot create '%s'", "ipcns-var");
	error = image_write_record(image, &record.base);
	close_error = image_close(image);
	error = error ?: close_error;
	return error < 0 ? log_errno(error, "cannot write '%s'", "ipcns-var") : 0;
}

/* --- restore --- */

int ipc_settings_load(struct restore *restore, uint32_t id, IpcVarEntry **ret_settings)
{
	_cleanup_image_close_ struct image_file *image = NULL;
	ProtobufCMessage *message = NULL;
	int error = image_open(restore->images, IMAGE_IPC_VAR, id, &image);

	if (!error)
		error = image_read_single(image, &message);
	if (error || !message)
		return log_errno(error ?: -EBADMSG, "image 'ipcns-var-%u.img' cannot be read", id);
	*ret_settings = (IpcVarEntry *)message;
	if ((*ret_settings)->n_sem_ctls != SEM_CONTROLS)
		return log_fail(-EBADMSG, "image 'ipcns-var-%u.img': %zu limits of semaphores", id,
				(*ret_settings)->n_sem_ctls);
	return 0;
}

static int apply(const IpcVarEntry *record, const struct setting *setting)
{
	const void *field = (const char *)record + setting->field;
	uint64_t value, now = 0;
	char text[SYSCTL_TEXT_SIZE];
	int error;

	if (setting->has && !*(const protobuf_c_boolean *)((const char *)record + setting->has))
		return 0;
	value = setting->size == sizeof(uint64_t) ? *(const uint64_t *)field : *(const uint32_t *)field;
	error = ipc_read_number(setting->name, &now);
	/* What a kernel does not have had no effect where the record says 0. */
	if ((error == -ENOENT && !value) || (!error && now == value))
		return 0;
	snprintf(text, sizeof(text), "%" PRIu64, value);
	error = error < 0 ? error : ipc_write_text(setting->name, text);
	return error < 0 ? log_errno(error, "setting '%s' of the IPC namespace cannot be made %s",
				     setting->name, text)
			 : 0;
}

int ipc_settings_widen(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(wide); i++) {
		int error = ipc_write_text(wide[i].name, wide[i].text);

		if (error < 0 && error != -ENOENT)
			return log_errno(error, "setting '%s' of the IPC namespace cannot be made %s",
					 wide[i].name, wide[i].text);
	}
	return 0;
}

int ipc_settings_apply(const IpcVarEntry *settings)
{
	const uint32_t *controls = settings->sem_ctls;
	char text[SYSCTL_TEXT_SIZE];
	int error;

	snprintf(text, sizeof(text), "%u %u %u %u", controls[0], controls[1], controls[2], controls[3]);
	error = ipc_write_text("kernel/sem", text);
	if (error < 0)
		return log_errno(error, "setting 'kernel/sem' of the IPC namespace cannot be made '%s'", text);
	for (size_t i = 0; !error && i < ARRAY_SIZE(settings_table); i++)
		error = apply(settings, &settings_table[i]);
	for (size_t i = 0; !error && i < ARRAY_SIZE(next_ids); i++)
		error = apply(settings, &next_ids[i]);
	return error;
}
