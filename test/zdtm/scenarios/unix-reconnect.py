# SPDX-License-Identifier: GPL-2.0-only
"""A stream to a listener outside, made anew by the restore: --unix-reconnect."""

import os
import socket

from runner.job import Failed

PROGRAM = "static/unix/to-outside"


def run(job):
    """The listener is this process."""
    place = os.path.join(job.directory, "cwd")
    os.makedirs(place)
    listener = socket.socket(socket.AF_UNIX)
    os.chdir(place)
    listener.bind("outside")
    listener.listen(2)
    os.chdir("/")
    job.start()
    job.remember()
    server = listener.accept()[0]
    job.dump("--unix-reconnect", "outside")
    job.check_images()
    if server.recv(10) != b"":
        raise Failed("the old connection has not ended")
    if job.run_criu("restore", ["-d"]):
        raise Failed("the restore failed")
    job.compare("after the restore")
    again = listener.accept()[0]
    job.stop()
    if again.recv(10) != b"here":
        raise Failed("what the program writes does not arrive")
