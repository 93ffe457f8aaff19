# SPDX-License-Identifier: GPL-2.0-only
"""Two trees of one host talk with each other and are both away. Whoever comes back first finds nobody at the other end, and
must not be told so: the lock of the one who is still away holds."""

import copy
import ctypes
import os
import time

from runner.job import Failed, Job
from runner.worker import raise_loopback

PROGRAM = "static/tcp/talk"
HOSTS = ("127.0.0.1", "::1")
PORT = 5000
AWHILE = 0.5  # it sends what it may at once, and is answered at once if nothing holds that back
CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)


class Part(Job):
    """One of the two."""

    def __init__(self, job, name, lines):
        directory = os.path.join(job.directory, name)
        os.makedirs(os.path.join(directory, "cwd"))
        super().__init__(copy.deepcopy(job.test), job.settings, directory, job.children)
        self.notes = job.notes
        with open(os.path.join(directory, "cwd", "talk"), "w", encoding="ascii") as file:
            file.writelines(lines)

    def started(self, starter):
        """It has got its connections."""
        self.judge(self.children.wait(starter, self.limit))
        with open(os.path.join(self.directory, "pidfile"), encoding="ascii") as file:
            self.pid = int(file.read())

    def begin(self):
        """It waits for the other one."""
        return self.children.spawn([self.test.program, "--pidfile", os.path.join(self.directory, "pidfile"),
                                    "--outfile", self.outfile], cwd=os.path.join(self.directory, "cwd"))


def run(job):
    """Both orders of coming back."""
    if LIBC.unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")
    raise_loopback()
    parts = [Part(job, "server", [f"listen {host} any {PORT}\n" for host in HOSTS]),
             Part(job, "client", [f"connect {host} {host} {PORT}\n" for host in HOSTS])]
    for part, starter in [(part, part.begin()) for part in parts]:
        part.started(starter)
    pids = {part.pid for part in parts}
    for order in (parts, parts[::-1]):
        for part in order:
            part.remember()
            part.outside = pids - {part.pid}
            part.dump()
        for part in order:
            part.restore()
            part.compare("after the restore")
            time.sleep(AWHILE)
    for part in parts:
        os.kill(part.pid, 15)
    for name, part in zip(("server", "client"), parts):
        try:
            part.finish()
        except Failed as failed:
            raise Failed(f"the {name}: {failed}") from None
