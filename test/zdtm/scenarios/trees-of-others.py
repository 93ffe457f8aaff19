# SPDX-License-Identifier: GPL-2.0-only
"""Trees in images that cannot be are refused before anything is made: zombies that ended as nothing ends, a root that has
ended, a leader of a session in another process group."""

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
    before = job.edit_image("pstree.img", lambda entry: entry.update(pgid=entry["pid"] + 1))
    job.restore_fails(["leader of a session is in another process group"])
    job.write_image("pstree.img", before)
    job.restore()
    job.compare("after the restore")
    job.stop()
