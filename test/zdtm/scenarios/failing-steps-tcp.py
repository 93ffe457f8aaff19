# SPDX-License-Identifier: GPL-2.0-only
"""Each step of a dump and of a restore fails in turn, with connections in the tree: nothing is left behind."""

from runner.faults import every_step

PROGRAM = "static/tcp/connected"


def run(job):
    """All steps."""
    every_step(job)
