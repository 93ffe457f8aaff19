# SPDX-License-Identifier: GPL-2.0-only
"""Where the kernel does not tell its types, a registration at a message queue that only its memory describes is refused by
name. Where it does, it is kept."""

import os
import subprocess

from runner.conditions import KERNEL_TYPES
from runner.job import Skipped

PROGRAM = "static/mqueue/notice-behind-messages"
REASON = "only the memory of the kernel tells, which cannot be read"


def run(job):
    """Refused, then kept. The runner has a mount namespace of its own."""
    if not os.path.exists(KERNEL_TYPES):
        raise Skipped("the kernel does not tell its types (BTF)")
    subprocess.run(["mount", "--bind", "/dev/null", KERNEL_TYPES], check=True)
    try:
        job.start()
        job.remember()
        job.dump_fails()
        job.expect_reasons([f"(mq_notify) {words} that {REASON}" for words in ("with a value", "of the next after those that wait")])
    finally:
        subprocess.run(["umount", KERNEL_TYPES], check=True)
    job.dump()
    job.restore()
    job.compare("after the restore")
    job.stop()
