# SPDX-License-Identifier: GPL-2.0-only
"""Datagrams to a socket outside: refused, and kept with --ext-unix-sk."""

import os
import socket

from runner.job import Failed

PROGRAM = "static/unix/log-datagrams"


def run(job):
    """The receiver is this process."""
    place = os.path.join(job.directory, "cwd")
    os.makedirs(place)
    receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    path = os.path.join(place, "log")
    os.chdir(place)
    receiver.bind("log")
    os.chdir("/")
    job.start()
    job.remember()
    job.dump_fails()
    job.compare("after the refused dump")
    job.dump("--ext-unix-sk")
    job.check_images()
    if job.run_criu("restore", ["-d", "--ext-unix-sk"]):
        raise Failed("the restore failed")
    job.compare("after the restore")
    job.stop()
    if receiver.recv(10) != b"here" or not os.path.exists(path):
        raise Failed("what the program sends does not arrive")
