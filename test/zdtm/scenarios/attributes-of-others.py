# SPDX-License-Identifier: GPL-2.0-only
"""Attributes in images that this machine cannot give, or that nobody knows, are refused by name before anything is
made; without them the tree is restored."""

import json
import os

from runner import images, snapshot
from runner.job import Failed

PROGRAM = "static/process/single"
CASES = (
    ("attribute 'wings'", lambda entry: entry["thread_core"].update(controls=[{"name": "wings", "value": 2}])),
    ("attribute 'mce-kill'", lambda entry: entry["thread_core"].update(controls=[{"name": "mce-kill", "value": 77}])),
    ("attribute 'memory-deny-write-execute'",
     lambda entry: entry["tc"].update(controls=[{"name": "memory-deny-write-execute", "value": 64}])),
    ("NUMA policy", lambda entry: entry["thread_core"].update(numa_policy={"mode": 2, "nodes": [0, 1 << 40]})),
    ("NUMA policy", lambda entry: entry["thread_core"].update(numa_policy={"mode": 2, "nodes": [1] * 99})),
    ("SCHED_DEADLINE", lambda entry: entry["thread_core"].update(sched_policy=6)),
    ("dumpable", "mm"),
)


def crit(job, verb, source, target):
    """Decode or encode one file."""
    if job.children.run([*images.crit_command(), verb, "-i", source, "-o", target], job.limit):
        raise Failed(f"crit {verb} {source} fails")


def change(job, name, edit):
    """Rewrite an image with @edit applied to its only record; returns what it was."""
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
    return original


def refused(job, reason, edit):
    """One change, one refusal, and all is as before."""
    name = f"core-{job.pid}.img"
    if edit == "mm":
        name, edit = f"mm-{job.pid}.img", lambda entry: entry.update(dumpable=3)
    original = change(job, name, edit)
    if not job.run_criu("restore", ["-d"]):
        raise Failed(f"criu restore succeeded in spite of {reason}")
    with open(os.path.join(job.images, "restore.log"), encoding="utf-8", errors="replace") as file:
        log = file.read()
    if reason not in log or "step: fork" in log:
        raise Failed(f"criu restore does not name {reason} in time")
    job.children.reap()
    if snapshot.others():
        raise Failed(f"a refused restore left {snapshot.others()}")
    with open(os.path.join(job.images, name), "wb") as file:
        file.write(original)


def run(job):
    """All cases, then a restore."""
    job.start()
    job.remember()
    job.dump()
    for reason, edit in CASES:
        refused(job, reason, edit)
    job.restore()
    job.compare("after the restore")
    job.stop()
