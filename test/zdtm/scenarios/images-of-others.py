# SPDX-License-Identifier: GPL-2.0-only
"""Images may come from other hands: state in them that this build does not restore is refused by name, all of it in
one run, and nothing is left behind."""

import base64
import os
import struct

from runner import snapshot
from runner.edit import change
from runner.job import Failed

PROGRAM = "static/process/single"
# One instruction: BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF.
LISTENER = base64.b64encode(struct.pack("<HBBI", 6, 0, 0, 0x7FC00000)).decode()
REASONS = ("may ask a listener", "unknown flags", "cgroup")


def expect_failure(job, reasons):
    """A restore that fails, names the reasons and leaves nothing."""
    if not job.run_criu("restore", ["-d"]):
        raise Failed("criu restore succeeded")
    with open(os.path.join(job.images, "restore.log"), encoding="utf-8", errors="replace") as file:
        log = file.read()
    missing = [reason for reason in reasons if reason not in log]
    if missing:
        raise Failed(f"criu restore does not name: {'; '.join(missing)}")
    job.children.reap()
    if snapshot.others():
        raise Failed(f"a refused restore left {snapshot.others()}")


def put_back(job, originals):
    """The images as they were."""
    for name, content in originals.items():
        with open(os.path.join(job.images, name), "wb") as file:
            file.write(content)


def run(job):
    """Put foreign state into the images of a plain program."""
    job.start()
    job.remember()
    job.dump()
    originals = {}
    for name in (f"core-{job.pid}.img", f"mm-{job.pid}.img", "seccomp.img"):
        with open(os.path.join(job.images, name), "rb") as file:
            originals[name] = file.read()
    change(job, f"core-{job.pid}.img",
           lambda entry: entry["thread_core"].update(seccomp_mode="filter", seccomp_filter=0, cg_set=7))
    change(job, "seccomp.img", lambda entry: entry.update(seccomp_filters=[{"filter": LISTENER, "flags": 1 << 20}]))
    expect_failure(job, REASONS)
    put_back(job, originals)
    change(job, f"mm-{job.pid}.img", lambda entry: entry.update(aios=[{"id": 4096, "nr_req": 1, "ring_len": 4096}]))
    expect_failure(job, ["1 AIO contexts and 0 rings"])
    put_back(job, originals)
    job.restore()
    job.compare("after the restore")
    job.stop()
