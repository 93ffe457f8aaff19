# SPDX-License-Identifier: GPL-2.0-only
"""A Java virtual machine with threads that compute and allocate, a timer and several collections of garbage: it goes on
computing the same chains of checksums, and its timer goes on ticking."""

import os
import subprocess
import zlib

from runner.job import Failed, Skipped

WORKERS = 4
# Not java.nio, whose channels hold a pair of sockets.
PROGRAM = """
import java.io.*;
import java.util.*;
import java.util.concurrent.atomic.*;
import java.util.zip.CRC32;

public class Work extends Thread {
    static final AtomicInteger ticks = new AtomicInteger();
    static volatile boolean stop;
    final int number;
    volatile int rounds;
    long sum;

    Work(int number) { this.number = number; }

    // A linked list of garbage in each round; old objects stay reachable for some rounds.
    public void run() {
        Deque<byte[]> kept = new ArrayDeque<>();
        while (!stop) {
            byte[] text = (number + " " + rounds + " " + sum).getBytes();
            CRC32 crc = new CRC32();
            crc.update(text);
            sum = crc.getValue();
            kept.addLast(Arrays.copyOf(text, 20000));
            if (kept.size() > 50 && !Arrays.equals(Arrays.copyOf(kept.removeFirst(), 2), new byte[] {(byte) ('0' + number), ' '}))
                throw new IllegalStateException("an object has changed");
            rounds++;
            if (rounds % 500 == 0)
                Thread.yield();
        }
    }

    static String state(List<Work> workers) {
        StringBuilder text = new StringBuilder().append(ticks.get());
        for (Work worker : workers)
            text.append(" ").append(worker.rounds);
        return text.toString();
    }

    public static void main(String[] words) throws Exception {
        List<Work> workers = new ArrayList<>();
        for (int i = 0; i < Integer.parseInt(words[0]); i++)
            workers.add(new Work(i));
        for (Work worker : workers)
            worker.start();
        new Timer(true).schedule(new TimerTask() { public void run() { ticks.incrementAndGet(); } }, 1, 5);
        while (!new File("stop").exists()) {
            try (FileWriter writer = new FileWriter("new")) {
                writer.write(state(workers));
            }
            new File("new").renameTo(new File("progress"));
            System.gc();
            Thread.sleep(20);
        }
        stop = true;
        for (Work worker : workers)
            worker.join();
        for (Work worker : workers)
            System.out.println(worker.rounds + " " + worker.sum);
    }
}
"""


def compile_program(scratch):
    """By the compiler module of the run time itself, where the distribution leaves it in."""
    os.makedirs(scratch, exist_ok=True)
    with open(os.path.join(scratch, "Work.java"), "w", encoding="ascii") as file:
        file.write(PROGRAM)
    try:
        done = subprocess.run(["java", "-Xshare:auto", "-m", "jdk.compiler/com.sun.tools.javac.Main", "Work.java"],
                              cwd=scratch, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise Skipped("no java: package default-jre-headless") from None
    if "jdk.compiler not found" in done.stderr:
        raise Skipped("this java has no compiler: package default-jdk-headless")
    if done.returncode:
        raise Failed(f"Work.java: {done.stderr}")


def progress(scratch):
    """Ticks, and the rounds of each worker."""
    try:
        with open(os.path.join(scratch, "progress"), encoding="ascii") as file:
            return [int(word) for word in file.read().split()]
    except FileNotFoundError:
        return [0]


def chain(worker, rounds):
    """What a worker has computed after so many rounds."""
    total = 0
    for number in range(rounds):
        total = zlib.crc32(f"{worker} {number} {total}".encode())
    return total


def run(job):
    """Interrupt it three times; each time all of its threads go on."""
    scratch = os.path.join(job.directory, "cwd")
    compile_program(scratch)
    job.launch(["java", "-Xmx64m", "Work", str(WORKERS)])
    job.wait_for(lambda: min(progress(scratch)) > 10 and len(progress(scratch)) > WORKERS, "all threads work")
    for _ in range(3):
        job.interrupt()
        before = progress(scratch)
        job.wait_for(lambda: all(now > then + 5 for now, then in zip(progress(scratch), before)), "all threads go on")
    with open(os.path.join(scratch, "stop"), "w", encoding="ascii"):
        pass
    job.expect_exit()
    with open(job.outfile, encoding="ascii") as file:
        results = [[int(word) for word in line.split()] for line in file]
    for worker, (rounds, total) in enumerate(results):
        if chain(worker, rounds) != total:
            raise Failed(f"thread {worker} has {total} after {rounds} rounds, not {chain(worker, rounds)}")
    if len(results) != WORKERS:
        raise Failed(f"{len(results)} threads of {WORKERS} have said what they computed")
