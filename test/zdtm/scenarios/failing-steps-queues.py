# SPDX-License-Identifier: GPL-2.0-only
"""Each step of a dump and of a restore fails in turn, with a message queue: nothing is lost, nothing is left behind."""

from runner.faults import every_step

PROGRAM = "static/mqueue/messages"


def run(job):
    """All steps."""
    every_step(job)
