// SPDX-License-Identifier: GPL-2.0-only
/* Without --allow-uprobes a task that has met a user probe is refused, with the cure.
 *
 * skip-if: not-x86
 * refuses: uprobes; --allow-uprobes
 * kinds: uprobes
 */
#include "../memory/probed.h"

int main(int argc, char **argv)
{
	test_init(argc, argv);
	meet_probe();
	test_ready();
	test_wait();
	check(probed() == 55, "the function does not work");
	pass();
}
