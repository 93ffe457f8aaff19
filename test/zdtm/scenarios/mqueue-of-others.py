# SPDX-License-Identifier: GPL-2.0-only
"""A message queue that is another one at the restore is refused by name and left alone; one that is gone is made, and
goes again with a restore that fails or is killed."""

import ctypes
import os
import subprocess

from runner.job import Failed

PROGRAM = "static/mqueue/messages"
NAME = b"/criu test messages"
LIBC = ctypes.CDLL(None, use_errno=True)
SCRIPT = '#!/bin/sh\n[ "$CRTOOLS_SCRIPT_ACTION" != post-restore ] || kill -KILL $PPID\n'


def opened():
    """The queue, or None."""
    queue = LIBC.mq_open(NAME, os.O_RDWR | os.O_NONBLOCK)
    return None if queue < 0 else queue


def change():
    """Takes a message out and puts another in: as many, and as long."""
    queue, text, priority = opened(), ctypes.create_string_buffer(300), ctypes.c_uint()
    size = LIBC.mq_receive(queue, text, 300, ctypes.byref(priority))
    if size < 1 or LIBC.mq_send(queue, text.raw[1:size] + b"!", size, priority):
        raise Failed("the queue cannot be changed")
    os.close(queue)


def run(job):
    """Changed, in use, then taken away."""
    script = os.path.join(job.directory, "kill-parent")
    with open(script, "w", encoding="ascii") as file:
        file.write(SCRIPT)
    os.chmod(script, 0o755)
    job.start()
    job.remember()
    job.dump()
    queue = opened()
    if queue is None:
        raise Failed("the queue went with the dump")
    with subprocess.Popen(["sleep", "1000"], pass_fds=[queue]) as user:
        os.close(queue)
        failed = job.run_criu("restore", ["-d"])
        user.kill()
    with open(os.path.join(job.images, "restore.log"), encoding="utf-8") as log:
        if not failed or f"is in use by process {user.pid} (sleep)" not in log.read():
            raise Failed("a queue in use by others is not refused")
    change()
    job.restore_fails(["criu test messages", "holds other messages"])
    if LIBC.mq_unlink(NAME):
        raise Failed("a restore that failed took the queue of others away")
    job.restore_fails([], "--action-script", "/bin/false")
    if opened() is not None:
        raise Failed("a failed restore left the queue that it made")
    try:
        job.run_criu("restore", ["-d", "--action-script", script])
    except Failed:
        pass
    job.children.until(lambda: opened() is None, job.limit, "a killed restore left the queue that it made")
    job.expect_gone()
    job.restore()
    job.compare("after the restore")
    job.stop()
