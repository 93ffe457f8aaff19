# SPDX-License-Identifier: GPL-2.0-only
"""Stopped tasks that stand frozen on top of it are dumped as stopped ones."""

from runner.freezer import dump_frozen

PROGRAM = "static/process/stopped"


def run(job):
    """Version 1."""
    dump_frozen(job, 1)
