# SPDX-License-Identifier: GPL-2.0-only
"""make -j4 in the middle of a build, with its pipe of job tokens: each file is compiled once, and objects and program are
those of a build which nobody interrupted."""

import os
import subprocess

from runner.job import Failed

UNITS = 24
MAKEFILE = f"""
units := $(shell seq {UNITS})
all: program
program: $(units:%=unit-%.o) main.o
\tgcc -o $@ $^ && echo program >> built
%.o: %.c
\tgcc -O2 -c -o $@ $< && echo $@ >> built
"""
FUNCTION = """
unsigned long unit_{unit}_{n}(unsigned long seed)
{{
    unsigned char text[{size}];
    for (unsigned i = 0; i < sizeof(text); i++)
        text[i] = seed = seed * {factor}UL + (seed >> {shift});
    for (unsigned i = 1; i < sizeof(text); i++)
        seed ^= (unsigned long)(text[i] ^ text[i - 1]) << (i % {shift});
    return seed;
}}
"""


def write_unit(scratch, unit):
    """Some functions, and one that calls them."""
    with open(os.path.join(scratch, f"unit-{unit}.c"), "w", encoding="ascii") as file:
        for n in range(25):
            file.write(FUNCTION.format(unit=unit, n=n, size=40 + n, factor=2 * unit + n, shift=5 + n))
        calls = "".join(f"    seed += unit_{unit}_{n}(seed);\n" for n in range(25))
        file.write(f"unsigned long unit_{unit}(unsigned long seed)\n{{\n{calls}    return seed;\n}}\n")


def write_sources(scratch):
    """Makefile, units and a main that prints what they compute."""
    os.makedirs(scratch, exist_ok=True)
    with open(os.path.join(scratch, "Makefile"), "w", encoding="ascii") as file:
        file.write(MAKEFILE)
    for unit in range(1, UNITS + 1):
        write_unit(scratch, unit)
    with open(os.path.join(scratch, "main.c"), "w", encoding="ascii") as file:
        file.write("#include <stdio.h>\n")
        file.writelines(f"unsigned long unit_{unit}(unsigned long);\n" for unit in range(1, UNITS + 1))
        calls = "".join(f"    seed ^= unit_{unit}(seed);\n" for unit in range(1, UNITS + 1))
        file.write(f"int main(void)\n{{\n    unsigned long seed = 1;\n{calls}"
                   '    printf("%lu\\n", seed);\n    return 0;\n}\n')


def built(scratch):
    """What the recipes say they have made."""
    try:
        with open(os.path.join(scratch, "built"), encoding="ascii") as file:
            return file.read().split()
    except FileNotFoundError:
        return []


def contents(scratch):
    """All that a build leaves."""
    names = [f"unit-{unit}.o" for unit in range(1, UNITS + 1)] + ["main.o", "program"]
    found = {}
    for name in names:
        with open(os.path.join(scratch, name), "rb") as file:
            found[name] = file.read()
    return found


def run(job):
    """Build once in peace; then interrupt a build three times."""
    peaceful = os.path.join(job.directory, "peaceful")
    write_sources(peaceful)
    subprocess.run(["make", "-j4"], cwd=peaceful, check=True, capture_output=True)
    scratch = os.path.join(job.directory, "cwd")
    write_sources(scratch)
    job.launch(["make", "-j4"])
    for count in (3, 9, 15):
        job.wait_for(lambda: len(built(scratch)) >= count, f"{count} files")
        job.interrupt()
    job.expect_exit()
    expected, found = contents(peaceful), contents(scratch)
    differing = [name for name in expected if expected[name] != found[name]]
    if differing or sorted(built(scratch)) != sorted(expected):
        raise Failed(f"other than without an interruption: {differing}; built: {built(scratch)}")
    subprocess.run([os.path.join(scratch, "program")], check=True, capture_output=True)
