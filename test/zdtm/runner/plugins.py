# SPDX-License-Identifier: GPL-2.0-only
"""What scenarios with plugins have in common: where the plugins are, what they wrote, what the log says."""

import os
import re

from . import snapshot
from .catalogue import build_dir
from .job import Failed, Skipped


def libdir(name):
    """The words by which criu finds the plugin of test/zdtm/plugins/NAME.c."""
    return ["--libdir", os.path.join(build_dir(), "test/zdtm/plugins", name)]


def calls(job):
    """What the plugin noted in the image directory since it was looked at last."""
    path = os.path.join(job.images, "calls")
    if not os.path.exists(path):
        return []
    with open(path, encoding="ascii") as file:
        lines = file.read().splitlines()
    os.unlink(path)
    return lines


def expect_calls(job, wanted):
    """The plugin was called so, and in this order."""
    found = calls(job)
    if found != wanted:
        raise Failed(f"the plugin was called: {found}, not {wanted}")


def expect_log(job, verb, text):
    """The log of the last run says this."""
    with open(os.path.join(job.images, f"{verb}.log"), encoding="utf-8", errors="replace") as file:
        if text not in file.read():
            raise Failed(f"the log of criu {verb} does not say: {text}")


def restore_fails(job, words, text):
    """A restore that must say why, and leave nothing."""
    if not job.run_criu("restore", ["-d", *words]):
        raise Failed("criu restore succeeded where it had to fail")
    expect_log(job, "restore", text)
    job.children.reap()
    if snapshot.others():
        raise Failed(f"a failed restore left {snapshot.others()}")


def expect_equal(verb, found, wanted):
    """The calls of one run."""
    if found != wanted:
        raise Failed(f"criu {verb}: the plugin was called: {found}, not {wanted}")


def need_device_mapping(job):
    """Skips where the buffers of perf events, which play the device, are mapped as ordinary memory (old kernels)."""
    with open(f"/proc/{job.pid}/smaps", encoding="ascii", errors="replace") as smaps:
        text = smaps.read()
    if not re.search(r"perf_event\](?:\n(?!VmFlags)[^\n]*)*\nVmFlags:[^\n]* (io|pf)\b", text):
        raise Skipped("the memory of perf events is that of no device under this kernel")
