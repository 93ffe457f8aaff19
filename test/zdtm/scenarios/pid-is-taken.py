# SPDX-License-Identifier: GPL-2.0-only
"""A restore fails while one of the pids is in use, says which, and leaves nothing behind; later it works."""

from runner import snapshot
from runner.job import Failed

PROGRAM = "static/process/children"


def run(job):
    """Restore over the living tree, then after its end."""
    job.start()
    job.remember()
    job.dump("--leave-running")
    if not job.run_criu("restore", ["-d"]):
        raise Failed("criu restore succeeded although every pid is in use")
    job.compare("after a restore that failed")
    strangers = set(snapshot.others()) - set(snapshot.tree(job.pid))
    if strangers:
        raise Failed(f"a failed restore left processes: {strangers}")
    job.cycle()
    job.stop()
