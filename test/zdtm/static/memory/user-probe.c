// SPDX-License-Identifier: GPL-2.0-only
/* The area that the kernel maps for a user probe is left out with --allow-uprobes; the task goes on without it, and can
 * be probed again.
 *
 * skip-if: not-x86
 * options: --allow-uprobes
 * not-compared: mappings
 * kinds: uprobes uprobe_permission
 */
#include "probed.h"

int main(int argc, char **argv)
{
	test_init(argc, argv);
	meet_probe();
	test_ready();
	test_wait();
	check(probed() == 55, "the function does not work");
	meet_probe();
	pass();
}
