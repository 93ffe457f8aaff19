# SPDX-License-Identifier: GPL-2.0-only
"""A stream to a listener outside: refused with who has the other end and its path; given by --inherit-fd it goes on."""

import os
import socket

from runner.job import Failed

PROGRAM = "static/unix/to-outside"


def expect(job, log, said):
    """One line of @log has all of it."""
    with open(os.path.join(job.images, log), encoding="utf-8", errors="replace") as file:
        lines = [line for line in file if "Error" in line]
    if not any(all(part in line for part in said) for line in lines):
        raise Failed(f"{log} does not say {said}")


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
    key = os.readlink(f"/proc/{job.pid}/fd/60")
    inode = key[8:-1]
    job.dump_fails()
    expect(job, "dump.log", ["descriptor 60", "outside", f"process {os.getpid()} (", "--unix-reconnect"])
    job.compare("after the refused dump")
    job.dump("--external", f"unix[{inode}]")
    job.check_images()
    if not job.run_criu("restore", ["-d"]):
        raise Failed("the restore succeeded although nobody gave the socket")
    ours, theirs = socket.socketpair()
    given = theirs.fileno()
    if job.run_criu("restore", ["-d", "--inherit-fd", f"fd[{given}]:{key}"], keep=[given]):
        raise Failed("the restore fails although the socket was given")
    theirs.close()
    server.close()
    job.stop()
    if ours.recv(10) != b"here":
        raise Failed("what the program writes does not arrive")
