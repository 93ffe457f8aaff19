// SPDX-License-Identifier: GPL-2.0-only
/* Worker, guardian, reserve. The worker does all of the dump; the guardian, its parent, only waits, and puts the tree
 * back from the shared ledger when the worker dies. A guardian that is killed takes the dump with it: the worker gets a
 * signal, stops at the next task and undoes what it did. Should both be killed at once, by name or by group, the
 * reserve steps in, which has another name and another group. */
#include "criu/dump/run.h"

#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <compel/compel.h>

#include "criu/collect/freezer.h"
#include "criu/collect/waits.h"
#include "criu/dump/internal.h"
#include "criu/image/directory.h"
#include "criu/image/file.h"
#include "criu/kernel/kernel.h"
#include "criu/objects/socket/peek-guard.h"
#include "criu/objects/socket/network-lock.h"
#include "criu/objects/socket/repair-guard.h"
#include "criu/options/options.h"
#include "criu/pages/copy.h"
#include "criu/plugin/plugin.h"
#include "criu/util/cleanup.h"
#include "criu/util/guardian.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"
#include "criu/util/open-files.h"

#define MAX_THREADS 65536
#define RESERVE_WAIT 10 /* seconds */

/* What the worker leaves to the guardian, in shared memory. */
struct report {
	struct freezer freezer;
	struct peek_guard peek_guard;
	struct traffic_lock network_lock;
	struct repair_guard repair_guard;
	int error;
	bool finished;
	pid_t guardian;
	pid_t worker;	      /* 0: not yet */
	sem_t guarded;	      /* posted when there is a reserve... */
	pid_t reserve;	      /* ...which is this one */
	volatile pid_t apart; /* at work, and outlives the worker; 0: none */
};

static volatile sig_atomic_t cancelled;
static volatile pid_t worker_pid;

static void cancel_worker(int signal)
{
	cancelled = 1;
	if (worker_pid > 0)
		kill(worker_pid, SIGTERM);
}

static void catch_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = cancel_worker };

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &action, NULL);
}

/* No task may be touched before. Who should start it may be dead, or it itself. */
static int wait_for_reserve(struct report *report)
{
	struct timespec look;

	for (unsigned int i = 0; i < RESERVE_WAIT && !cancelled && getppid() == report->guardian; i++) {
		clock_gettime(CLOCK_REALTIME, &look);
		look.tv_sec++;
		if (!sem_timedwait(&report->guarded, &look))
			return 0;
	}
	return log_fail(-EINTR, "ended before there was a guardian");
}

static int run_worker(const struct options *options, struct compel_ledger *ledger, struct report *report)
{
	struct image_directory images;
	_cleanup_close_ int work_dir = -EBADF;
	struct kernel kernel;
	struct dump dump = {
		.options = options,
		.kernel = &kernel,
		.images = &images,
		.ledger = ledger,
		.freezer = &report->freezer,
		.peek_guard = &report->peek_guard,
		.apart = &report->apart,
		.network_lock = &report->network_lock,
		.repair_guard = &report->repair_guard,
		.cancelled = &cancelled,
	};
	int error;

	error = open_files_raise_limit();
	if (error < 0)
		return log_errno(error, "soft limit of open files");
	error = image_directory_open_fd(options->images_fd, &images);
	if (error < 0)
		return log_errno(error, "image directory: '%s'", options->images_dir);
	work_dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (work_dir < 0)
		return log_errno(errno, "work directory");
	dump.work_dir = work_dir;
	TAILQ_INIT(&dump.tasks);
	TAILQ_INIT(&dump.namespaces);
	STAILQ_INIT(&dump.refusals);
	LIST_INIT(&dump.shared_memory);
	arena_init(&dump.arena);
	kernel_init(&kernel);
	error = plugins_load(options->libdir, CR_PLUGIN_STAGE__DUMP, images.fd);
	if (!error)
		error = wait_for_reserve(report);
	if (!error)
		error = dump_run_steps(&dump);
	guardian_end_holder(dump.holder);
	plugins_unload(error);
	/* The status of a script that said no becomes our own. */
	if (error < 0 && dump.script_status)
		error = dump.script_status;
	image_close(dump.files);
	page_room_free(dump.page_room);
	waits_free(dump.waits);
	arena_free(&dump.arena);
	return error;
}

/* A tree that stood frozen by its cgroup runs a moment, or nothing could be put back. */
static int repair(struct compel_ledger *ledger, const struct report *report)
{
	struct freezer freezer = report->freezer;
	int repaired;

	peek_guard_repair(&report->peek_guard);
	guardian_wait_apart(&report->apart);
	repair_guard_repair(&report->repair_guard);
	if (compel_ledger_verdict(ledger) != COMPEL_KILL)
		network_lock_repair(&report->network_lock);
	freezer_let_run(&freezer);
	repaired = compel_ledger_repair(ledger);
	if (compel_ledger_verdict(ledger) != COMPEL_KILL)
		freezer_put_back(&freezer);
	return repaired;
}

static void __attribute__((noreturn))
reserve_main(struct compel_ledger *ledger, struct report *report, int guardian_pidfd)
{
	int worker_pidfd;

	guardian_step_aside();
	/* Who kills all that is called criu leaves it alone from here on. */
	sem_post(&report->guarded);
	guardian_wait_for_end(guardian_pidfd);
	worker_pidfd = report->worker ? (int)syscall(SYS_pidfd_open, report->worker, 0) : -ESRCH;
	if (worker_pidfd >= 0)
		guardian_wait_for_end(worker_pidfd);
	if (report->worker && !report->finished)
		repair(ledger, report);
	_exit(EXIT_SUCCESS);
}

/* While the worker prepares itself. */
static int start_reserve(struct compel_ledger *ledger, struct report *report)
{
	_cleanup_close_ int own_pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	pid_t pid;

	if (own_pidfd < 0)
		return log_errno(errno, "guardian: pidfd_open");
	pid = fork();
	if (pid == 0)
		reserve_main(ledger, report, own_pidfd);
	if (pid < 0)
		return log_errno(errno, "guardian cannot be forked");
	report->reserve = pid;
	return 0;
}

static void end_reserve(pid_t pid)
{
	if (pid <= 0)
		return;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void worker_main(const struct options *options, struct compel_ledger *ledger, struct report *report)
{
	worker_pid = 0;
	report->worker = getpid();
	/* A group of its own: a kill of the guardian's group leaves somebody to clean up. */
	setpgid(0, 0);
	signal(SIGTTOU, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != report->guardian)
		_exit(EXIT_FAILURE);
	report->error = run_worker(options, ledger, report);
	report->finished = true;
	/* It would do nothing now; so it ends while we do. */
	if (report->reserve > 0)
		kill(report->reserve, SIGKILL);
	_exit(report->error ? EXIT_FAILURE : EXIT_SUCCESS);
}

static int guard(struct compel_ledger *ledger, const struct report *report)
{
	int status, repaired;

	while (waitpid(worker_pid, &status, 0) < 0)
		if (errno != EINTR)
			return log_errno(errno, "worker cannot be waited for");
	worker_pid = 0;
	if (report->finished)
		return report->error;
	repaired = repair(ledger, report);
	if (repaired < 0)
		return log_fail(repaired, "repair after the death of the worker: %s", compel_last_error());
	if (compel_ledger_verdict(ledger) != COMPEL_RESUME)
		log_warn("worker died when the images were complete: the rest was done by its guardian");
	return log_fail(-EINTR, "worker was killed (wait status %#x): the tree was put back, %d threads repaired",
			status, repaired);
}

int dump_run(const struct options *options)
{
	struct compel_ledger *ledger;
	struct report *report;
	int error;

	report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (report == MAP_FAILED)
		return log_errno(errno, "memory shared with the worker");
	error = log_share_first_error();
	if (error < 0)
		return log_errno(error, "memory of the log");
	error = compel_ledger_new(MAX_THREADS, &ledger);
	if (error < 0)
		return log_fail(error, "ledger: %s", compel_last_error());
	error = socket_reach_init(&report->peek_guard.reach);
	if (!error)
		error = socket_reach_init(&report->repair_guard.reach);
	if (error < 0)
		return log_errno(error, "a passage for sockets");
	cancelled = 0;
	report->guardian = getpid();
	sem_init(&report->guarded, 1, 0);
	catch_signals();
	worker_pid = fork();
	if (worker_pid == 0)
		worker_main(options, ledger, report);
	error = worker_pid < 0 ? log_errno(errno, "worker cannot be forked") : start_reserve(ledger, report);
	if (error < 0 && worker_pid > 0)
		kill(worker_pid, SIGTERM);
	if (worker_pid > 0)
		error = guard(ledger, report);
	end_reserve(report->reserve);
	socket_reach_end(&report->peek_guard.reach);
	socket_reach_end(&report->repair_guard.reach);
	compel_ledger_free(ledger);
	munmap(report, sizeof(*report));
	return error;
}
