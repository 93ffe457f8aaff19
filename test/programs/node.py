# SPDX-License-Identifier: GPL-2.0-only
"""Node.js with timers and worker threads that exchange messages with the main one: all
of them go on, and their chains of checksums are complete."""

import hashlib
import json
import os
import shutil

from runner.job import Failed, Skipped

WORKERS = 3
PROGRAM = r"""
const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');
const { createHash } = require('crypto');
const fs = require('fs');

function next(sum, round) {
    return createHash('md5').update(`${workerData} ${round} ${sum}`).digest('hex');
}

if (!isMainThread) {
    let sum = '', rounds = 0;
    const timer = setInterval(() => {
        for (let i = 0; i < 10; i++)
            sum = next(sum, rounds++);
        parentPort.postMessage({ rounds, sum });
    }, 3);
    parentPort.on('message', () => { clearInterval(timer); parentPort.close(); });
} else {
    const last = [];
    let ticks = 0, ended = 0, turns = 0;
    const workers = [...Array(Number(process.argv[2])).keys()].map((number) => {
        const worker = new Worker(__filename, { workerData: number });
        worker.on('message', (message) => { last[number] = message; });
        worker.on('exit', () => { if (++ended == workers.length) console.log(JSON.stringify(last)); });
        return worker;
    });
    const timer = setInterval(() => ticks++, 5);
    (function turn() { turns++; chain = setTimeout(turn, 7); })();
    const writer = setInterval(() => {
        fs.writeFileSync('new', JSON.stringify([ticks, turns, ...last.map((message) => message.rounds)]));
        fs.renameSync('new', 'progress');
        fs.access('stop', (error) => {
            if (error || !timer.hasRef())
                return;
            timer.unref();
            [timer, writer].forEach(clearInterval);
            clearTimeout(chain);
            workers.forEach((worker) => worker.postMessage('stop'));
        });
    }, 20);
}
var chain;
"""


def progress(scratch):
    """Ticks of the timers, and the rounds of each worker."""
    try:
        with open(os.path.join(scratch, "progress"), encoding="ascii") as file:
            return [number or 0 for number in json.load(file)]
    except FileNotFoundError:
        return [0]


def chain(worker, rounds):
    """What a worker has computed after so many rounds."""
    total = ""
    for number in range(rounds):
        total = hashlib.md5(f"{worker} {number} {total}".encode()).hexdigest()
    return total


def run(job):
    """Interrupt it three times; each time all of its threads and timers go on."""
    node = shutil.which("node")
    if not node:
        raise Skipped("no node: package nodejs")
    scratch = os.path.join(job.directory, "cwd")
    os.makedirs(scratch, exist_ok=True)
    with open(os.path.join(scratch, "work.js"), "w", encoding="ascii") as file:
        file.write(PROGRAM)
    job.launch([node, "work.js", str(WORKERS)])
    job.wait_for(lambda: len(progress(scratch)) == WORKERS + 2 and min(progress(scratch)) > 3, "all threads work")
    for _ in range(3):
        job.interrupt()
        before = progress(scratch)
        job.wait_for(lambda: all(now > then + 2 for now, then in zip(progress(scratch), before)), "all threads go on")
    with open(os.path.join(scratch, "stop"), "w", encoding="ascii"):
        pass
    job.expect_exit()
    with open(job.outfile, encoding="ascii") as file:
        results = json.load(file)
    if len(results) != WORKERS:
        raise Failed(f"{len(results)} threads of {WORKERS} have said what they computed")
    for worker, result in enumerate(results):
        if chain(worker, result["rounds"]) != result["sum"]:
            raise Failed(f"thread {worker} has {result['sum']} after {result['rounds']} rounds")
