# SPDX-License-Identifier: GPL-2.0-only
"""Fails each step of a dump and of a restore by name in turn: nothing may be left behind, and the next run works."""

import os
import signal
import stat

from . import images
from .children import TimeLimit
from .job import Failed
from .snapshot import is_there, others, read, tree


def step_names(running, verb):
    """The steps of a verb, one per line of its answer to --fault-step list."""
    path = os.path.join(running.directory, f"steps-{verb}")
    status = running.children.run([running.criu, verb, "--fault-step", "list"], running.limit, output=path)
    with open(path, encoding="utf-8", errors="replace") as file:
        names = file.read().split()
    if status or not names:
        raise Failed(f"criu {verb} --fault-step list says nothing (exit code {status})")
    return names


def names_and_inodes(top):
    """All files below a directory; of sockets, which nothing else tells apart, the inode as well."""
    found = []
    for base, _, names in os.walk(top):
        for path in (os.path.join(base, name) for name in names):
            known = os.lstat(path)
            found.append((path, known.st_ino) if stat.S_ISSOCK(known.st_mode) else (path,))
    return sorted(found)


def surroundings(running):
    """What a failed restore could leave: processes, mounts, files."""
    scratch = os.path.join(running.directory, "cwd")
    return {
        "processes": others(),
        "mounts": read("/proc/self/mountinfo"),
        "files": names_and_inodes(scratch),
        "shared memory": sorted(os.listdir("/dev/shm")),
        "images": images.fingerprints(running.images),
        "names of images": sorted(n for n in os.listdir(running.images) if n.endswith(".img")),
    }


def fail_dump(running, name):
    """One dump that fails at a step: the tree goes on as if nothing had happened."""
    known = tree(running.pid)
    running.dump_fails("--fault-step", name)
    if tree(running.pid) != known:
        raise Failed("the tree has other processes than before")


def fail_restore(running, name):
    """One restore that fails at a step: no process, mount or file is left, and the images are as they were."""
    before = surroundings(running)
    if not running.run_criu("restore", ["-d", *running.test.restore_options, "--fault-step", name]):
        raise Failed("exit code 0")
    try:
        running.children.until(lambda: not others(), 3.0, "")
    except TimeLimit:
        pass
    after = surroundings(running)
    changed = [f"{what}: {value} became {after[what]}" for what, value in before.items() if value != after[what]]
    for pid in after["processes"]:
        os.kill(pid, signal.SIGKILL)
    if changed:
        raise Failed("it leaves other " + "; other ".join(changed))


def in_turn(running, verb, fail):
    """Fail at each step of a verb; all that goes wrong is told at the end."""
    wrong = []
    names = step_names(running, verb)
    for name in names:
        try:
            fail(running, name)
        except Failed as failed:
            failed = str(failed).split("\n", maxsplit=1)[0]
            wrong.append(f"{verb} failing at step '{name}': {failed}")
    return names, wrong


def restart(running):
    """Another tree for the second half, when the first half has lost it."""
    running.children.reap()
    os.unlink(os.path.join(running.directory, "pidfile"))
    running.start()
    running.remember()


def every_step(running):
    """Each step of both verbs in turn, then a plain cycle."""
    running.start()
    running.remember()
    dump_steps, wrong = in_turn(running, "dump", fail_dump)
    if not is_there(running.pid):
        restart(running)
    running.dump()
    restore_steps, more = in_turn(running, "restore", fail_restore)
    if wrong or more:
        raise Failed("\n".join(wrong + more))
    running.restore()
    running.compare("after the restore")
    running.cycle()
    running.stop()
    running.notes.append(f"{len(dump_steps)} steps of dump and {len(restore_steps)} of restore failed in turn")
