# SPDX-License-Identifier: GPL-2.0-only
"""No plugin keeps the descriptor of a kind that criu does not know: the dump fails by its name, the tree goes on."""

from runner import plugins

PROGRAM = "static/refuse/seccomp-listener"


def run(job):
    """Dump with a plugin whose hooks say no."""
    job.start()
    job.remember()
    job.dump_fails(*plugins.libdir("declines"))
    job.stop()
