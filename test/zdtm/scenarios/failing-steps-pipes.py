# SPDX-License-Identifier: GPL-2.0-only
"""Each step of a dump and of a restore fails in turn, with pipes between processes: nothing is left behind."""

from runner.faults import every_step

PROGRAM = "static/pipe/between-processes"


def run(job):
    """All steps."""
    every_step(job)
