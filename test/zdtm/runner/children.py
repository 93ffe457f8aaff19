# SPDX-License-Identifier: GPL-2.0-only
"""Processes of a worker: it is init (or sub-reaper) of its tests, so every orphan's status arrives here."""

import ctypes
import os
import signal
import time

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
LIBC = ctypes.CDLL(None, use_errno=True)


class TimeLimit(Exception):
    """Something took longer than it may."""


def prctl(option, value):
    """prctl(2) with one argument."""
    if LIBC.prctl(option, value, 0, 0, 0):
        raise OSError(ctypes.get_errno(), f"prctl {option}")


class Children:
    """Starts processes and collects the statuses of all that end, own and adopted ones."""

    def __init__(self):
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
        self.ended = {}

    def reap(self):
        """Collect whatever has ended."""
        try:
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if not pid:
                    break
                self.ended[pid] = os.waitstatus_to_exitcode(status)
        except ChildProcessError:
            pass

    def spawn(self, argv, cwd=None, output=None, stdin=None, keep=(), env=None, session=False):
        """Start argv with its output in a file (appended); keep: descriptors it inherits. Returns its pid."""
        pid = os.fork()
        if pid:
            self.ended.pop(pid, None)
            return pid
        try:
            signal.pthread_sigmask(signal.SIG_SETMASK, [])
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            if session:
                os.setsid()
            if cwd:
                os.chdir(cwd)
            if stdin is not None:
                os.dup2(stdin, 0)
            if output:
                fd = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
                os.dup2(fd, 1)
                os.dup2(fd, 2)
            for fd in keep:
                os.set_inheritable(fd, True)
            os.execvpe(argv[0], argv, env or os.environ)
        except OSError as error:
            os.write(2, f"cannot run {argv[0]}: {error}\n".encode())
        finally:
            os._exit(127)

    def wait(self, pid, limit):
        """The exit code of a child (negative: killed by that signal); TimeLimit after limit seconds."""
        self.until(lambda: pid in self.ended, limit, f"process {pid} still runs after {limit:g} s")
        return self.ended.pop(pid)

    def until(self, condition, limit, what):
        """Reap until the condition holds."""
        end = time.monotonic() + limit
        pause = 0.001
        while True:
            self.reap()
            if condition():
                return
            left = end - time.monotonic()
            if left <= 0:
                raise TimeLimit(what)
            signal.sigtimedwait([signal.SIGCHLD], min(left, pause))
            pause = min(pause * 2, 0.05)

    def run(self, argv, limit, **how):
        """Start, wait, and kill what does not end in time. Returns the exit code."""
        pid = self.spawn(argv, **how)
        try:
            return self.wait(pid, limit)
        except TimeLimit:
            os.kill(pid, signal.SIGKILL)
            self.wait(pid, 5)
            raise TimeLimit(f"{' '.join(argv[:2])} did not end within {limit:g} s") from None
