# SPDX-License-Identifier: GPL-2.0-only
"""Each step of a dump and of a restore fails in turn, with sockets in a network namespace of the tree's own."""

from runner.faults import every_step

PROGRAM = "static/net-namespace/sockets"


def run(job):
    """All steps."""
    every_step(job)
