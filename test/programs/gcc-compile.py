# SPDX-License-Identifier: GPL-2.0-only
"""gcc -O2 in the middle of a large file: driver, compiler and assembler behind its pipe. The object is that of a run which
nobody interrupted, byte for byte."""

import os
import subprocess

from runner.job import Failed

COMMAND = ["gcc", "-O2", "-g", "-pipe", "-c", "large.c", "-o"]
FUNCTION = """
static unsigned long step_{n}(unsigned long *table, unsigned long seed)
{{
    for (int i = 0; i < {loops}; i++) {{
        seed = seed * {factor}UL + (seed >> {shift}) + table[(seed + i) & 255];
        switch (seed % {cases}) {{
        case 0: table[seed & 255] ^= seed; break;
        case 1: seed += table[i & 255] / {divisor}; break;
        case 2: for (int k = 0; k < 16; k++) table[k] += (unsigned char)(seed >> k); break;
        default: table[(seed >> 8) & 255] += {n}; continue;
        }}
    }}
    return seed;
}}
"""


def write_source(path, functions):
    """Functions that differ enough for none to be folded into another."""
    with open(path, "w", encoding="ascii") as file:
        for n in range(functions):
            file.write(FUNCTION.format(n=n, loops=50 + n % 97, factor=2 * n + 12345, shift=3 + n % 40,
                                       cases=4 + n % 5, divisor=3 + n % 11))
        file.write("unsigned long all(unsigned long *table, unsigned long seed)\n{\n")
        file.writelines(f"    seed ^= step_{n}(table, seed);\n" for n in range(functions))
        file.write("    return seed;\n}\n")


def seconds(pid):
    """Processor time of all below a process, as far as it runs still."""
    total, left = 0, [pid]
    while left:
        pid = left.pop()
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii") as file:
                fields = file.read().rsplit(")", 1)[1].split()
            with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
                left += [int(word) for word in file.read().split()]
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def run(job):
    """Interrupt it three times, then compare the objects."""
    scratch = os.path.join(job.directory, "cwd")
    os.makedirs(scratch, exist_ok=True)
    write_source(os.path.join(scratch, "large.c"), 200)
    subprocess.run([*COMMAND, "expected.o"], cwd=scratch, check=True)
    job.launch([*COMMAND, "large.o"])
    for _ in range(3):
        job.wait_for(lambda: seconds(job.pid) > 0.2, "some work since the last dump")
        job.interrupt()
    job.expect_exit()
    objects = []
    for name in ("expected.o", "large.o"):
        with open(os.path.join(scratch, name), "rb") as file:
            objects.append(file.read())
    if objects[0] != objects[1]:
        raise Failed(f"the objects differ, of {len(objects[0])} and {len(objects[1])} bytes")
