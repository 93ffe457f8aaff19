// SPDX-License-Identifier: GPL-2.0-only
/* Capabilities of this kernel, and what they are called. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

#include "criu/kernel/capabilities.h"

static void the_kernel_has_as_many(void **state)
{
	FILE *file = fopen("/proc/sys/kernel/cap_last_cap", "re");
	unsigned int last;

	if (!file)
		skip();
	assert_int_equal(fscanf(file, "%u", &last), 1);
	fclose(file);
	assert_int_equal(capabilities_count(), last + 1);
}

static void each_has_a_name(void **state)
{
	for (unsigned int i = 0; i <= CAP_CHECKPOINT_RESTORE; i++)
		assert_int_equal(strncmp(capability_name(i), "cap_", 4), 0);
	assert_string_equal(capability_name(CAP_CHOWN), "cap_chown");
	assert_string_equal(capability_name(CAP_SYS_ADMIN), "cap_sys_admin");
	assert_string_equal(capability_name(CAP_CHECKPOINT_RESTORE), "cap_checkpoint_restore");
	assert_string_equal(capability_name(1000), "?");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kernel_has_as_many),
		cmocka_unit_test(each_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
