// SPDX-License-Identifier: GPL-2.0-only
/* Keys in the keyrings of a thread, of a process and of a session of its own are refused by name, and are there after it.
 *
 * refuses: its thread keyring holds; its process keyring holds; its session keyring holds; criu-test
 * kinds: keyrings
 */
#include "test.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static const long keyrings[] = { KEY_SPEC_THREAD_KEYRING, KEY_SPEC_PROCESS_KEYRING,
					 KEY_SPEC_SESSION_KEYRING };
	long keys[ARRAY_SIZE(keyrings)];
	char value[8];

	test_init(argc, argv);
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0)
		skip("keyctl: %s", strerror(errno));
	for (size_t i = 0; i < ARRAY_SIZE(keyrings); i++)
		keys[i] = must(syscall(SYS_add_key, "user", "criu-test", "secret", 6L, keyrings[i]));
	test_ready();
	test_wait();
	for (size_t i = 0; i < ARRAY_SIZE(keyrings); i++)
		check(must(syscall(SYS_keyctl, KEYCTL_READ, keys[i], value, sizeof(value))) == 6, "a key is lost");
	pass();
}
