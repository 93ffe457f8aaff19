// SPDX-License-Identifier: GPL-2.0-only
/* What types of namespaces there are, and where records of ids have them. */
#include "criu/model/namespace.h"

#include <sched.h>
#include <stddef.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

#define TYPE(id_field, clone_flag, ns_name)                                                      \
	{                                                                                        \
		.name = ns_name, .flag = clone_flag, .id = offsetof(TaskKobjIdsEntry, id_field), \
		.has_id = offsetof(TaskKobjIdsEntry, has_##id_field),                            \
	}

static const struct {
	const char *name;
	int flag;
	size_t id, has_id;
} types[NAMESPACE_TYPES] = {
	[NAMESPACE_PID] = TYPE(pid_ns_id, CLONE_NEWPID, "pid"),
	[NAMESPACE_NET] = TYPE(net_ns_id, CLONE_NEWNET, "net"),
	[NAMESPACE_IPC] = TYPE(ipc_ns_id, CLONE_NEWIPC, "ipc"),
	[NAMESPACE_UTS] = TYPE(uts_ns_id, CLONE_NEWUTS, "uts"),
	[NAMESPACE_TIME] = TYPE(time_ns_id, CLONE_NEWTIME, "time"),
	[NAMESPACE_MNT] = TYPE(mnt_ns_id, CLONE_NEWNS, "mnt"),
	[NAMESPACE_USER] = TYPE(user_ns_id, CLONE_NEWUSER, "user"),
	[NAMESPACE_CGROUP] = TYPE(cgroup_ns_id, CLONE_NEWCGROUP, "cgroup"),
};

const char *namespace_type_name(enum namespace_type type)
{
	return types[type].name;
}

int namespace_clone_flag(enum namespace_type type)
{
	return types[type].flag;
}

uint32_t namespace_get_id(const TaskKobjIdsEntry *ids, enum namespace_type type)
{
	bool is_there = *(const protobuf_c_boolean *)((const char *)ids + types[type].has_id);

	return is_there ? *(const uint32_t *)((const char *)ids + types[type].id) : 0;
}

void namespace_set_id(TaskKobjIdsEntry *ids, enum namespace_type type, uint32_t id)
{
	*(protobuf_c_boolean *)((char *)ids + types[type].has_id) = 1;
	*(uint32_t *)((char *)ids + types[type].id) = id;
}

struct namespace *namespace_find(const struct namespace_list *list, enum namespace_type type, uint32_t id)
{
	struct namespace *namespace;

	TAILQ_FOREACH(namespace, list, link)
		if (namespace->type == type && namespace->id == id)
			return namespace;
	return NULL;
}
