# SPDX-License-Identifier: GPL-2.0-only
"""Zombies in images that ended in a way in which nothing ends are refused before anything is made; so is a tree whose
root has ended."""

import signal

PROGRAM = "static/process/zombies"
IMPOSSIBLE = (signal.SIGCHLD, signal.SIGSTOP, 0x7f, 0x80, 0x10000, 33 << 8 | signal.SIGKILL, 0xffffffff)


def edited(job, pid, status):
    """A restore with a zombie that ended with @status."""
    def edit(entry):
        entry["tc"].update(task_state=2, exit_code=status)
    before = job.edit_image(f"core-{pid}.img", edit)
    job.restore_fails(["no process can have ended so"])
    job.write_image(f"core-{pid}.img", before)


def run(job):
    """One after the other; at last the true images."""
    job.start()
    job.remember()
    job.dump()
    zombie = next(entry["pid"] for entry in job.read_image("pstree.img")["entries"] if entry["pid"] != job.pid)
    for status in IMPOSSIBLE:
        edited(job, zombie, status)
    edited(job, job.pid, 0)
    job.restore()
    job.compare("after the restore")
    job.stop()
