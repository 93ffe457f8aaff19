# SPDX-License-Identifier: GPL-2.0-only
"""Each step of a dump and of a restore fails in turn, with --link-remap: no name is left behind."""

import os

from runner.faults import every_step
from runner.job import Failed

PROGRAM = "static/file/linked"


def run(job):
    """All steps; then only the names that the program gave are there."""
    every_step(job)
    left = [name for name in os.listdir(os.path.join(job.directory, "cwd")) if "link_remap" in name or ".cr." in name]
    if left:
        raise Failed(f"names were left behind: {left}")
