# SPDX-License-Identifier: GPL-2.0-only
"""Each step of a dump and of a restore fails in turn, with deleted files and directories: no name is left behind."""

import os

from runner.faults import every_step
from runner.job import Failed

PROGRAM = "static/ghost/directory"


def run(job):
    """All steps; what the directory of the program holds does not change."""
    every_step(job)
    left = set(os.listdir(os.path.join(job.directory, "cwd"))) - {"there-too"}
    if left:
        raise Failed(f"names were left behind: {left}")
