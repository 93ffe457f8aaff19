# SPDX-License-Identifier: GPL-2.0-only
"""Mounts of a test: its worker has a mount namespace of its own, whose end takes them away."""

import ctypes
import os

from .children import LIBC
from .job import Skipped

MS_BIND = 4096


def mount(source, target, kind=None, flags=0, options=None):
    """mount(2); what is not possible here skips the test."""
    words = [word.encode() if word is not None else None for word in (source, target, kind)]
    data = options.encode() if options else None
    if LIBC.mount(words[0], words[1], words[2], ctypes.c_ulong(flags), data):
        raise Skipped(f"cannot mount {kind or source} at {target}: {os.strerror(ctypes.get_errno())}")


def overlay(job, lower, upper):
    """The directory in which the program is going to run shows lower below upper, a directory with room beside."""
    place = os.path.join(job.directory, "cwd")
    for path in (place, os.path.join(upper, "files"), os.path.join(upper, "work")):
        os.makedirs(path, exist_ok=True)
    options = f"lowerdir={lower},upperdir={upper}/files,workdir={upper}/work"
    mount("overlay", place, "overlay", 0, options)
    return place


def fill(directory, names, size=8192):
    """Files with the first letter of their name all over."""
    os.makedirs(directory, exist_ok=True)
    for name in names:
        with open(os.path.join(directory, name), "w", encoding="ascii") as file:
            file.write(name[0] * size)
