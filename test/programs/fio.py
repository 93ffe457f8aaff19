# SPDX-License-Identifier: GPL-2.0-only
"""fio writes a file by io_uring, one by io_uring with its files and buffers registered, another one by libaio, and reads
them back: interrupted on its way, it finds the data that it has written."""

import os
import shutil

from runner.conditions import KERNEL_TYPES
from runner.job import Failed, Skipped

SIZE = 4 << 20


def write_and_verify(job, engine, *options):
    """Interrupt it twice: while it writes, and in another place. It rests between its blocks, and does not make up for
    lost time."""
    name = "-".join((engine,) + options)
    path = os.path.join(job.directory, "cwd", f"{name}.data")
    said = os.path.join(job.directory, f"{name}.txt")
    job.launch(["fio", f"--name={engine}", f"--ioengine={engine}", f"--filename={path}", f"--size={SIZE}",
                "--rw=write", "--bs=4k", "--iodepth=4", "--thinktime=5ms", "--fallocate=none", "--verify=crc32c",
                "--verify_fatal=1", "--do_verify=1", f"--output={said}", "--file_service_type=sequential"] +
               [f"--{option}" for option in options])
    for part in (8, 4):
        job.wait_for(lambda part=part: os.path.exists(path) and os.path.getsize(path) > SIZE // part, "written data")
        job.interrupt()
    job.expect_exit()
    with open(said, encoding="utf-8") as file:
        text = file.read()
    if "err= 0" not in text or os.path.getsize(path) != SIZE:
        raise Failed(f"fio says:\n{text}")


def run(job):
    """One engine after the other."""
    if not shutil.which("fio"):
        raise Skipped("no fio: package fio")
    os.makedirs(os.path.join(job.directory, "cwd"), exist_ok=True)
    for engine in ("libaio", "io_uring"):
        write_and_verify(job, engine)
    # Which files are registered the memory of the kernel tells.
    if os.path.exists(KERNEL_TYPES):
        write_and_verify(job, "io_uring", "fixedbufs", "registerfiles")
