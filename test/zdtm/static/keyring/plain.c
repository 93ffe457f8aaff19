// SPDX-License-Identifier: GPL-2.0-only
/* A session keyring as a login makes it (pam_keyinit(8)), with nothing but the keyring of the user, empty keyrings of
 * process and thread: nothing to refuse.
 *
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
	test_init(argc, argv);
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0)
		skip("keyctl: %s", strerror(errno));
	must(syscall(SYS_keyctl, KEYCTL_LINK, KEY_SPEC_USER_KEYRING, KEY_SPEC_SESSION_KEYRING));
	must(syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 1));
	must(syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_THREAD_KEYRING, 1));
	test_ready();
	test_wait();
	must(syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0));
	pass();
}
