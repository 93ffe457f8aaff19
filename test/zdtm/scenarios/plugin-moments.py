# SPDX-License-Identifier: GPL-2.0-only
"""Plugins for devices are told of each task at the right moments: paused while it runs, checkpointed when it is frozen,
resumed before it runs again; and how each operation ended."""

from runner import plugins, snapshot

PROGRAM = "static/process/children"


def run(job):
    """Compare the calls of a dump and a restore with those expected."""
    words = plugins.libdir("devices")
    job.start()
    job.remember()
    pids = [pid for pid in snapshot.tree(job.pid) if snapshot.read(f"/proc/{pid}/status").find("State:\tZ") < 0]
    job.dump(*words)
    found = plugins.calls(job)
    paused = [f"pause_devices {pid} r" for pid in pids]
    checkpointed = [f"checkpoint_devices {pid} t" for pid in pids]
    wanted = ["init 0", *sorted(paused), *sorted(checkpointed), f"dump_devices_late {job.pid} t", "exit 0 success"]
    plugins.expect_equal("dump", found[:1] + sorted(found[1:1 + len(pids)]) +
                         sorted(found[1 + len(pids):1 + 2 * len(pids)]) + found[1 + 2 * len(pids):], wanted)
    job.restore(*words)
    found = plugins.calls(job)
    wanted = ["init 2", "restore_init", "post_forking", *sorted(f"resume_devices_late {pid} t" for pid in pids),
              "exit 2 success"]
    plugins.expect_equal("restore", found[:3] + sorted(found[3:-1]) + found[-1:], wanted)
    job.compare("after the restore")
    job.stop()
