// SPDX-License-Identifier: GPL-2.0-only
/* Security labels: what files of /proc/PID/attr say, and what --lsm-profile takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "criu/kernel/security-module.h"

static void assert_label(const char *text, const char *wanted)
{
	char label[SECURITY_LABEL_MAX];

	strcpy(label, text);
	security_parse_label(label, sizeof(label));
	assert_string_equal(label, wanted);
}

static void labels_lose_what_is_not_theirs(void **state)
{
	assert_label("", "");
	assert_label("\n", "");
	assert_label("system_u:system_r:init_t:s0:c1,c2", "system_u:system_r:init_t:s0:c1,c2");
	assert_label("system_u:system_r:init_t:s0\n", "system_u:system_r:init_t:s0");
	assert_label("docker-default (enforce)\n", "docker-default");
	assert_label("a//&b (mixed)", "a//&b");
	assert_label("name (odd", "name (odd");
	assert_label("unconfined\n", "");
	assert_label("unconfined_u:unconfined_r:unconfined_t:s0", "unconfined_u:unconfined_r:unconfined_t:s0");
}

static void profiles_have_a_type(void **state)
{
	enum security_module module = SECURITY_OTHER;
	const char *name = NULL;

	assert_int_equal(security_parse_profile("apparmor:docker-default", &module, &name), 0);
	assert_int_equal(module, SECURITY_APPARMOR);
	assert_string_equal(name, "docker-default");
	assert_int_equal(security_parse_profile("selinux:a:b:c:s0", &module, &name), 0);
	assert_int_equal(module, SECURITY_SELINUX);
	assert_string_equal(name, "a:b:c:s0");
	assert_int_equal(security_parse_profile("none", &module, &name), 0);
	assert_int_equal(module, SECURITY_NONE);
	assert_int_equal(security_parse_profile("apparmor:", &module, &name), -EINVAL);
	assert_int_equal(security_parse_profile("smack:x", &module, &name), -EINVAL);
	assert_int_equal(security_parse_profile("", &module, &name), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(labels_lose_what_is_not_theirs),
		cmocka_unit_test(profiles_have_a_type),
	};

	return cmocka_run_group_tests_name("security modules", tests, NULL, NULL);
}
