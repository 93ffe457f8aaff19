# SPDX-License-Identifier: GPL-2.0-only
"""State of a process tree as /proc tells it, in a form that can be compared before and after."""

import ctypes
import os
import re

KCMP_FILE, KCMP_VM, KCMP_FILES, KCMP_FS, KCMP_SIGHAND = 0, 1, 2, 3, 4
SYS_KCMP = {"x86_64": 312, "aarch64": 272}.get(os.uname().machine)
LIBC = ctypes.CDLL(None, use_errno=True)

STATUS_KEYS = ("Name", "State", "Umask", "Uid", "Gid", "Groups", "SigPnd", "ShdPnd", "SigBlk", "SigIgn", "SigCgt",
               "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp", "TracerPid", "Tgid")
# Fields of /proc/PID/stat by number as in proc(5).
STAT_FIELDS = {"pgrp": 5, "session": 6, "tty": 7, "priority": 18, "nice": 19, "threads": 20, "startcode": 26,
               "endcode": 27, "startstack": 28, "exit signal": 38, "policy": 41, "start_data": 45, "end_data": 46,
               "start_brk": 47, "arg_start": 48, "arg_end": 49, "env_start": 50, "env_end": 51}
VM_FLAGS = {"lo", "gd", "dd", "dc", "wf", "mg", "nh", "hg", "ht", "um", "uw", "sr", "rr", "ss"}


def read(path, mode="r"):
    """Contents of a file of /proc; the error's text when it cannot be read."""
    try:
        with open(path, mode, **({} if "b" in mode else {"errors": "surrogateescape"})) as file:
            return file.read()
    except OSError as error:
        return f"unreadable: {error.strerror}"


def kcmp(first, second, kind, one=0, other=0):
    """Whether two tasks (or two descriptors) share a kernel object."""
    if SYS_KCMP is None:
        return False
    return LIBC.syscall(SYS_KCMP, first, second, kind, one, other) == 0


def children(pid):
    """Children of all threads of a process."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []
    found = []
    for tid in threads:
        text = read(f"/proc/{pid}/task/{tid}/children")
        found += [] if text.startswith("unreadable") else [int(word) for word in text.split()]
    return sorted(found)


def as_born(pid):
    """Children of the first thread of a process, the oldest first."""
    text = read(f"/proc/{pid}/task/{pid}/children")
    return [] if text.startswith("unreadable") else [int(word) for word in text.split()]


def worker_of(criu):
    """The process of a dump that does the work, which criu makes first; None: it is not there yet."""
    return next(iter(as_born(criu)), None)


def tree(root):
    """The root and all below it, parents first."""
    pids, at = [root], 0
    while at < len(pids):
        pids += children(pids[at])
        at += 1
    return pids


def stat_fields(path):
    """Fields of a stat file, numbered from 1 as in proc(5)."""
    text = read(path)
    if ")" not in text:
        return {}
    tail = text[text.rindex(")") + 2:].split()
    return {number: tail[number - 3] for number in range(3, len(tail) + 3)}


def is_there(pid):
    """Whether a process or thread exists and is no zombie; a zombie with threads that live is there."""
    fields = stat_fields(f"/proc/{pid}/stat")
    return fields.get(3, "X") not in "XZ" or int(fields.get(20, 0)) > 1


def others(but=()):
    """Processes of this pid namespace but the worker itself, and these: {pid: name}."""
    own = {1, os.getpid(), os.getppid(), *but}
    pids = [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) not in own]
    return {pid: read(f"/proc/{pid}/comm").strip() for pid in pids if is_there(pid)}


class Names:
    """Numbers that change over a restore (inodes of pipes) become ordinals of first appearance."""

    def __init__(self):
        self.seen = {}

    def of(self, kind, number):
        """A steady name for a number."""
        known = self.seen.setdefault(kind, {})
        return f"{kind}#{known.setdefault(number, len(known))}"


class Shares:
    """Classes of kernel objects that kcmp calls equal, counted by kind: files that come and go rename no address space."""

    def __init__(self):
        self.members = {}
        self.counts = {}

    def of(self, kind, label, pid, number=0):
        """The class of one object; label keeps apart what cannot be equal, to save calls."""
        group = self.members.setdefault((kind, label), [])
        for other, other_number, name in group:
            if kcmp(pid, other, kind, number, other_number):
                return name
        self.counts[kind] = self.counts.get(kind, 0) + 1
        name = f"object {self.counts[kind]}"
        group.append((pid, number, name))
        return name


O_LARGEFILE = 0o100000
ZOMBIE_KEYS = ("Name", "State", "Uid", "Gid", "Tgid")


def open_flags(text):
    """Flags of fdinfo, without the bit that a kernel of 64 bits sets or not by how a file was opened."""
    return f"{int(text or '0', 8) & ~O_LARGEFILE:o}"


def timers(pid):
    """POSIX timers by id; the kernel lists them in no steady order."""
    text = read(f"/proc/{pid}/timers")
    return sorted(("ID: " + part).strip() for part in text.split("ID: ") if part and not part.startswith("unreadable"))


def descriptors(pid, names, shares):
    """What each descriptor of a process is, with position and flags, and which descriptors are one file."""
    found = {}
    try:
        numbers = sorted(int(fd) for fd in os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return found
    for fd in numbers:
        try:
            link = os.readlink(f"/proc/{pid}/fd/{fd}")
        except OSError:
            continue
        link = re.sub(r"^(\w+):\[(\d+)\]$", lambda m: names.of(m[1], m[2]), link)
        link = re.sub(r"/#\d+ \(deleted\)$", "/#inode (deleted)", link)
        link = re.sub(r"\.cr\.[0-9a-f]+\.[0-9a-f]{16}\.ghost \(deleted\)$", " (deleted)", link)
        info = dict(line.split(":", 1) for line in read(f"/proc/{pid}/fdinfo/{fd}").splitlines() if ":" in line)
        found[f"fd {fd}"] = {"link": link, "pos": info.get("pos", "").strip(), "flags": open_flags(info.get("flags")),
                             "description": shares.of(KCMP_FILE, link, pid, fd)}
    return found


def parse_smaps(text, names):
    """Mappings: dictionaries of start, end, perms, offset, name and the flags that a program chooses."""
    found = []
    for line in text.splitlines():
        head = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S{4}) ([0-9a-f]+) (\S+) (\d+) *(.*)$", line)
        if head:
            name = head[7]
            if name.endswith("(deleted)"):
                name = f"{name} {names.of('mapped', head[6])}"
            name = re.sub(r"^(socket):\[(\d+)\]$", lambda m: names.of(m[1], m[2]), name)
            found.append({"start": int(head[1], 16), "end": int(head[2], 16), "perms": head[3],
                          "offset": int(head[4], 16), "name": name, "flags": ""})
        elif line.startswith("VmFlags:") and found:
            found[-1]["flags"] = " ".join(sorted(VM_FLAGS & set(line.split()[1:])))
    return found


def merge(mappings):
    """Join neighbours that only the kernel's bookkeeping keeps apart."""
    merged = []
    for mapping in mappings:
        last = merged[-1] if merged else None
        same = last and last["end"] == mapping["start"] and all(
            last[key] == mapping[key] for key in ("perms", "name", "flags"))
        has_file = mapping["name"].startswith("/")
        if same and (not has_file or last["offset"] + last["end"] - last["start"] == mapping["offset"]):
            last["end"] = mapping["end"]
        else:
            merged.append(dict(mapping))
    return merged


def mappings_of(pid, names):
    """Merged mappings of a process by address."""
    found = {}
    for mapping in merge(parse_smaps(read(f"/proc/{pid}/smaps"), names)):
        if mapping["name"] == "[vsyscall]":  # above user memory; 32-bit tasks get to see it
            continue
        offset = f" at {mapping['offset']:#x}" if mapping["name"].startswith("/") else ""
        found[f"mapping {mapping['start']:x}-{mapping['end']:x}"] = (
            f"{mapping['perms']} {mapping['name']}{offset} {mapping['flags']}".strip())
    return found


def thread(pid, tid):
    """State of one thread."""
    base = f"/proc/{pid}/task/{tid}"
    lines = dict(line.split(":", 1) for line in read(f"{base}/status").splitlines() if ":" in line)
    state = {key: lines[key].strip() for key in STATUS_KEYS if key in lines}
    word = state.get("State", "?")[0]
    if word == "Z":
        return {key: state[key] for key in ZOMBIE_KEYS}
    state["State"] = {"R": "running", "S": "running", "D": "running", "I": "running"}.get(word, state.get("State"))
    fields = stat_fields(f"{base}/stat")
    for name in ("nice", "priority", "policy"):
        state[name] = fields.get(STAT_FIELDS[name])
    state["personality"] = read(f"{base}/personality").strip()
    return state


def is_io_worker(pid, tid):
    """Whether a thread is the kernel's, to do what an io_uring was asked for (PF_IO_WORKER): it comes and goes."""
    return tid != pid and int(stat_fields(f"/proc/{pid}/task/{tid}/stat").get(9, 0)) & 0x10


def process(pid, root, names, shares):
    """State of one process."""
    base = f"/proc/{pid}"
    fields = stat_fields(f"{base}/stat")
    state = {name: fields.get(number) for name, number in STAT_FIELDS.items()}
    if pid != root:
        state["parent"] = fields.get(4)
    try:
        tids = sorted(int(tid) for tid in os.listdir(f"{base}/task"))
    except OSError:
        tids = []
    workers = [tid for tid in tids if is_io_worker(pid, tid)]
    if workers:
        state["threads"] = str(int(state["threads"]) - len(workers))
    for tid in tids:
        if tid not in workers:
            state[f"thread {tid}"] = thread(pid, tid)
    if fields.get(3) == "Z":
        kept = ("pgrp", "session", "parent", "exit signal")
        return {key: value for key, value in state.items() if key in kept or key.startswith("thread ")} | {
            "exit code": fields.get(52)}
    for link in ("exe", "cwd", "root"):
        try:
            state[link] = os.readlink(f"{base}/{link}")
        except OSError as error:
            state[link] = f"unreadable: {error.strerror}"
    for file in ("cmdline", "environ", "auxv"):
        state[file] = read(f"{base}/{file}", "rb")
    for file in ("limits", "oom_score_adj"):
        state[file] = read(f"{base}/{file}")
    state["timers"] = timers(pid)
    for name, kind in (("memory", KCMP_VM), ("descriptors", KCMP_FILES), ("fs", KCMP_FS), ("handlers", KCMP_SIGHAND)):
        state[f"shared {name}"] = shares.of(kind, "", pid)
    state.update(descriptors(pid, names, shares))
    state.update(mappings_of(pid, names))
    return state


def take(root):
    """State of a whole tree: {pid: {what: value}}."""
    names, shares = Names(), Shares()
    return {pid: process(pid, root, names, shares) for pid in sorted(tree(root))}


def range_of(key):
    """Start and end of a mapping."""
    return tuple(int(word, 16) for word in key.split()[1].split("-"))


def without_kernel(before, after):
    """Both without what another kernel has otherwise: the vdso, by the kernel's names, and, in the second, what took its
    place; and that the rings of aio are not for children, as newer ones see to."""
    def is_named(key, value):
        return isinstance(key, str) and key.startswith("mapping ") and ("[vdso]" in value or "[vvar" in value)

    def plain(key, value):
        is_ring = isinstance(key, str) and key.startswith("mapping ") and "/[aio]" in value
        return value.replace(" dc", "") if is_ring else value

    kept = ({}, {})
    for pid, was in before.items():
        places = [range_of(key) for key, value in was.items() if is_named(key, value)]
        kept[0][pid] = {key: plain(key, value) for key, value in was.items() if not is_named(key, value)}
        if pid in after:
            kept[1][pid] = {key: plain(key, value) for key, value in after[pid].items()
                            if not is_named(key, value) and not (places and key.startswith("mapping ") and
                                                                 places[0][0] <= range_of(key)[0] < places[-1][1])}
    return kept[0], {**after, **kept[1]}


def is_ignored(key, before, ignore):
    """Whether a test says of this kind of state that it changes anyway."""
    if isinstance(key, int):
        return "children" in ignore and key != min(before)
    words = {"thread": "threads", "threads": "threads", "mapping": "mappings", "fd": "descriptors", "pos": "positions",
             "SigPnd": "pending", "ShdPnd": "pending"}
    return key in ignore or words.get(key.split()[0] if key else "") in ignore


def differences(before, after, ignore=(), where=""):
    """What differs between two snapshots, as readable lines."""
    found = []
    for key in list(before) + [key for key in after if key not in before]:
        if is_ignored(key, before, ignore):
            continue
        name = f"{where}{key}" if not isinstance(key, int) else f"pid {key}"
        if key not in after:
            found.append(f"{name}: gone, was {shorten(before[key])}")
        elif key not in before:
            found.append(f"{name}: new, is {shorten(after[key])}")
        elif isinstance(before[key], dict) and isinstance(after[key], dict):
            found += differences(before[key], after[key], ignore, name + ": ")
        elif before[key] != after[key]:
            found.append(f"{name}: {shorten(before[key])} became {shorten(after[key])}")
    return found


def shorten(value):
    """One line, not too long."""
    text = str(value) if not isinstance(value, dict) else " ".join(f"{k}={v}" for k, v in list(value.items())[:4])
    return text if len(text) <= 200 else text[:200] + "..."
