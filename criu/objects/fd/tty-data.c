// SPDX-License-Identifier: GPL-2.0-only
/* What waits in pairs: tty-data.img. It is taken out and put back at once, by a process that does nothing else, which nobody
 * ends together with us: should we be killed meanwhile, the tree is not let go before it is done. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#include "criu/image/file.h"
#include "criu/kernel/proc/open.h"
#include "criu/objects/fd/owner.h"
#include "criu/objects/fd/tty-internal.h"
#include "criu/objects/kinds.h"
#include "criu/util/cleanup.h"
#include "criu/util/guardian.h"
#include "criu/util/log.h"

enum phase { PHASE_NEW, PHASE_TAKE, PHASE_GIVE, PHASE_DONE };

#define ATTEMPTS 5 /* of processes that somebody kills */

/* Of one pair, in memory shared with that process. */
struct visit {
	int master;
	int error;
	int exclusive; /* the slave */
	bool locked, packet;
	volatile enum phase phase;
	struct kernel_termios settings;
	struct tty_contents contents;
};

struct visits {
	size_t nr, size;
	struct visit *items;
};

/* --- in the process --- */

static void enter(struct visit *visit, enum phase phase)
{
	__atomic_store_n(&visit->phase, phase, __ATOMIC_SEQ_CST);
}

/* From wherever somebody before us was to the end. */
static int look_into(struct visit *visit, int slave)
{
	int ret = 0;

	if (visit->phase == PHASE_NEW) {
		if (ioctl(slave, TTY_GET_TERMIOS, &visit->settings) < 0 ||
		    ioctl(slave, TIOCGEXCL, &visit->exclusive) < 0)
			return -errno;
		enter(visit, PHASE_TAKE);
	}
	if (visit->phase == PHASE_TAKE) {
		visit->error = tty_take_contents(visit->master, slave, &visit->settings, &visit->contents);
		enter(visit, PHASE_GIVE);
	} else {
		ret = tty_discard_contents(visit->master, slave, &visit->settings);
	}
	if (ret == 0)
		ret = tty_give_contents(visit->master, slave, &visit->settings, &visit->contents);
	return visit->error < 0 ? visit->error : ret;
}

/* Reports of packet mode would be mixed with what is read. */
static int look_without_packets(struct visit *visit, int slave)
{
	int on = 1, off = 0, ret;

	if (visit->packet && ioctl(visit->master, TIOCPKT, &off) < 0)
		return -errno;
	ret = look_into(visit, slave);
	if (visit->packet && ioctl(visit->master, TIOCPKT, &on) < 0)
		return -errno;
	return ret;
}

static void visit_pair(struct visit *visit)
{
	int on = 1, off = 0, slave;

	if (visit->locked && ioctl(visit->master, TIOCSPTLCK, &off) < 0) {
		visit->error = -errno;
		return;
	}
	slave = tty_open_slave(visit->master, O_RDWR);
	visit->error = slave < 0 ? slave : look_without_packets(visit, slave);
	if (slave >= 0)
		close(slave);
	if (visit->locked)
		ioctl(visit->master, TIOCSPTLCK, &on);
	enter(visit, PHASE_DONE);
}

static int visit_all(void *argument)
{
	struct visits *visits = argument;

	for (size_t i = 0; i < visits->nr; i++)
		tty_begin_taking(&visits->items[i].contents);
	for (size_t i = 0; i < visits->nr; i++)
		if (visits->items[i].phase != PHASE_DONE)
			visit_pair(&visits->items[i]);
	return 0;
}

/* --- when it was killed --- */

static int read_counts(pid_t pid, uint64_t *ret_bytes, uint64_t *ret_reads)
{
	_cleanup_close_ int task = proc_open_task(pid);
	_cleanup_free_ char *text = NULL;
	const char *reads;
	size_t size;
	int ret = task < 0 ? task : proc_read_file(task, "io", PROC_SMALL_FILE_MAX, &text, &size);

	if (ret < 0)
		return ret;
	reads = strstr(text, "syscr: ");
	if (!reads || sscanf(text, "rchar: %" SCNu64, ret_bytes) != 1 ||
	    sscanf(reads, "syscr: %" SCNu64, ret_reads) != 1)
		return -EBADMSG;
	return 0;
}

/* It reads nothing but terminals: what it has taken out, but not noted, is in our memory, and proc(5), /proc/PID/io, tells
 * how much that is. */
static void correct_notes(void *argument, pid_t pid)
{
	const struct visits *visits = argument;
	struct visit *current = NULL;
	uint64_t bytes = 0, reads = 0;
	int ret = read_counts(pid, &bytes, &reads);

	for (size_t i = 0; i < visits->nr; i++) {
		struct tty_contents *contents = &visits->items[i].contents;

		if (visits->items[i].phase == PHASE_TAKE) {
			current = &visits->items[i];
		} else {
			bytes -= contents->nr_output + contents->nr_input - contents->taking.bytes_before;
			reads -= contents->taking.nr_reads;
		}
	}
	if (current && ret == 0)
		tty_correct_notes(&current->contents, bytes, reads);
}

/* A process that was killed has another after it. */
static int visit_apart(struct dump *dump, struct visits *visits)
{
	int ret = -EINTR;

	for (int i = 0; i < ATTEMPTS && ret == -EINTR; i++) {
		if (i)
			log_warn("who looked into terminals was killed: another process goes on");
		ret = guardian_run_apart(dump->apart, visit_all, correct_notes, visits);
	}
	return ret;
}

/* --- dump --- */

static void end_visits(struct visits *visits)
{
	for (size_t i = 0; i < visits->nr; i++)
		close(visits->items[i].master);
	if (visits->items)
		munmap(visits->items, visits->size);
}

static int begin_visits(const struct tty_pairs *pairs, struct visits *visits)
{
	const struct tty_pair *pair;
	size_t nr = 0;

	SLIST_FOREACH(pair, pairs, link)
		nr += !pair->unopened;
	if (!nr)
		return 0;
	visits->size = nr * sizeof(struct visit);
	visits->items = mmap(NULL, visits->size, PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (visits->items == MAP_FAILED) {
		visits->items = NULL;
		return -errno;
	}
	SLIST_FOREACH(pair, pairs, link) {
		struct visit *visit = &visits->items[visits->nr];
		int ret;

		if (pair->unopened)
			continue;
		visit->locked = pair->locked;
		visit->packet = pair->packet;
		ret = fd_duplicate(pair->master, &visit->master);
		if (ret < 0)
			return ret;
		visits->nr++;
	}
	return 0;
}

static int write_data(struct image_file *image, uint32_t id, const uint8_t *bytes, uint32_t nr,
		      const uint32_t *lines, uint32_t nr_lines)
{
	TtyDataEntry record = TTY_DATA_ENTRY__INIT;

	if (!nr && !nr_lines)
		return 0;
	record.tty_id = id;
	record.data.data = (uint8_t *)bytes;
	record.data.len = nr;
	record.n_lines = nr_lines;
	record.lines = (uint32_t *)lines;
	return image_write_record(image, &record.base);
}

static int write_pair(struct dump *dump, struct image_file *image, struct tty_pair *pair, const struct visit *visit)
{
	const struct tty_contents *contents = &visit->contents;
	int ret;

	if (visit->error < 0)
		return log_errno(visit->error, "task %d: %s: cannot copy what waits in it",
				 pair->master->task->pid, fd_describe(dump, pair->master));
	pair->flow = contents->flow;
	pair->exclusive = visit->exclusive;
	ret = write_data(image, 2 * pair->number + 1, contents->output, contents->nr_output, NULL, 0);
	if (ret == 0)
		ret = write_data(image, 2 * pair->number, contents->input, contents->nr_input,
				 contents->lines, contents->nr_lines);
	return ret < 0 ? log_errno(ret, "cannot write 'tty-data.img'") : 0;
}

static int write_all(struct dump *dump, const struct tty_pairs *pairs, const struct visits *visits)
{
	_cleanup_image_close_ struct image_file *image = NULL;
	const struct visit *visit = visits->items;
	struct tty_pair *pair;
	int ret = image_create_list(dump->images, IMAGE_TTY_DATA, 0, &image);

	if (ret < 0)
		return log_errno(ret, "cannot create 'tty-data.img'");
	SLIST_FOREACH(pair, pairs, link)
		if (ret == 0 && !pair->unopened)
			ret = write_pair(dump, image, pair, visit++);
	if (ret < 0)
		return ret;
	ret = image_close(steal_pointer(&image));
	return ret < 0 ? log_errno(ret, "cannot write 'tty-data.img'") : 0;
}

static int tty_data_dump(struct dump *dump)
{
	const struct tty_pairs *pairs = tty_pairs_of(dump);
	_cleanup_(end_visits) struct visits visits = { 0 };
	int ret = pairs ? begin_visits(pairs, &visits) : -EIO;

	if (ret == 0 && visits.nr)
		ret = visit_apart(dump, &visits);
	if (ret < 0)
		return log_errno(ret, "what waits in terminals cannot be looked at");
	return visits.nr ? write_all(dump, pairs, &visits) : 0;
}

const struct global_kind tty_data_kind = {
	.name = "tty-data",
	.dump = tty_data_dump,
};
