# SPDX-License-Identifier: GPL-2.0-only
"""The number of a terminal is in use where it is to be restored: refused, with who has it. Later it works. Records that are
impossible are refused, too."""

import os

PROGRAM = "static/tty/lines"


def impossible(entry):
    """A flow that there is not."""
    entry["flow"] = 7


def run(job):
    """With somebody on the number, with a damaged image, and undisturbed."""
    job.start()
    job.remember()
    job.dump()
    # The kernel frees those of a tree that has ended when it gets to it.
    ends = [end for _ in range(4) for end in os.openpty()]
    job.restore_fails(["its number is in use here, by pid"])
    for end in ends:
        os.close(end)
    before = job.edit_image("tty-info.img", impossible)
    job.restore_fails(["tty-info.img: terminal", "is impossible"])
    job.write_image("tty-info.img", before)
    job.restore()
    job.compare("after the restore")
    job.stop()
