// SPDX-License-Identifier: GPL-2.0-only
/* What waits in pairs: tty-data.img. It is taken out and put back at once, by a process that does nothing else, which nobody
 * ends together with us: should we be killed meanwhile, the tree is not let go before it is done. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#include "criu/image/file.h"
#include "criu/objects/fd/owner.h"
#include "criu/objects/fd/tty-internal.h"
#include "criu/objects/kinds.h"
#include "criu/util/cleanup.h"
#include "criu/util/guardian.h"
#include "criu/util/log.h"

/* Of one pair, in memory shared with that process. */
struct visit {
	int master;
	int error;
	int exclusive; /* the slave */
	bool locked, packet;
	struct tty_contents contents;
};

struct visits {
	size_t nr, size;
	struct visit *items;
};

/* --- in the process --- */

static int look_into(struct visit *visit, int slave)
{
	struct kernel_termios settings;
	int taken, given;

	if (ioctl(slave, TTY_GET_TERMIOS, &settings) < 0 || ioctl(slave, TIOCGEXCL, &visit->exclusive) < 0)
		return -errno;
	taken = tty_take_contents(visit->master, slave, &settings, &visit->contents);
	given = tty_give_contents(visit->master, slave, &settings, &visit->contents);
	return taken < 0 ? taken : given;
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
}

static int visit_all(void *argument)
{
	struct visits *visits = argument;

	for (size_t i = 0; i < visits->nr; i++)
		visit_pair(&visits->items[i]);
	return 0;
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
		ret = guardian_run_apart(dump->apart, visit_all, &visits);
	if (ret < 0)
		return log_errno(ret, "what waits in terminals cannot be looked at");
	return visits.nr ? write_all(dump, pairs, &visits) : 0;
}

const struct global_kind tty_data_kind = {
	.name = "tty-data",
	.dump = tty_data_dump,
};
