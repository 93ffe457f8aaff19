// SPDX-License-Identifier: GPL-2.0-only
/* The five capability sets: permitted, effective, inheritable, ambient, bounding.
 *
 * flavours: host ns
 */
#include "test.h"

#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const int ambient[] = { CAP_NET_BIND_SERVICE, CAP_SYS_NICE };
static const int unbound[] = { CAP_SYS_MODULE, CAP_SYS_RAWIO, CAP_AUDIT_WRITE };

int main(int argc, char **argv)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2], now[2];

	test_init(argc, argv);
	for (size_t i = 0; i < ARRAY_SIZE(unbound); i++)
		must(prctl(PR_CAPBSET_DROP, unbound[i]));
	must(syscall(SYS_capget, &header, data));
	for (size_t i = 0; i < ARRAY_SIZE(ambient); i++)
		data[0].inheritable |= 1U << ambient[i];
	data[0].permitted &= ~(1U << CAP_SYS_RAWIO);
	data[0].effective &= ~(1U << CAP_SYS_RAWIO | 1U << CAP_SYS_TIME | 1U << CAP_CHOWN);
	must(syscall(SYS_capset, &header, data));
	for (size_t i = 0; i < ARRAY_SIZE(ambient); i++)
		must(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, ambient[i], 0, 0));
	must(syscall(SYS_capget, &header, data));
	test_ready();
	test_wait();
	must(syscall(SYS_capget, &header, now));
	check(!memcmp(data, now, sizeof(data)),
	      "effective %#x permitted %#x inheritable %#x became %#x %#x %#x", data[0].effective,
	      data[0].permitted, data[0].inheritable, now[0].effective, now[0].permitted, now[0].inheritable);
	for (int cap = 0; cap <= CAP_AUDIT_WRITE; cap++) {
		bool raised = cap == ambient[0] || cap == ambient[1];

		check(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) == raised,
		      "ambient capability %d", cap);
	}
	for (size_t i = 0; i < ARRAY_SIZE(unbound); i++)
		check(!prctl(PR_CAPBSET_READ, unbound[i]), "capability %d is back in the bounding set",
		      unbound[i]);
	check(prctl(PR_CAPBSET_READ, CAP_KILL) == 1, "CAP_KILL is not in the bounding set");
	pass();
}
