# SPDX-License-Identifier: GPL-2.0-only
"""A tree that `ip netns exec` has started, with the mount namespace that comes with that: a dump from outside says what to
do, one from within keeps it, and the restore is started as the tree was. Files of /etc/netns are seen as before."""

import os

from runner.hosts import ip, need_ip
from runner.job import Failed, Skipped
from runner.mounts import mount

PROGRAM = "static/tcp/connected"
NAME = "of-criu"


def prepare_etc(job):
    """A file of its own for the namespace; the /etc of the machine stays as it is."""
    room = os.path.join(job.directory, "etc")
    os.mkdir(room)
    mount("tmpfs", room, "tmpfs")
    for name in ("upper", "work"):
        os.mkdir(os.path.join(room, name))
    mount("overlay", "/etc", "overlay", 0, f"lowerdir=/etc,upperdir={room}/upper,workdir={room}/work")
    os.makedirs(f"/etc/netns/{NAME}")
    for name in ("/etc/hosts.of-criu", f"/etc/netns/{NAME}/hosts.of-criu"):
        with open(name, "w", encoding="ascii") as file:
            file.write(name)


def expect_within(job, with_etc):
    """The tree is in the network namespace of that name, sees its file, and has that of the shell."""
    if os.readlink(f"/proc/{job.pid}/fd/7") != os.path.join(job.directory, "cwd", "of-shell"):
        raise Failed("the file of the shell is lost")
    if os.stat(f"/proc/{job.pid}/ns/net").st_ino != os.stat(f"/run/netns/{NAME}").st_ino:
        raise Failed("the tree is in another network namespace")
    if os.stat(f"/proc/{job.pid}/ns/mnt").st_ino == os.stat("/proc/self/ns/mnt").st_ino:
        raise Failed("the tree has no mount namespace of its own")
    if with_etc:
        with open(f"/proc/{job.pid}/root/etc/hosts.of-criu", encoding="ascii") as file:
            if NAME not in file.read():
                raise Failed("its file of /etc/netns is not there")


def run(job):
    """Twice: the second dump is one of what was restored."""
    need_ip()
    mount("tmpfs", "/run", "tmpfs")
    os.mkdir("/run/netns")
    with_etc = True
    try:
        prepare_etc(job)
    except Skipped:
        with_etc = False
    ip(job, "netns", "add", NAME)
    ip(job, "netns", "exec", NAME, "ip", "link", "set", "lo", "up")
    netns = ["ip", "netns", "exec", NAME]
    # A file of the shell that calls it: its mount is not one of the tree.
    job.under = ["sh", "-c", 'exec "$@" 7>>of-shell', "sh", *netns]
    job.start()
    expect_within(job, with_etc)
    job.remember()
    external = ("--external", f"net[{os.stat(f'/run/netns/{NAME}').st_ino}]:outer")
    job.dump_fails(*external)
    job.expect_reasons([f"'ip netns exec {NAME}'", f"nsenter --mount=/proc/{job.pid}/ns/mnt criu dump"])
    for _ in range(2):
        job.criu_under = ["nsenter", f"--mount=/proc/{job.pid}/ns/mnt"]
        job.dump("--leave-running", *external)
        job.dump(*external)
        job.check_images()
        job.criu_under = netns
        job.restore("--join-ns", f"net:/run/netns/{NAME}")
        expect_within(job, with_etc)
        job.compare("after the restore")
    job.stop()
