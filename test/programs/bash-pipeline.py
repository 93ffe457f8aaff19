# SPDX-License-Identifier: GPL-2.0-only
"""A bash loop that starts processes all the time, with a pipeline behind it: every number comes out once."""

import os

from runner.job import Failed

SCRIPT = """
i=0
while [ ! -e stop ]; do
    i=$((i + 1))
    echo "number $i"
    sleep 0.01
done | sed -u 's/number //' | while read -r n; do
    echo "$n" >> numbers
done
exit 7
"""


def numbers(scratch):
    """What came out so far."""
    try:
        with open(os.path.join(scratch, "numbers"), encoding="ascii") as file:
            return [int(line) for line in file.read().split("\n")[:-1]]
    except FileNotFoundError:
        return []


def run(job):
    """Interrupt the loop, let it count on, end it."""
    scratch = job.launch(["bash", "-c", SCRIPT])
    job.wait_for(lambda: len(numbers(scratch)) > 10, "ten numbers")
    job.interrupt()
    count = len(numbers(scratch))
    job.wait_for(lambda: len(numbers(scratch)) > count + 10, "ten more numbers")
    with open(os.path.join(scratch, "stop"), "w", encoding="ascii"):
        pass
    job.expect_exit(7)
    seen = numbers(scratch)
    if seen != list(range(1, len(seen) + 1)):
        raise Failed(f"the numbers have gaps or doubles: {seen[count - 3:count + 3]}")
