# SPDX-License-Identifier: GPL-2.0-only
"""What an image has as the vdso of a task may be anything: another build is used as one, what is none is refused, and
functions that this kernel does not have are named."""

import os

from runner import images
from runner.job import Failed

PROGRAM = "static/process/single"
SETTINGS = {"kinds": "vdso"}
VMA_VDSO = 8


def vdso_mapping(job):
    """The record of the vdso."""
    return next(vma for vma in job.read_image(f"mm-{job.pid}.img")["entries"][0]["vmas"] if status(vma) & VMA_VDSO)


def place_of_vdso(job):
    """Offset and size of the vdso within the image of the pages."""
    maps = job.read_image(f"pagemap-{job.pid}.img")["entries"]
    vma = vdso_mapping(job)
    start, end, at = int(vma["start"]), int(vma["end"]), 0
    for run in maps[1:]:
        first, size = int(run["vaddr"]), int(run["nr_pages"]) * images.PAGE
        if first <= start < first + size:
            return at + start - first, end - start
        at += size
    raise Failed("the vdso is not among the pages")


def status(vma):
    """Status bits, whether crit names them or not."""
    value = vma["status"]
    return value if isinstance(value, int) else VMA_VDSO if "VDSO" in str(value) else 0


def run(job):
    """Damage it in three ways, then let it be of another build."""
    job.start()
    job.remember()
    job.dump()
    offset, size = place_of_vdso(job)
    with open(os.path.join(job.images, "pages-1.img"), "r+b") as file:
        file.seek(offset)
        code = file.read(size)

        def write(content):
            file.seek(offset)
            file.write(content)
            file.flush()

        write(b"\0" * 64 + code[64:])
        job.restore_fails(["the vdso is none of this architecture"])
        write(code[:64] + b"\xff" * (size - 64))
        job.restore_fails(["the vdso is none of this architecture"])
        build_id = code.index(b"GNU\0", code.index(b"\x03\0\0\0GNU\0") - 8) + 4
        other = code[:build_id] + b"\x5a" * 20 + code[build_id + 20:]
        unused = other.rindex(b"\0\0\0\0") + 1
        other = other[:unused] + b"\1" + other[unused + 1:]
        write(other.replace(b"__vdso_gettimeofday", b"__vdso_nobodys_call"))
        job.restore_fails(["'__vdso_nobodys_call' of its vdso has no like"])
        write(other)
    vma = vdso_mapping(job)
    core = f"core-{job.pid}.img"
    before = job.edit_image(core, lambda entry: entry["thread_info"]["gpregs"].update(ip=int(vma["start"]) + 8))
    job.restore_fails([f"thread {job.pid} was stopped within its vdso"])
    job.write_image(core, before)
    job.restore()
    job.compare("after the restore", other_kernel=True)
    with open(os.path.join(job.images, "restore.log"), encoding="utf-8", errors="replace") as file:
        if "its vdso is of another kernel" not in file.read():
            raise Failed("a vdso of another build was taken for this kernel's")
    job.stop()
