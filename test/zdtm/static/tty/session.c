// SPDX-License-Identifier: GPL-2.0-only
/* A session with a controlling terminal, whose master another process has: the foreground group, /dev/tty, signals of the
 * keyboard and of the window go where they went.
 *
 * kinds: tty controlling_terminal
 */
#include "test.h"

#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static int interrupts, resizes;

static void count(int signal)
{
	if (signal == SIGINT)
		interrupts++;
	else
		resizes++;
}

static void foreground(void *arg)
{
	signal(SIGINT, count);
	signal(SIGWINCH, count);
	test_ready();
	test_wait();
	check(interrupts == 1 && resizes == 1, "%d interrupts, %d changes of size", interrupts, resizes);
}

static void leader(void *arg)
{
	int slave = *(int *)arg, tty;
	pid_t pid;

	must(setsid());
	must(ioctl(slave, TIOCSCTTY, 0));
	signal(SIGTTOU, SIG_IGN);
	signal(SIGINT, count);
	tty = must(open("/dev/tty", O_RDWR));
	close(slave);
	pid = test_child(foreground, NULL);
	must(setpgid(pid, pid));
	must(tcsetpgrp(tty, pid));

	test_ready();
	test_wait();

	check(tcgetpgrp(tty) == pid, "the foreground group is %d instead of %d", tcgetpgrp(tty), pid);
	check(tcgetsid(tty) == getpid(), "the session is %d", tcgetsid(tty));
	must(write(tty, "leader\n", 7));
	must(close(must(open("/dev/tty", O_RDWR))));
	test_end_child(pid);
	check(!interrupts, "the leader was interrupted");
}

int main(int argc, char **argv)
{
	struct winsize size = { 10, 20, 0, 0 };
	int master, slave;
	char buffer[64] = "";
	pid_t pid, group;

	test_init(argc, argv);
	must(openpty(&master, &slave, NULL, NULL, NULL));
	pid = test_child(leader, &slave);
	close(slave);
	group = (pid_t)must(tcgetpgrp(master));

	test_ready();
	test_wait();

	check(tcgetpgrp(master) == group && group != pid, "the foreground group is %d instead of %d",
	      tcgetpgrp(master), group);
	must(write(master, "\x03", 1));
	check(must(read(master, buffer, 2)) == 2 && !strcmp(buffer, "^C"), "the echo is '%s'", buffer);
	must(ioctl(master, TIOCSWINSZ, &size));
	test_end_child(pid);
	memset(buffer, 0, sizeof(buffer));
	must(read(master, buffer, sizeof(buffer)));
	check(!strcmp(buffer, "leader\r\n"), "what came is '%s'", buffer);
	pass();
}
