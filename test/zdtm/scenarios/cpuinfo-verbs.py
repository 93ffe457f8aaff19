# SPDX-License-Identifier: GPL-2.0-only
"""criu cpuinfo writes what the processor has, and compares it with this one's: each missing feature is named."""

import os

from runner.job import Failed, skip_with_cpu_flag

PROGRAM = "static/process/single"
APX, MPX = 1 << 19, 1 << 14


def check(job, expected, *words):
    """criu cpuinfo check: its exit code, and what its log names."""
    status = job.run_criu("cpuinfo", ["check", *words])
    with open(os.path.join(job.images, "cpuinfo.log"), encoding="utf-8", errors="replace") as file:
        errors = "".join(line for line in file if "Error" in line)
    missing = [word for word in expected if word not in errors]
    if bool(status) != bool(expected) or missing:
        raise Failed(f"criu cpuinfo check {' '.join(words)} ends with {status} and does not name {missing}")


def lack(entry):
    """What no processor has beside the rest: 3DNow!, an unnamed bit, the registers of APX, a larger area."""
    cpu = entry["x86_entry"][0]
    cpu["capability"][1] |= 1 << 31 | 1 << 10
    cpu["xfeatures_mask"] = int(cpu["xfeatures_mask"]) | APX
    cpu["xsave_size"] += 4096
    cpu["vendor_id"] = "UNKNOWN"


def run(job):
    """Write, compare, damage, compare by groups."""
    skip_with_cpu_flag("3dnow")
    job.new_images()
    check(job, ["there is no 'cpuinfo.img'"])
    if job.run_criu("cpuinfo", ["dump"]):
        raise Failed("criu cpuinfo dump fails")
    for words in ([], ["--cpu-cap"], ["--cpu-cap=cpu"], ["--cpu-cap=none"]):
        check(job, [], *words)
    job.edit_image("cpuinfo.img", lack)
    check(job, ["instructions of that of the dump: 3dnow;", "xsave component apx", "an xsave area of"])
    check(job, ["instructions of that of the dump: 3dnow;"], "--cpu-cap=ins")
    check(job, ["registers of that of the dump: xsave component apx, an xsave area of"], "--cpu-cap=fpu")
    check(job, ["vendor 0 family", "bit 10 of CPUID 80000001:0 edx", "3dnow"], "--cpu-cap=cpu")
    check(job, ["bit 10 of CPUID", "xsave component apx"], "--cpu-cap")
    check(job, [], "--cpu-cap=none")
    if job.run_criu("cpuinfo", ["forget"]) != 1:
        raise Failed("criu cpuinfo knows a third verb")
    with open(os.path.join(job.images, "cpuinfo.img"), "r+b") as file:
        file.truncate(30)
    check(job, ["cannot read image 'cpuinfo.img'"])
