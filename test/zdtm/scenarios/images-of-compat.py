# SPDX-License-Identifier: GPL-2.0-only
"""Images of 32-bit programs may come from other hands: values that no such program can have are refused by name, and
registers without segment bases, as others write them, are enough."""

import json
import os

from runner import images, snapshot
from runner.job import Failed

PROGRAM = "static/thread/local-storage"
SETTINGS = {"flavours": "compat"}


def crit(job, verb, source, target):
    """Decode or encode one file."""
    if job.children.run([*images.crit_command(), verb, "-i", source, "-o", target], job.limit):
        raise Failed(f"crit {verb} {source} fails")


def change(job, path, edit):
    """Rewrite an image with @edit applied to its only record."""
    text = path + ".json"
    crit(job, "decode", path, text)
    with open(text, encoding="utf-8") as file:
        content = json.load(file)
    edit(content["entries"][0])
    with open(text, "w", encoding="utf-8") as file:
        json.dump(content, file)
    crit(job, "encode", text, path)
    os.unlink(text)


def registers(**values):
    """An edit of general registers."""
    return lambda entry: entry["thread_info"]["gpregs"].update(values)


WRONG = (
    ("segment", registers(cs=0x10)),
    ("segment", registers(mode="NATIVE")),
    ("segment", registers(ds=0x2f)),
    ("signal action 0", lambda entry: entry["tc"]["sigactions"][0].update(restorer=1 << 33)),
    ("robust futex list", lambda entry: entry["thread_core"].update(futex_rla=1 << 40)),
)


def refused(job, reason):
    """The restore must fail, name the reason and leave nothing."""
    if not job.run_criu("restore", ["-d"]):
        raise Failed(f"criu restore succeeded in spite of: {reason}")
    with open(os.path.join(job.images, "restore.log"), encoding="utf-8", errors="replace") as file:
        if reason not in file.read():
            raise Failed(f"criu restore does not name: {reason}")
    job.children.reap()
    if snapshot.others():
        raise Failed(f"a refused restore left {snapshot.others()}")


def run(job):
    """Change the images of a program in many ways, and at last in a harmless one."""
    job.start()
    job.remember()
    job.dump()
    path = os.path.join(job.images, f"core-{job.pid}.img")
    with open(path, "rb") as file:
        original = file.read()
    for reason, edit in WRONG:
        change(job, path, edit)
        refused(job, reason)
        with open(path, "wb") as file:
            file.write(original)
    change(job, path, registers(gs_base=0, r8=0, r9=0, r10=0, r11=0, r12=0, r13=0, r14=0, r15=0))
    job.restore()
    job.compare("after the restore")
    job.stop()
