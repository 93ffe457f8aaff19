# SPDX-License-Identifier: GPL-2.0-only
"""Fails each step of a dump and of a restore by name in turn: nothing may be left behind, and the next run works."""

import os

from . import images
from .job import Failed
from .snapshot import read, tree


def step_names(running, verb):
    """The steps of a verb, one per line of its answer to --fault-step list."""
    path = os.path.join(running.directory, f"steps-{verb}")
    status = running.children.run([running.criu, verb, "--fault-step", "list"], running.limit, output=path)
    with open(path, encoding="utf-8", errors="replace") as file:
        names = file.read().split()
    if status or not names:
        raise Failed(f"criu {verb} --fault-step list says nothing (exit code {status})")
    return names


def surroundings(running):
    """What a failed restore could leave: processes, mounts, files."""
    running.children.reap()
    scratch = os.path.join(running.directory, "cwd")
    files = sorted(os.path.join(base, name) for base, _, names in os.walk(scratch) for name in names)
    return {
        "processes": sorted(int(name) for name in os.listdir("/proc") if name.isdigit()),
        "mounts": read("/proc/self/mountinfo"),
        "files": files,
        "shared memory": sorted(os.listdir("/dev/shm")),
        "images": images.fingerprints(running.images),
        "image names": sorted(n for n in os.listdir(running.images) if not n.endswith((".log", ".out", ".pid"))),
    }


def fail_dump(running, name):
    """One dump that fails at a step: the tree goes on as if nothing had happened."""
    known = len(tree(running.pid))
    try:
        running.dump_fails("--fault-step", name)
    except Failed as failed:
        raise Failed(f"dump failing at step '{name}': {failed}") from None
    if len(tree(running.pid)) != known:
        raise Failed(f"dump failing at step '{name}': the tree has other processes than before")


def fail_restore(running, name):
    """One restore that fails at a step: no process, mount or file is left, and the images are as they were."""
    before = surroundings(running)
    if not running.run_criu("restore", ["-d", *running.test.restore_options, "--fault-step", name]):
        raise Failed(f"restore failing at step '{name}': exit code 0")
    running.children.reap()
    after = surroundings(running)
    for what, value in before.items():
        if value != after[what]:
            raise Failed(f"restore failing at step '{name}' leaves other {what}: {value} became {after[what]}")


def every_step(running):
    """Each step of both verbs in turn, then a plain cycle."""
    running.start()
    running.remember()
    done = step_names(running, "dump")
    for name in done:
        fail_dump(running, name)
    running.dump()
    steps = step_names(running, "restore")
    for name in steps:
        fail_restore(running, name)
    running.restore()
    running.compare("after the restore")
    running.cycle()
    running.stop()
    running.notes.append(f"{len(done)} steps of dump and {len(steps)} of restore failed in turn")
