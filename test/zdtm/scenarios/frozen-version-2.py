# SPDX-License-Identifier: GPL-2.0-only
"""A tree that stands frozen in a cgroup of version 2 is dumped, and stands frozen again afterwards."""

from runner.freezer import dump_frozen

PROGRAM = "static/process/children"


def run(job):
    """Version 2."""
    dump_frozen(job, 2)
