# SPDX-License-Identifier: GPL-2.0-only
"""A process that stands frozen in the same cgroup, but is not in the tree, would run on: the dump is refused, names it,
and leaves all of them frozen."""

import os

from runner import snapshot
from runner.freezer import OPTIONS, Freezer
from runner.job import Failed

PROGRAM = "static/process/children"


def run(job):
    """Version 1."""
    job.start()
    job.remember()
    with Freezer(1) as freezer:
        stranger = job.children.spawn(["sleep", "1000"])
        freezer.move([stranger, *snapshot.tree(job.pid)])
        freezer.freeze()
        job.new_images()
        if not job.run_criu("dump", ["-t", str(job.pid), *OPTIONS]):
            raise Failed("the dump succeeded though a stranger was to be woken")
        freezer.expect(True, "after the refusal")
        with open(os.path.join(job.images, "dump.log"), encoding="utf-8", errors="replace") as file:
            if not any("Error" in line and f"process {stranger} " in line for line in file):
                raise Failed("the stranger is not named")
        freezer.freeze(False)
        job.compare("thawed")
        os.kill(stranger, 9)
        job.children.wait(stranger, job.limit)
        job.dump(*OPTIONS)
        job.restore(*OPTIONS)
    job.stop()
