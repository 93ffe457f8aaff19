# SPDX-License-Identifier: GPL-2.0-only
"""A sequence of packets to a listener outside: with unread data it is refused; a restore that cannot connect it anew says
why, waits for nobody and leaves nothing; and one that can does."""

import ctypes
import os
import socket

from runner.job import Failed

PROGRAM = "static/unix/packets-outside"


def take_away(job, data):
    """Read what the program has not read, in its place."""
    number = ctypes.CDLL(None).syscall(438, os.pidfd_open(job.pid), 60, 0)  # pidfd_getfd
    with socket.socket(fileno=number) as theirs:
        if theirs.recv(20) != data:
            raise Failed(f"not {data} waits")


def listen(place, kind, backlog):
    """Another socket takes the name."""
    listener = socket.socket(socket.AF_UNIX, kind)
    os.chdir(place)
    if os.path.lexists("outside"):
        os.unlink("outside")
    listener.bind("outside")
    listener.listen(backlog)
    os.chdir("/")
    return listener


def fails(job, said):
    """A restore which says that, and leaves the name alone."""
    path = os.path.join(job.directory, "cwd", "outside")
    before = os.path.lexists(path)
    if not job.run_criu("restore", ["-d"]):
        raise Failed(f"the restore succeeded, which is to fail: {said}")
    with open(os.path.join(job.images, "restore.log"), encoding="utf-8", errors="replace") as file:
        if not any("Error" in line and "outside" in line and said in line for line in file):
            raise Failed(f"restore.log does not say '{said}'")
    if os.path.lexists(path) != before:
        raise Failed(f"'{path}' is there or not, and was not or was")


def run(job):
    """The listener is this process."""
    place = os.path.join(job.directory, "cwd")
    os.makedirs(place)
    listener = listen(place, socket.SOCK_SEQPACKET, 2)
    job.start()
    job.remember()
    server = listener.accept()[0]
    server.send(b"unread")
    job.dump_fails("--unix-reconnect", "outside")
    with open(os.path.join(job.images, "dump.log"), encoding="utf-8", errors="replace") as file:
        if "not read waits in it" not in file.read():
            raise Failed("the dump does not tell of unread data")
    take_away(job, b"unread")
    job.dump("--unix-reconnect", "outside")
    job.check_images()
    server.close()
    listener.close()
    fails(job, "Connection refused")
    os.unlink(os.path.join(place, "outside"))
    fails(job, "No such file")
    listener = listen(place, socket.SOCK_STREAM, 2)
    fails(job, "another type")
    listener.close()
    listener = listen(place, socket.SOCK_SEQPACKET, 0)
    busy = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    os.chdir(place)
    busy.connect("outside")
    os.chdir("/")
    fails(job, "wait to be accepted there")
    listener.accept()[0].close()
    if job.run_criu("restore", ["-d"]):
        raise Failed("the restore failed")
    job.compare("after the restore")
    again = listener.accept()[0]
    job.stop()
    if (again.recv(10), again.recv(10)) != (b"here", b"again"):
        raise Failed("what the program writes does not arrive")
