# SPDX-License-Identifier: GPL-2.0-only
"""--freeze-cgroup: the tree is frozen through a cgroup that is given, which is thawed when the dump is over, whether it
succeeds or fails."""

import os

from runner import snapshot
from runner.freezer import OPTIONS, Freezer
from runner.job import Failed

PROGRAM = "static/process/children"


def run(job):
    """Both versions."""
    job.start()
    job.remember()
    for version in (1, 2):
        with Freezer(version) as freezer:
            words = ("--freeze-cgroup", freezer.path, *OPTIONS)
            freezer.move(snapshot.tree(job.pid))
            job.dump("--leave-running", *words)
            freezer.expect(False, "after a dump")
            job.compare("after a dump")
            job.dump_fails("--fault-step", "inject", *words)
            freezer.expect(False, "after a failed dump")
            job.dump(*words)
            freezer.expect(False, "after the end of the tree")
            job.restore(*OPTIONS)
            job.compare("restored")
    with Freezer(1) as freezer:
        freezer.move([os.getpid()])
        job.new_images()
        if not job.run_criu("dump", ["-t", str(job.pid), "--freeze-cgroup", freezer.path, *OPTIONS]):
            raise Failed("criu froze itself, or did not notice")
        freezer.expect(False, "after a refusal")
        freezer.move([os.getpid()], freezer.parent)
    job.new_images()
    if not job.run_criu("dump", ["-t", str(job.pid), "--freeze-cgroup", "/proc/self", *OPTIONS]):
        raise Failed("a directory that is no cgroup was taken for one")
    job.stop()
