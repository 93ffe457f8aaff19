# SPDX-License-Identifier: GPL-2.0-only
"""Kill criu at random moments of a restore: either nothing is left of the tree, or all of it lives; images stay."""

import ctypes
import os
import random
import signal
import statistics
import subprocess
import time

from runner import images, job, snapshot
from runner.children import TimeLimit

SETTLE = 10.0
QUEUE = b"/faults-objects"
LIBC = ctypes.CDLL(None)


def outside():
    """Objects of IPC in this namespace: of the host, for the tree."""
    found = []
    for sort in ("msg", "sem", "shm"):
        found += [f"{sort} {line.split()[1]}" for line in snapshot.read(f"/proc/sysvipc/{sort}").splitlines()[1:]]
    queue = LIBC.mq_open(QUEUE, os.O_RDONLY)
    if queue >= 0:
        os.close(queue)
        found.append(QUEUE.decode())
    return found


def clear_outside():
    """Take away what outlives a tree: the next restore makes it anew."""
    LIBC.mq_unlink(QUEUE)
    subprocess.run(["ipcrm", "--all"], check=True)


class RestoreCampaign:
    """One dump, and many restores of it that do not come to their end."""

    def __init__(self, words, running, expect_progress):
        self.words, self.job, self.expect_progress = words, running, expect_progress
        self.random = random.Random(words.seed)
        self.pids, self.prints = [], {}
        self.none = self.whole = self.helpers = 0
        self.times = []

    def begin(self):
        """Dump the tree, which ends it, and see how long a restore takes."""
        self.pids = [pid for pid in snapshot.tree(self.job.pid) if snapshot.is_there(pid)]
        self.job.remember()
        self.job.dump()
        clear_outside()
        self.prints = images.fingerprints(self.job.images)
        start = time.monotonic()
        for _ in range(3):
            self.restore()
            self.end_tree()
        return (time.monotonic() - start) / 3

    def restore(self):
        """One undisturbed restore."""
        status = self.job.children.run(self.command(), 60, output=os.path.join(self.job.directory, "restore.out"))
        if status:
            raise job.Failed(f"an undisturbed restore fails with {status}")

    def command(self):
        """A detached restore."""
        return [self.job.criu, "restore", "-d", "-D", self.job.images, "-o", "restore.log", "-v4",
                *self.job.test.restore_options]

    def end_tree(self):
        """Kill every task of the tree and wait until all are gone."""
        for pid in self.pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.job.expect_gone()
        clear_outside()

    def left(self):
        """Everybody there besides us."""
        self.job.children.reap()
        return set(snapshot.others()) | {pid for pid in self.pids if snapshot.is_there(pid)}

    def settle(self, when):
        """Until nothing is left, or exactly the tree. Returns whether it is the tree."""
        found = set()

        def settled():
            found.clear()
            found.update(self.left())
            return found in (set(), set(self.pids))

        try:
            self.job.children.until(settled, SETTLE, "")
        except TimeLimit:
            raise job.Failed(f"{when}: left are {sorted(found)} of the tree {sorted(self.pids)}") from None
        return bool(found)

    def victim(self, criu):
        """Criu itself, or the newest of those that it has started beside the tree."""
        helpers = [pid for pid, name in snapshot.others().items() if name == "guardian" and pid not in self.pids]
        if helpers and self.random.random() < self.words.helper_share:
            self.helpers += 1
            return "another", self.random.choice(helpers)
        return "criu", criu

    def strike(self, number, span):
        """One restore, killed at a random moment of its span."""
        moment = self.random.random() * span
        criu = self.job.children.spawn(self.command(), output=os.path.join(self.job.directory, "restore.out"))
        time.sleep(moment)
        self.job.children.reap()
        name, victim = self.victim(criu)
        try:
            os.kill(victim, signal.SIGKILL)
        except ProcessLookupError:
            pass
        killed = time.monotonic()
        status = self.job.children.wait(criu, 30)
        when = f"restore {number} ({name} killed after {moment * 1000:.1f} ms, ended with {status})"
        if self.settle(when):
            self.whole += 1
            self.job.compare(when)
            self.expect_progress(when)
            self.end_tree()
        else:
            self.none += 1
            self.job.expect_gone()
            if outside():
                raise job.Failed(f"{when}: left are {', '.join(outside())}")
        self.times.append(time.monotonic() - killed)
        if images.fingerprints(self.job.images) != self.prints:
            raise job.Failed(f"{when}: the images are not what they were")

    def run(self):
        """All rounds; then the tree is restored for good."""
        span = self.begin() * 1.1
        for number in range(1, self.words.rounds + 1):
            self.strike(number, span)
        self.restore()
        self.job.compare("after the last restore")
        print(f"{self.words.rounds} restores of '{self.words.program}', killed in {span * 1000:.0f} ms, "
              f"{self.helpers} of them in another process than criu: "
              f"{self.none} left nothing, {self.whole} left the whole tree running, 0 anything else")
        print(f"from kill to that: median {statistics.median(self.times) * 1000:.0f} ms (with the checks)")
