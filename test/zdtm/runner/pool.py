# SPDX-License-Identifier: GPL-2.0-only
"""Runs tests in parallel, each in a worker of its own pid, mount, IPC and network namespace, and tells how they ended."""

import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

from .catalogue import ZDTM
from .children import PR_SET_PDEATHSIG, prctl
from .conditions import FLAVOURS, reason_to_skip

UNSHARE = ["unshare", "--mount", "--propagation", "private", "--ipc", "--net", "--pid", "--fork", "--mount-proc", "--kill-child=KILL"]


@dataclasses.dataclass
class Outcome:
    """How one test ended in one flavour."""
    name: str
    result: str
    message: str = ""
    seconds: float = 0.0
    directory: str = ""
    notes: list = dataclasses.field(default_factory=list)


def worker_command(spec_file, network="host"):
    """A worker as init of a new pid namespace; its death takes all of its processes along."""
    return [*UNSHARE, *(["--net"] if network == "own" else []), sys.executable, "-m", "runner.worker", spec_file]


def run_worker(test, settings, directory):
    """Run one test to its end or to its time limit."""
    spec_file = os.path.join(directory, "spec")
    with open(spec_file, "w", encoding="utf-8") as file:
        json.dump({"test": dataclasses.asdict(test), "settings": settings, "directory": directory}, file)
    limit = test.timeout * (1 + settings.get("iterations", 1)) * (10 if settings.get("fault_steps") else 1)
    limit *= settings.get("slower", 1)
    with open(os.path.join(directory, "worker.log"), "wb") as log:
        worker = subprocess.Popen(worker_command(spec_file, test.network), cwd=directory, stdin=subprocess.DEVNULL, stdout=log,
                                  stderr=log, env=dict(os.environ, PYTHONPATH=ZDTM, PYTHONDONTWRITEBYTECODE="1"),
                                  preexec_fn=lambda: prctl(PR_SET_PDEATHSIG, signal.SIGKILL))
        try:
            worker.wait(limit)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()
            return {"result": "failed", "message": f"no verdict within {limit:g} s", "notes": []}
    try:
        with open(os.path.join(directory, "result"), encoding="utf-8") as file:
            return json.load(file)
    except OSError:
        return {"result": "failed", "message": f"the worker ended with {worker.returncode} and no verdict", "notes": []}


def not_built(test, flavour):
    """Why there is no program of this flavour, or None: 32-bit ones need a C library of their own."""
    if not flavour.suffix or os.path.exists(test.program):
        return None
    return "no 32-bit program: libc6-dev-i386 and lib32gcc-12-dev are not installed"


def run_one(test, flavour, settings):
    """Run one test in one flavour, or say why not."""
    name = test.name if flavour.name == "host" else f"{test.name} ({flavour.name})"
    if flavour.suffix:
        test = dataclasses.replace(test, program=test.program + flavour.suffix)
    reason = flavour.unsupported or not_built(test, flavour) or reason_to_skip(test.skip_if)
    if reason:
        return Outcome(name, "skipped", reason)
    os.makedirs(settings["scratch"], exist_ok=True)
    directory = tempfile.mkdtemp(prefix=test.name.replace("/", "-") + ".", dir=settings["scratch"])
    os.chmod(directory, 0o777)  # programs that give up root write here too
    start = time.monotonic()
    done = run_worker(test, settings, directory)
    outcome = Outcome(name, done["result"], done["message"], time.monotonic() - start, directory, done["notes"])
    if outcome.result != "failed" and not settings.get("keep"):
        shutil.rmtree(directory, ignore_errors=True)
    return outcome


def run_all(tests, flavours, settings, jobs):
    """Yield the outcomes as they come."""
    with ThreadPoolExecutor(jobs) as pool:
        work = [pool.submit(run_one, test, FLAVOURS[name], settings)
                for test in tests for name in flavours if name in test.flavours]
        for done in as_completed(work):
            yield done.result()
