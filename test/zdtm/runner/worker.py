# SPDX-License-Identifier: GPL-2.0-only
"""Runs one test as init of a pid namespace, so that pids are free at a restore and nothing outlives the test."""

import fcntl
import json
import os
import pty
import signal
import socket
import struct
import sys
import termios
import threading
import traceback

from . import faults, images, job, mounts, snapshot
from .catalogue import Test, load_module
from .children import PR_SET_CHILD_SUBREAPER, Children, TimeLimit, prctl


SIOCSIFFLAGS = 0x8914
IFF_UP, IFF_RUNNING = 0x1, 0x40


def run_test(running):
    """The life of a test, as its settings want it."""
    if running.settings.get("fault_steps"):
        return faults.every_step(running)
    if running.test.scenario:
        return load_module(running.test.scenario).run(running)
    return running.live()


def left_processes(children):
    """Those that do not end by themselves: what follows the end of another process needs a moment."""
    try:
        children.until(lambda: not snapshot.others(), 5, "processes are left")
    except TimeLimit:
        pass
    return snapshot.others()


def verdict(test, settings, directory):
    """Run the test in this process. Returns {result, message, notes}."""
    children = Children()
    running = job.Job(test, settings, directory, children)
    result = {"result": "passed", "message": "", "notes": running.notes}
    try:
        run_test(running)
        left = left_processes(children)
        if left:
            raise job.Failed(f"processes are left: {', '.join(f'{pid} ({name})' for pid, name in left.items())}")
    except job.Skipped as skipped:
        result.update(result="skipped", message=str(skipped))
    except (job.Failed, TimeLimit, images.BadImages) as failed:
        result.update(result="failed", message=str(failed))
    except Exception:
        result.update(result="failed", message="the runner itself failed:\n" + traceback.format_exc())
    return result


def drain(master, path):
    """Keep what the test writes to its terminal, so that it never blocks on it."""
    with open(path, "ab") as file:
        while True:
            try:
                data = os.read(master, 4096)
            except OSError:
                return
            if not data:
                return
            file.write(data)
            file.flush()


def in_terminal(test, settings, directory):
    """Run the test from a session that has a terminal, as from a shell; the session's leader is outside the tree."""
    master, slave = pty.openpty()
    read_end, write_end = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(master)
        os.close(read_end)
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        for fd in (0, 1, 2):
            os.dup2(slave, fd)
        os.close(slave)
        prctl(PR_SET_CHILD_SUBREAPER, 1)
        os.write(write_end, json.dumps(verdict(test, settings, directory)).encode())
        os._exit(0)
    os.close(slave)
    os.close(write_end)
    threading.Thread(target=drain, args=(master, os.path.join(directory, "terminal.log")), daemon=True).start()
    with os.fdopen(read_end, "rb") as file:
        text = file.read()
    os.waitpid(pid, 0)
    return json.loads(text) if text else {"result": "failed", "message": "the session ended early", "notes": []}


def raise_loopback():
    """The network namespace of a test is new: nothing of it reaches the machine's own."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sh14x", b"lo", IFF_UP | IFF_RUNNING)
        fcntl.ioctl(control, SIOCSIFFLAGS, request)


def main(spec_file):
    """Entry of a worker: a JSON file says what to run, the result goes beside it."""
    raise_loopback()
    # A shell ignores these in what it runs in the background, and so would the programs of tests.
    for number in (signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)
    with open(spec_file, encoding="utf-8") as file:
        spec = json.load(file)
    test = Test(**spec["test"])
    # Numbers of terminals and names of shared memory of its own: those of others would be in its way.
    mounts.mount("devpts", "/dev/pts", "devpts", 0, "ptmxmode=0666,mode=0620,gid=5")
    mounts.mount("tmpfs", "/dev/shm", "tmpfs", 0, "mode=1777")
    how = in_terminal if test.session == "terminal" else verdict
    result = how(test, spec["settings"], spec["directory"])
    path = os.path.join(spec["directory"], "result")
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(result, file)
    os.rename(path + ".new", path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
