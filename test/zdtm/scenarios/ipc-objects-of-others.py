# SPDX-License-Identifier: GPL-2.0-only
"""An id or a key that belongs to somebody else on the host, and objects that somebody uses since the dump, are refused
by name."""

import ctypes
import os
import subprocess

PROGRAM = "static/ipc/shared-namespace"
KEY = 0x51510002
LIBC = ctypes.CDLL(None, use_errno=True)


def shrink(entry):
    """Another number of semaphores than the host's set has."""
    entry["nsems"] = 1
    entry["users"] = [0]
    entry["extra"] = [0]


def run(job):
    """Used since, attached since, another one of the same id, another one of the same key."""
    job.start()
    job.remember()
    job.dump()
    queue, segment = LIBC.msgget(KEY, 0), LIBC.shmget(KEY, 0, 0)
    LIBC.shmat.restype = ctypes.c_void_p
    LIBC.shmdt.argtypes = [ctypes.c_void_p]
    memory = LIBC.shmat(segment, None, 0)
    message = (ctypes.c_char * 16)(9)
    LIBC.msgsnd(queue, message, 1, 0)
    job.restore_fails([f"used by process {os.getpid()} (", "attached by somebody else since the dump"])
    LIBC.shmdt(memory)
    subprocess.run(["ipcrm", "--queue-id", str(queue)], check=True)
    other = LIBC.msgget(KEY, 0o1600)
    job.restore_fails([f"its key {KEY:#x} belongs to another one on this host, {other}"])
    subprocess.run(["ipcrm", "--queue-id", str(other)], check=True)
    before = job.edit_image("ipcns-sem-3.img", shrink)
    job.restore_fails(["belongs to somebody else on this host"])
    job.write_image("ipcns-sem-3.img", before)
    job.restore()
    job.compare("after the restore")
    job.stop()
