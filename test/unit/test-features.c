// SPDX-License-Identifier: GPL-2.0-only
/* The table of kernel features, what probes leave behind (nothing), and the cache of answers. */
#include "test/unit/recorded.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "criu/kernel/kernel.h"
#include "criu/kernel/proc/list.h"
#include "criu/kernel/proc/namespaces.h"
#include "criu/kernel/proc/open.h"
#include "criu/kernel/proc/status.h"
#include "criu/util/macros.h"

/* What `criu check --feature` has to know. */
static const char *const names[] = {
	"mnt_id",
	"mem_dirty_track",
	"aio_remap",
	"timerfd",
	"tun",
	"tun_ns",
	"userns",
	"fdinfo_lock",
	"seccomp_suspend",
	"seccomp_filters",
	"loginuid",
	"cgroupns",
	"autofs",
	"tcp_half_closed",
	"compat_cr",
	"uffd",
	"uffd-noncoop",
	"can_map_vdso",
	"sk_ns",
	"sk_unix_file",
	"net_diag_raw",
	"nsid",
	"link_nsid",
	"kcmp_epoll",
	"timens",
	"external_net_ns",
	"clone3_set_tid",
	"newifindex",
	"nftables",
	"has_ipt_legacy",
	"pidfd_store",
	"ns_pid",
	"apparmor_stacking",
	"network_lock_nftables",
	"sockopt_buf_lock",
	"memfd_hugetlb",
	"move_mount_set_group",
	"openat2",
	"get_rseq_conf",
	"ipv6_freebind",
	"pagemap_scan",
	"timer_cr_ids",
	"overlayfs_maps",
	"breakpoints",
	"pagemap_scan_guard_pages",
};

static void test_names(void **state)
{
	enum kernel_feature feature;

	assert_int_equal(ARRAY_SIZE(names), 45);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_int_equal(kernel_find_feature(names[i], &feature), 0);
		assert_string_equal(kernel_feature_name(feature), names[i]);
	}
	assert_int_equal(kernel_find_feature("list", &feature), -ENOENT);
	for (int i = 0; i < KERNEL_FEATURE_COUNT; i++) {
		assert_int_equal(kernel_find_feature(kernel_feature_name(i), &feature), 0);
		assert_int_equal(feature, i); /* no name twice */
		assert_true(strlen(kernel_feature_text(i)) > 0);
	}
}

static void test_asked_once(void **state)
{
	struct kernel kernel;

	kernel_init(&kernel);
	assert_int_equal(kernel.probes_run, 0);
	assert_true(kernel_has(&kernel, KERNEL_EXTERNAL_NET_NS));
	assert_true(kernel_has(&kernel, KERNEL_PROC_STAT));
	assert_int_equal(kernel.probes_run, 2);
	assert_true(kernel_has(&kernel, KERNEL_PROC_STAT));
	assert_int_equal(kernel.probes_run, 2);
}

/* All of a process that a probe could have changed. */
struct traces {
	struct proc_namespaces namespaces;
	struct proc_fds fds;
	struct proc_status status;
	char *mountinfo;
	size_t mountinfo_size;
};

static void read_traces(int task, struct traces *traces)
{
	assert_int_equal(proc_read_namespaces(task, &traces->namespaces), 0);
	assert_int_equal(proc_read_fds(task, &traces->fds), 0);
	assert_int_equal(proc_read_status(task, &traces->status), 0);
	assert_int_equal(proc_read_file(task, "mountinfo", PROC_LARGE_FILE_MAX, &traces->mountinfo,
					&traces->mountinfo_size),
			 0);
}

static void free_traces(struct traces *traces)
{
	proc_free_fds(&traces->fds);
	proc_free_status(&traces->status);
	free(traces->mountinfo);
}

static void assert_same_traces(const struct traces *before, const struct traces *after)
{
	assert_memory_equal(&before->namespaces, &after->namespaces, sizeof(before->namespaces));
	assert_int_equal(before->fds.count, after->fds.count);
	assert_string_equal(before->mountinfo, after->mountinfo);
	assert_int_equal(before->status.threads, after->status.threads);
	assert_int_equal(before->status.sig_blocked, after->status.sig_blocked);
	assert_int_equal(before->status.sig_caught, after->status.sig_caught);
	assert_int_equal(before->status.sig_pending, after->status.sig_pending);
	assert_int_equal(before->status.sig_shared_pending, after->status.sig_shared_pending);
	assert_int_equal(before->status.seccomp, after->status.seccomp);
	assert_int_equal(before->status.no_new_privs, after->status.no_new_privs);
	assert_int_equal(before->status.cap_effective, after->status.cap_effective);
}

static void test_nothing_is_left(void **state)
{
	_cleanup_close_ int task = proc_open_task(getpid());
	struct traces before, after;
	struct kernel kernel;

	kernel_init(&kernel);
	read_traces(task, &before);
	for (int i = 0; i < KERNEL_FEATURE_COUNT; i++) {
		kernel_has(&kernel, i);
		assert_int_equal(waitpid(-1, NULL, __WALL | WNOHANG), -1);
		assert_int_equal(errno, ECHILD);
	}
	read_traces(task, &after);
	assert_same_traces(&before, &after);
	free_traces(&before);
	free_traces(&after);
}

#define CACHE "criu.kdat"

static char folder[] = "/tmp/test-features-XXXXXX";
static int folder_fd = -EBADF;

static int make_folder(void **state)
{
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	folder_fd = mkdtemp(folder) ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	return folder_fd < 0;
}

static int remove_folder(void **state)
{
	unlinkat(folder_fd, CACHE, 0);
	unlinkat(folder_fd, "other", 0);
	close(folder_fd);
	return rmdir(folder);
}

/* A cache with one yes in it. */
static void save_cache(void)
{
	struct kernel kernel;

	kernel_init(&kernel);
	assert_true(kernel_has(&kernel, KERNEL_EXTERNAL_NET_NS));
	kernel.answers[KERNEL_TUN] = KERNEL_NO;
	assert_int_equal(kernel_save_cache_at(&kernel, folder_fd), 0);
	assert_false(kernel.has_news);
}

static void test_cache_round_trip(void **state)
{
	struct kernel kernel;

	save_cache();
	kernel_init(&kernel);
	assert_int_equal(kernel_load_cache_at(&kernel, folder_fd), 0);
	assert_int_equal(kernel.answers[KERNEL_EXTERNAL_NET_NS], KERNEL_YES);
	assert_int_equal(kernel.answers[KERNEL_TUN], KERNEL_NOT_ASKED); /* a no is asked again */
	assert_true(kernel_has(&kernel, KERNEL_EXTERNAL_NET_NS));
	assert_int_equal(kernel.probes_run, 0);
	assert_false(kernel.has_news);
}

static void test_cache_without_news(void **state)
{
	struct kernel kernel;

	kernel_init(&kernel);
	assert_int_equal(kernel_save_cache_at(&kernel, folder_fd), 0);
	assert_int_equal(kernel_load_cache_at(&kernel, folder_fd), -ENOENT);
}

static void refuse_cache(int expected)
{
	struct kernel kernel;

	kernel_init(&kernel);
	assert_int_equal(kernel_load_cache_at(&kernel, folder_fd), expected);
	assert_int_equal(kernel.answers[KERNEL_EXTERNAL_NET_NS], KERNEL_NOT_ASKED);
}

/* Either magic, the boot id, the user and the capabilities. */
static void test_cache_of_another(void **state)
{
	static const off_t offsets[] = { 0, 4, 8, 43, 44, 48, 52 };

	for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
		_cleanup_close_ int fd = -EBADF;
		char byte;

		save_cache();
		fd = openat(folder_fd, CACHE, O_RDWR | O_CLOEXEC);
		assert_int_equal(pread(fd, &byte, 1, offsets[i]), 1);
		byte ^= 1;
		assert_int_equal(pwrite(fd, &byte, 1, offsets[i]), 1);
		refuse_cache(-ESTALE);
	}
}

static void test_cache_damaged(void **state)
{
	_cleanup_close_ int fd = -EBADF;

	save_cache();
	fd = openat(folder_fd, CACHE, O_RDWR | O_CLOEXEC);
	assert_int_equal(ftruncate(fd, 20), 0);
	refuse_cache(-ESTALE);
	assert_int_equal(ftruncate(fd, 1 << 20), 0);
	refuse_cache(-EFBIG);
	assert_int_equal(ftruncate(fd, 0), 0);
	refuse_cache(-ESTALE);
}

static void test_cache_of_strangers(void **state)
{
	save_cache();
	assert_int_equal(fchmodat(folder_fd, CACHE, 0622, 0), 0);
	refuse_cache(-EPERM);
	assert_int_equal(fchmodat(folder_fd, CACHE, 0600, 0), 0);
	assert_int_equal(renameat(folder_fd, CACHE, folder_fd, "other"), 0);
	assert_int_equal(symlinkat("other", folder_fd, CACHE), 0);
	refuse_cache(-ELOOP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_asked_once),
		cmocka_unit_test(test_nothing_is_left),
		cmocka_unit_test_setup_teardown(test_cache_round_trip, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_cache_without_news, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_cache_of_another, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_cache_damaged, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_cache_of_strangers, make_folder, remove_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
