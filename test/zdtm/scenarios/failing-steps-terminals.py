# SPDX-License-Identifier: GPL-2.0-only
"""Each step of a dump and of a restore fails in turn, with terminals in which lines wait: nothing is lost."""

from runner.faults import every_step

PROGRAM = "static/tty/lines"


def run(job):
    """All steps."""
    every_step(job)
