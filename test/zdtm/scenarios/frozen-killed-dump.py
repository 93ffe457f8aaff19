# SPDX-License-Identifier: GPL-2.0-only
"""The working process of a dump is killed while the frozen tree is thawed for it: the guardian repairs, and all stand
frozen again."""

from runner import snapshot
from runner.freezer import OPTIONS, Freezer
from runner.job import Failed
from runner.scripts import killer

PROGRAM = "static/process/children"


def run(job):
    """Killed by an action script, whose parent it is."""
    script = killer(job, "network-lock")
    job.start()
    job.remember()
    for version in (1, 2):
        with Freezer(version) as freezer:
            freezer.move(snapshot.tree(job.pid))
            freezer.freeze()
            job.new_images()
            if not job.run_criu("dump", ["-t", str(job.pid), *script, *OPTIONS]):
                raise Failed("a dump that was killed tells of success")
            freezer.expect(True, "after a killed dump")
            freezer.freeze(False)
            job.compare("thawed")
    job.stop()
