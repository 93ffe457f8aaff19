# SPDX-License-Identifier: GPL-2.0-only
"""Python's multiprocessing over pipes: a queue, semaphores in shared memory without a name, a shared counter and pairs of
pipes between five processes. Every task comes back once."""

import os
import zlib

from runner.job import Failed

SCRIPT = r"""
import multiprocessing as mp, os, time, zlib

def work(tasks, results, counter, lock):
    while (number := tasks.get()) is not None:
        with lock:
            counter.value += 1
        results.send((number, zlib.crc32(str(number).encode() * 200)))
    results.close()

def main():
    context = mp.get_context("fork")
    tasks, lock = context.Queue(8), context.Lock()
    counter = context.Value("l", 0, lock=False)
    ends, workers = [], []
    for _ in range(4):
        end, other = context.Pipe(duplex=False)
        workers.append(context.Process(target=work, args=(tasks, other, counter, lock)))
        workers[-1].start()
        other.close()
        ends.append(end)
    got, number = {}, 0
    while ends:
        if number >= 0 and not tasks.full():
            stop = os.path.exists("stop")
            for task in [None] * 4 if stop else [number]:
                tasks.put(task)
            number = -1 if stop else number + 1
        for end in mp.connection.wait(ends, 0.001):
            try:
                key, value = end.recv()
                assert key not in got
                got[key] = value
            except EOFError:
                ends.remove(end)
        with open("progress", "w") as file:
            file.write(str(len(got)))
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    total = sum(got[key] for key in range(len(got)))
    print(len(got), counter.value, total)

if __name__ == "__main__":
    import multiprocessing.connection
    main()
"""


def progress(scratch):
    """How many tasks have come back."""
    try:
        with open(os.path.join(scratch, "progress"), encoding="ascii") as file:
            return int(file.read() or 0)
    except FileNotFoundError:
        return 0


def run(job):
    """Interrupt it three times, end it, compute the same here."""
    scratch = job.launch(["/usr/bin/python3", "-c", SCRIPT])
    for _ in range(3):
        before = progress(scratch)
        job.wait_for(lambda: progress(scratch) > before + 100, "100 more tasks")
        job.interrupt()
    with open(os.path.join(scratch, "stop"), "w", encoding="ascii"):
        pass
    job.expect_exit()
    with open(job.outfile, encoding="ascii") as file:
        count, counted, total = (int(word) for word in file.read().split())
    expected = sum(zlib.crc32(str(number).encode() * 200) for number in range(count))
    if (counted, total) != (count, expected):
        raise Failed(f"{count} tasks came back, {counted} were counted; the sum is {total}, not {expected}")
