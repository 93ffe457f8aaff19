# SPDX-License-Identifier: GPL-2.0-only
"""Steps of a restore fail while a listener has been bound to a path: nothing of it is left, and the next one succeeds."""

import os

from runner.job import Failed

PROGRAM = "static/unix/listener-path"


def run(job):
    """The name is looked at after each failure; what the dumped tree left went with the first."""
    job.start()
    job.remember()
    job.dump()
    path = os.path.join(job.directory, "cwd", "absolute")
    for step in ["make", "fork", "seize"]:
        if not job.run_criu("restore", ["-d", "--fault-step", step]):
            raise Failed(f"the restore succeeded although step {step} failed")
        job.wait_for(lambda: not os.path.lexists(path), f"'{path}' goes after step {step} failed")
    job.restore()
    job.compare("after the restore")
    job.stop()
