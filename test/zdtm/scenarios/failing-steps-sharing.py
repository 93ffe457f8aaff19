# SPDX-License-Identifier: GPL-2.0-only
"""Each step of a dump and of a restore fails in turn, with tasks that share one address space: nothing is left behind."""

from runner.faults import every_step

PROGRAM = "static/sharing/guest-with-family"


def run(job):
    """All steps."""
    every_step(job)
