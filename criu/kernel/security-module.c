// SPDX-License-Identifier: GPL-2.0-only
/* Security modules and their labels. /proc/PID/attr/current is there without any module, too: reading it fails then. */
#include "criu/kernel/security-module.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "criu/util/cleanup.h"
#include "criu/util/macros.h"

#define UNCONFINED "unconfined"

static bool says_yes(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	char answer = 'N';

	return fd >= 0 && read(fd, &answer, 1) == 1 && answer == 'Y';
}

enum security_module security_module_of_host(void)
{
	char label[SECURITY_LABEL_MAX];

	if (access("/sys/fs/selinux/enforce", F_OK) == 0)
		return SECURITY_SELINUX;
	if (says_yes("/sys/module/apparmor/parameters/enabled"))
		return SECURITY_APPARMOR;
	if (security_read_label(AT_FDCWD, "/proc/thread-self/attr/current", label) < 0 || !label[0])
		return SECURITY_NONE;
	return SECURITY_OTHER;
}

const char *security_module_name(enum security_module module)
{
	static const char *const names[] = {
		[SECURITY_NONE] = "no security module",
		[SECURITY_SELINUX] = "SELinux",
		[SECURITY_APPARMOR] = "AppArmor",
		[SECURITY_OTHER] = "another security module",
	};

	return module < ARRAY_SIZE(names) ? names[module] : "an unknown security module";
}

void security_parse_label(char *label, size_t size)
{
	size_t length = strnlen(label, size);
	char *mode;

	while (length > 0 && (label[length - 1] == '\n' || label[length - 1] == ' '))
		length--;
	label[length] = '\0';
	mode = strstr(label, " (");
	if (mode && length && label[length - 1] == ')')
		*mode = '\0';
	if (!strcmp(label, UNCONFINED))
		label[0] = '\0';
}

int security_read_label(int dir_fd, const char *path, char ret_label[SECURITY_LABEL_MAX])
{
	_cleanup_close_ int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
	char label[SECURITY_LABEL_MAX];
	ssize_t length;

	if (fd < 0)
		return -errno;
	length = read(fd, label, sizeof(label) - 1);
	if (length < 0)
		return -errno;
	label[length] = '\0';
	security_parse_label(label, sizeof(label));
	strcpy(ret_label, label);
	return 0;
}

int security_parse_profile(const char *text, enum security_module *ret_module, const char **ret_name)
{
	static const struct {
		const char *prefix;
		enum security_module module;
	} types[] = {
		{ "selinux:", SECURITY_SELINUX },
		{ "apparmor:", SECURITY_APPARMOR },
	};

	if (!strcmp(text, "none")) {
		*ret_module = SECURITY_NONE;
		*ret_name = "";
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		size_t length = strlen(types[i].prefix);

		if (strncmp(text, types[i].prefix, length) != 0 || !text[length])
			continue;
		*ret_module = types[i].module;
		*ret_name = text + length;
		return 0;
	}
	return -EINVAL;
}
