/* SPDX-License-Identifier: GPL-2.0-only */
/* Which security module labels the tasks of this host, and the labels in /proc/PID/attr. */
#ifndef CRIU_KERNEL_SECURITY_MODULE_H
#define CRIU_KERNEL_SECURITY_MODULE_H

#include <stddef.h>

#define SECURITY_LABEL_MAX 4096

/* The numbers are those of lsmtype in inventories; the last is ours. */
enum security_module {
	SECURITY_NONE,
	SECURITY_SELINUX,
	SECURITY_APPARMOR,
	SECURITY_OTHER, /* labels tasks, and is none of these: Smack */
};

enum security_module security_module_of_host(void);
/* "SELinux"; for messages. */
const char *security_module_name(enum security_module module);

/* The label in @path ("attr/current") below @dir_fd, the directory of a task or thread. Empty: it has none, which is
 * also what a task unconfined by AppArmor has. -errno. */
int security_read_label(int dir_fd, const char *path, char ret_label[SECURITY_LABEL_MAX]);
/* What a file of attr/ says: without its end of line, and without the mode that AppArmor adds: "name (enforce)". */
void security_parse_label(char *label, size_t size);

/* "TYPE:NAME" as --lsm-profile takes it: selinux:NAME, apparmor:NAME, or "none". *@ret_name points into @text. -EINVAL:
 * is none of these. */
int security_parse_profile(const char *text, enum security_module *ret_module, const char **ret_name);

#endif
