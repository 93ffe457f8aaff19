// SPDX-License-Identifier: GPL-2.0-only
/* A virtual machine and the device that makes it are refused by name.
 *
 * refuses: /dev/kvm; kvm-vm; virtual machines (kvm)
 * kinds: regular
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int kvm, machine;

	test_init(argc, argv);
	kvm = open("/dev/kvm", O_RDWR);
	if (kvm < 0)
		skip("/dev/kvm: %s", strerror(errno));
	machine = ioctl(kvm, KVM_CREATE_VM, 0);
	if (machine < 0)
		skip("KVM_CREATE_VM: %s", strerror(errno));
	test_ready();
	test_wait();
	must(close(machine));
	must(close(kvm));
	pass();
}
