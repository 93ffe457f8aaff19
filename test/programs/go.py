# SPDX-License-Identifier: GPL-2.0-only
"""A Go program with a thousand goroutines in a ring of channels, tickers, timers and computing ones: the token goes
round, the tickers go on ticking, and the chains of checksums are complete."""

import os
import shutil
import subprocess
import zlib

from runner.job import Failed, Skipped

WORKERS = 3
RING = 1000
PROGRAM = """
package main

import (
    "fmt"
    "hash/crc32"
    "os"
    "strings"
    "sync"
    "sync/atomic"
    "time"
)

const workers, ring = %d, %d

var stop int32
var ticks, rounds, turns [workers]uint64
var sums [workers]uint32

// Garbage in each round, for the collector.
func work(number int, done *sync.WaitGroup) {
    defer done.Done()
    for atomic.LoadInt32(&stop) == 0 {
        round := atomic.LoadUint64(&rounds[number])
        text := strings.Clone(fmt.Sprintf("%%d %%d %%d", number, round, sums[number]))
        sums[number] = crc32.ChecksumIEEE([]byte(text))
        if atomic.AddUint64(&rounds[number], 1)%%100 == 0 {
            time.Sleep(time.Millisecond)
        }
    }
}

func tick(number int) {
    for range time.NewTicker(time.Duration(number+1) * 2 * time.Millisecond).C {
        atomic.AddUint64(&ticks[number], 1)
    }
}

func pass(in <-chan uint64, out chan<- uint64) {
    for token := range in {
        out <- token + 1
    }
}

// Each token that has come round has counted the goroutines.
func turn(number int) {
    first := make(chan uint64)
    last := first
    for i := 0; i < ring; i++ {
        next := make(chan uint64)
        go pass(last, next)
        last = next
    }
    for {
        first <- 0
        if token := <-last; token != ring {
            panic(fmt.Sprint("the token is ", token))
        }
        atomic.AddUint64(&turns[number], 1)
        time.Sleep(time.Millisecond)
    }
}

func write() {
    text := ""
    for i := 0; i < workers; i++ {
        text += fmt.Sprintln(atomic.LoadUint64(&ticks[i]), atomic.LoadUint64(&rounds[i]), atomic.LoadUint64(&turns[i]))
    }
    os.WriteFile("new", []byte(text), 0644)
    os.Rename("new", "progress")
}

func main() {
    var done sync.WaitGroup
    for i := 0; i < workers; i++ {
        done.Add(1)
        go work(i, &done)
        go tick(i)
        go turn(i)
    }
    for {
        if _, err := os.Stat("stop"); err == nil {
            break
        }
        write()
        <-time.After(10 * time.Millisecond)
    }
    atomic.StoreInt32(&stop, 1)
    done.Wait()
    for i := range sums {
        fmt.Println(rounds[i], sums[i])
    }
}
""" % (WORKERS, RING)


def compile_program(scratch):
    """Without the network, and with a cache of its own."""
    os.makedirs(scratch, exist_ok=True)
    with open(os.path.join(scratch, "work.go"), "w", encoding="ascii") as file:
        file.write(PROGRAM)
    go = shutil.which("go")
    if not go:
        raise Skipped("no go: package golang-go")
    cache = os.path.join(os.path.dirname(os.path.dirname(scratch)), "go-cache")
    environment = {**os.environ, "GOCACHE": cache, "GOFLAGS": "-mod=mod", "GO111MODULE": "off", "CGO_ENABLED": "0"}
    done = subprocess.run([go, "build", "-o", "work", "work.go"], cwd=scratch, env=environment, capture_output=True,
                          text=True, check=False)
    if done.returncode:
        raise Failed(f"work.go: {done.stderr}")


def progress(scratch):
    """Ticks, rounds and turns of each."""
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
    """Interrupt it three times; each time all goes on."""
    scratch = os.path.join(job.directory, "cwd")
    compile_program(scratch)
    job.launch([os.path.join(scratch, "work")])
    job.wait_for(lambda: len(progress(scratch)) == 3 * WORKERS and min(progress(scratch)) > 3, "all goroutines work")
    for _ in range(3):
        job.interrupt()
        before = progress(scratch)
        job.wait_for(lambda: all(now > then + 2 for now, then in zip(progress(scratch), before)), "all goroutines go on")
    with open(os.path.join(scratch, "stop"), "w", encoding="ascii"):
        pass
    job.expect_exit()
    with open(job.outfile, encoding="ascii") as file:
        results = [[int(word) for word in line.split()] for line in file]
    for worker, (rounds, total) in enumerate(results):
        if chain(worker, rounds) != total:
            raise Failed(f"goroutine {worker} has {total} after {rounds} rounds, not {chain(worker, rounds)}")
    if len(results) != WORKERS:
        raise Failed(f"{len(results)} goroutines of {WORKERS} have said what they computed")
