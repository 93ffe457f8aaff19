# SPDX-License-Identifier: GPL-2.0-only
"""Images may come from other hands: state in them that this build does not restore is refused by name, all of it in
one run, and nothing is left behind."""

import json
import os

from runner import images, snapshot
from runner.job import Failed

PROGRAM = "static/process/single"
REASONS = ("seccomp", "cgroup", "asynchronous I/O")


def crit(job, verb, source, target):
    """Decode or encode one file."""
    if job.children.run([*images.crit_command(), verb, "-i", source, "-o", target], job.limit):
        raise Failed(f"crit {verb} {source} fails")


def change(job, name, edit):
    """Rewrite an image with @edit applied to its only record."""
    path, text = os.path.join(job.images, name), os.path.join(job.images, name + ".json")
    crit(job, "decode", path, text)
    with open(text, encoding="utf-8") as file:
        content = json.load(file)
    edit(content["entries"][0])
    with open(text, "w", encoding="utf-8") as file:
        json.dump(content, file)
    crit(job, "encode", text, path)
    os.unlink(text)


def run(job):
    """Put foreign state into the images of a plain program."""
    job.start()
    job.remember()
    job.dump()
    originals = {}
    for name in (f"core-{job.pid}.img", f"mm-{job.pid}.img"):
        with open(os.path.join(job.images, name), "rb") as file:
            originals[name] = file.read()
    change(job, f"core-{job.pid}.img", lambda entry: entry["thread_core"].update(seccomp_mode="filter", cg_set=7))
    change(job, f"mm-{job.pid}.img", lambda entry: entry.update(aios=[{"id": 4096, "nr_req": 1, "ring_len": 4096}]))
    if not job.run_criu("restore", ["-d"]):
        raise Failed("criu restore succeeded")
    with open(os.path.join(job.images, "restore.log"), encoding="utf-8", errors="replace") as file:
        log = file.read()
    missing = [reason for reason in REASONS if reason not in log]
    if missing:
        raise Failed(f"criu restore does not name: {'; '.join(missing)}")
    job.children.reap()
    if snapshot.others():
        raise Failed(f"a refused restore left {snapshot.others()}")
    for name, content in originals.items():
        with open(os.path.join(job.images, name), "wb") as file:
            file.write(content)
    job.restore()
    job.compare("after the restore")
    job.stop()
