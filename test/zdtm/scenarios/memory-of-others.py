# SPDX-License-Identifier: GPL-2.0-only
"""Images may come from other hands: mappings that cannot be, or cannot be here, are refused one by one, and nothing is
left behind."""

import json
import os

from runner import images, snapshot
from runner.job import Failed

PROGRAM = "static/process/single"
HUGETLB = 0x40000
POLICY_BIND = 2


def heap(entry):
    """A mapping of private anonymous memory."""
    return next(area for area in entry["vmas"] if area["flags"] & 0x20)


# What is changed in mm-PID.img, and what the restore must say.
CHANGES = (
    (lambda entry: heap(entry).update(name="a]b"), "cannot have a name like that"),
    (lambda entry: heap(entry).update(name="a" * 100), "cannot have a name like that"),
    (lambda entry: heap(entry).update(protection_key=77), "has protection key 77"),
    (lambda entry: entry.update(protection_keys=1 << 20), "protection keys 100000 cannot be"),
    (lambda entry: heap(entry).update(policy=POLICY_BIND, policy_nodes=[0, 1 << 63]), "does not have"),
    (lambda entry: heap(entry).update(policy=POLICY_BIND, policy_nodes=[1] * 100), "too many nodes"),
    (lambda entry: entry.update(lock_future=9), "mlockall with flags 9"),
    (lambda entry: heap(entry).update(flags=heap(entry)["flags"] | HUGETLB | 11 << 26), "huge pages of 2^11"),
    (lambda entry: heap(entry).update(flags=heap(entry)["flags"] | HUGETLB | 21 << 26), "huge pages"),
)


def crit(job, verb, source, target):
    """Decode or encode one file."""
    if job.children.run([*images.crit_command(), verb, "-i", source, "-o", target], job.limit):
        raise Failed(f"crit {verb} {source} fails")


def expect_refusal(job, reason):
    """A restore must fail for this reason, and leave nobody."""
    if not job.run_criu("restore", ["-d"]):
        raise Failed(f"criu restore succeeded, though: {reason}")
    with open(os.path.join(job.images, "restore.log"), encoding="utf-8", errors="replace") as file:
        if reason not in file.read():
            raise Failed(f"criu restore does not say: {reason}")
    job.children.reap()
    if snapshot.others():
        raise Failed(f"a refused restore left {snapshot.others()}")


def with_change(job, name, edit, reason):
    """Try a restore from images of which one is changed; put it back."""
    path, text = os.path.join(job.images, name), os.path.join(job.images, name + ".json")
    with open(path, "rb") as file:
        original = file.read()
    crit(job, "decode", path, text)
    with open(text, encoding="utf-8") as file:
        content = json.load(file)
    edit(content["entries"][0])
    with open(text, "w", encoding="utf-8") as file:
        json.dump(content, file)
    crit(job, "encode", text, path)
    os.unlink(text)
    expect_refusal(job, reason)
    with open(path, "wb") as file:
        file.write(original)


def run(job):
    """Put one wrong thing after the other into the images of a plain program."""
    job.start()
    job.remember()
    job.dump()
    for edit, reason in CHANGES:
        with_change(job, f"mm-{job.pid}.img", edit, reason)
    with_change(job, "inventory.img", lambda entry: entry.update(allow_uprobes=True), "--allow-uprobes")
    job.restore()
    job.compare("after the restore")
    job.stop()
