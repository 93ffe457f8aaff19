# SPDX-License-Identifier: GPL-2.0-only
"""A restore fails while somebody else has the pid of a leader of a process group that had ended, says who, and leaves
nothing behind; later it works."""

import os
import signal

from runner.job import Failed

PROGRAM = "static/process/group-of-dead-leader"


def set_last_pid(pid):
    """The next process gets the one behind it."""
    with open("/proc/sys/kernel/ns_last_pid", "w", encoding="ascii") as file:
        file.write(str(pid))


def take(pid):
    """A process with this pid; others get pids far from those of the tree."""
    set_last_pid(pid - 1)
    child = os.fork()
    if not child:
        signal.pause()
        os._exit(1)
    set_last_pid(10000)
    if child != pid:
        raise Failed(f"pid {child} instead of {pid}")


def run(job):
    """Once with it, once without."""
    job.start()
    job.remember()
    job.dump()
    entries = job.read_image("pstree.img")["entries"]
    group = ({entry["pgid"] for entry in entries} - {entry["pid"] for entry in entries}).pop()
    take(group)
    job.outside.add(group)
    job.restore_fails([f"pid {group} is in use by another process"])
    os.kill(group, signal.SIGKILL)
    os.waitpid(group, 0)
    job.outside.discard(group)
    job.restore()
    job.compare("after the restore")
    job.stop()
