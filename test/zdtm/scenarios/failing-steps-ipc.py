# SPDX-License-Identifier: GPL-2.0-only
"""Each step of a dump and of a restore fails in turn, with an IPC namespace of the tree's own."""

from runner.faults import every_step

PROGRAM = "static/ipc/own-namespace"


def run(job):
    """All steps."""
    every_step(job)
