# SPDX-License-Identifier: GPL-2.0-only
"""A network namespace that is not made from images: given by --inherit-fd or --join-ns, or left empty by --empty-ns."""

import ctypes
import os

from runner.job import Failed

PROGRAM = "static/net-namespace/sockets"
LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000


def new_namespace():
    """A descriptor of a namespace in which nobody is."""
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    if LIBC.unshare(CLONE_NEWNET):
        raise Failed(f"unshare: {os.strerror(ctypes.get_errno())}")
    made = os.open("/proc/self/ns/net", os.O_RDONLY)
    if LIBC.setns(home, CLONE_NEWNET):
        raise Failed(f"setns: {os.strerror(ctypes.get_errno())}")
    os.close(home)
    return made


def inode_of(job):
    """Of the namespace in which the tree is."""
    return os.stat(f"/proc/{job.pid}/ns/net").st_ino


def dump(job, words, images):
    """A dump that ends the tree and leaves no more images of the namespace than these."""
    job.dump(*words)
    job.expect_gone()
    job.check_images()
    known = ("netns-", "netdev-", "ifaddr-", "route-", "route6-", "rule-")
    found = sorted(name.split("-")[0] for name in os.listdir(job.images) if name.startswith(known))
    if found != images:
        raise Failed(f"images of the network namespace: {found}")


def restore(job, words, keep=()):
    """A restore that succeeds."""
    if job.run_criu("restore", ["-d", *words], keep=list(keep)):
        raise Failed(f"criu restore {words} fails")


def run(job):
    """External, empty, joined."""
    job.start()
    given, other = new_namespace(), new_namespace()
    dump(job, ["--external", f"net[{inode_of(job)}]:outer"], ["netns"])
    job.restore_fails(["--inherit-fd 'fd[N]:outer'"])
    restore(job, ["--inherit-fd", f"fd[{given}]:outer"], [given])
    if inode_of(job) != os.fstat(given).st_ino:
        raise Failed("the tree is not in the namespace that was given")
    dump(job, ["--empty-ns", "net"], [])
    job.restore_fails(["is restored with the same option"])
    restore(job, ["--empty-ns", "net"])
    with open(f"/proc/{job.pid}/net/route", encoding="ascii") as file:
        if inode_of(job) == os.fstat(given).st_ino or len(file.readlines()) > 1:
            raise Failed("the namespace is not a new one")
    dump(job, [], ["ifaddr", "netdev", "netns", "route", "route6", "rule"])
    restore(job, ["--join-ns", f"net:/proc/{os.getpid()}/fd/{other}"])
    if inode_of(job) != os.fstat(other).st_ino:
        raise Failed("the tree has not joined the namespace")
    job.stop()
