# SPDX-License-Identifier: GPL-2.0-only
"""make -j4 in the middle of a build, with job tokens in its own pipe, then in a fifo that was given to it: each file is
compiled once, objects and program are those of a build which nobody interrupted, and no token is lost."""

import os
import shutil
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
# One job needs no token.
FIFO_BUILD = """
mkfifo tokens && exec 5<>tokens && printf +++ >&5 || exit 1
MAKEFLAGS=' -j --jobserver-auth=5,5' make || exit 2
read -r -N 3 -u 5 left
printf %s "$left" > tokens-left
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


def expect_built(scratch, expected):
    """All is there, and the program works."""
    found = contents(scratch)
    differing = [name for name in expected if expected[name] != found[name]]
    if differing or sorted(built(scratch)) != sorted(expected):
        raise Failed(f"other than without an interruption: {differing}; built: {built(scratch)}")
    subprocess.run([os.path.join(scratch, "program")], check=True, capture_output=True)


def interrupt_build(job, argv, counts):
    """Start to build, interrupt when so many files are there."""
    scratch = os.path.join(job.directory, "cwd")
    write_sources(scratch)
    job.launch(argv)
    for count in counts:
        job.wait_for(lambda: len(built(scratch)) >= count, f"{count} files")
        job.interrupt()
    job.expect_exit()
    return scratch


def run(job):
    """Build once in peace; then interrupt a build three times, and one with a fifo."""
    peaceful = os.path.join(job.directory, "peaceful")
    write_sources(peaceful)
    subprocess.run(["make", "-j4"], cwd=peaceful, check=True, capture_output=True)
    expected = contents(peaceful)
    scratch = interrupt_build(job, ["make", "-j4"], (3, 9, 15))
    expect_built(scratch, expected)
    shutil.rmtree(scratch)
    scratch = interrupt_build(job, ["/bin/bash", "-c", FIFO_BUILD], (5, 12))
    expect_built(scratch, expected)
    with open(os.path.join(scratch, "tokens-left"), encoding="ascii") as file:
        left = file.read()
    if left != "+++":
        raise Failed(f"the tokens are '{left}'")
