# SPDX-License-Identifier: GPL-2.0-only
"""A tree that needs more descriptors of criu than the soft limit of open files allows it."""

import resource

PROGRAM = "static/process/children"
FEW = 32


def run(job):
    """One cycle, with criu started under a low soft limit."""
    job.start()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (FEW, hard))
    job.remember()
    job.dump()
    job.restore()
    job.compare("after the restore")
    job.stop()
