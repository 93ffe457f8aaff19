# SPDX-License-Identifier: GPL-2.0-only
"""Images without inventory, without the memory of a task, or cut short are refused, and nothing is left behind."""

import glob
import os

from runner import snapshot
from runner.job import Failed

PROGRAM = "static/process/children"


def refuse(job, what):
    """A restore that must fail."""
    if not job.run_criu("restore", ["-d"]):
        raise Failed(f"criu restore succeeded {what}")
    job.children.reap()
    if snapshot.others():
        raise Failed(f"a restore that failed {what} left {snapshot.others()}")


def run(job):
    """Take images away or cut them, put them back, restore."""
    job.start()
    job.remember()
    job.dump()
    for pattern in ("inventory.img", "pstree.img", f"core-{job.pid}.img", f"mm-{job.pid}.img", "files.img", "pages-1.img"):
        path = (glob.glob(os.path.join(job.images, pattern)) or [None])[0]
        if not path:
            raise Failed(f"the dump has no {pattern}")
        os.rename(path, path + ".away")
        refuse(job, f"without {pattern}")
        with open(path + ".away", "rb") as whole, open(path, "wb") as part:
            part.write(whole.read()[:-3])
        refuse(job, f"with {pattern} cut short")
        os.rename(path + ".away", path)
    job.restore()
    job.compare("after the restore")
    job.stop()
