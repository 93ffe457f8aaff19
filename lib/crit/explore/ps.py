# SPDX-License-Identifier: LGPL-2.1-only
"""process tree"""

from .checkpoint import printable

STATES = {1: "", 2: " (dead)", 3: " (stopped)"}


def _show_task(checkpoint, task, depth):
    tc = checkpoint.core(task["pid"])["tc"]
    threads = len(task.get("threads", []))
    more = f" ({threads} threads)" if threads > 1 else ""
    state = STATES.get(tc["task_state"], "")
    name = "    " * depth + printable(tc["comm"]) + state + more
    print(f"{task['pid']:>7} {task['pgid']:>7} {task['sid']:>7}   {name}")


def show(checkpoint):
    print(f"{'PID':>7} {'PGID':>7} {'SID':>7}   COMM")
    children = {}
    for task in checkpoint.tasks():
        children.setdefault(task["ppid"], []).append(task)
    pids = {task["pid"] for task in checkpoint.tasks()}
    stack = [(task, 0) for task in reversed(checkpoint.tasks()) if task["ppid"] not in pids]
    while stack:
        task, depth = stack.pop()
        _show_task(checkpoint, task, depth)
        stack += [(child, depth + 1) for child in reversed(children.pop(task["pid"], []))]
