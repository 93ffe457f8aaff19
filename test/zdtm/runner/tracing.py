# SPDX-License-Identifier: GPL-2.0-only
"""Kills a process right behind a chosen system call: it is traced until then."""

import ctypes
import os
import signal
import socket
import struct
import time

from . import snapshot
from .job import Failed

SYS_SETSOCKOPT = {"x86_64": 54}.get(os.uname().machine, 208)
TCP_REPAIR = 19
PTRACE_SYSCALL, PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_GET_SYSCALL_INFO = 24, 0x4206, 0x4207, 0x420E
TRACE_SYSGOOD, WALL, SYSCALL_STOP = 1, 0x40000000, signal.SIGTRAP | 0x80
PIDFD_GETFD = 438
LIBC = ctypes.CDLL(None, use_errno=True)


def ptrace(request, pid, address=0, data=0):
    """ptrace(2)"""
    LIBC.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    LIBC.ptrace.restype = ctypes.c_long
    if LIBC.ptrace(request, pid, address, data) < 0:
        raise OSError(ctypes.get_errno(), f"ptrace {request:#x}")


def enters(pid, option):
    """A stop at the entry of setsockopt with this level and option."""
    info = ctypes.create_string_buffer(88)
    ptrace(PTRACE_GET_SYSCALL_INFO, pid, len(info), ctypes.addressof(info))
    number, _, level, name = struct.unpack_from("=4Q", info, 24)
    return info.raw[0] == 1 and (number, level & 0xffffffff, name & 0xffffffff) == (SYS_SETSOCKOPT, *option)


def stop(pid):
    """The next stop of a traced process."""
    _, status = os.waitpid(pid, WALL)
    if not os.WIFSTOPPED(status):
        raise Failed(f"the process ended ({status}) before it came to that call")
    return os.WSTOPSIG(status)


def kill_behind_option(pid, nr, option, own=False):
    """own: it is our child, whose status somebody else collects. Behind the setsockopt with this number, level and option."""
    ptrace(PTRACE_SEIZE, pid, 0, TRACE_SYSGOOD)
    ptrace(PTRACE_INTERRUPT, pid)
    left, number = nr, stop(pid)
    while left:
        ptrace(PTRACE_SYSCALL, pid, 0, number if number not in (SYSCALL_STOP, signal.SIGTRAP) else 0)
        number = stop(pid)
        left -= number == SYSCALL_STOP and enters(pid, option)
    ptrace(PTRACE_SYSCALL, pid)
    stop(pid)
    os.kill(pid, signal.SIGKILL)
    if not own:
        os.waitpid(pid, WALL)


def kill_behind_repair(pid, nr, own=False):
    """Behind the call with this number that turns the repair mode on or off."""
    kill_behind_option(pid, nr, (socket.IPPROTO_TCP, TCP_REPAIR), own)


def wait_for_step(log, name):
    """Until the log tells of the step; it may be over already."""
    end = time.monotonic() + 5
    while time.monotonic() < end:
        try:
            with open(log, encoding="utf-8", errors="replace") as file:
                if f"step: {name}" in file.read():
                    return
        except OSError:
            pass


def worker_of(job, pid):
    """The process that does the work of a dump, waited for."""
    end = time.monotonic() + job.limit
    while time.monotonic() < end:
        worker = snapshot.worker_of(pid)
        if worker:
            return worker
    raise Failed("the dump has no worker")


def in_repair(pid):
    """Connections of the program that are in repair mode."""
    nr, pidfd = 0, os.pidfd_open(pid)
    for fd in os.listdir(f"/proc/{pid}/fd"):
        if os.readlink(f"/proc/{pid}/fd/{fd}").startswith("socket:"):
            with socket.socket(fileno=LIBC.syscall(PIDFD_GETFD, pidfd, int(fd), 0)) as copy:
                nr += copy.getsockopt(socket.IPPROTO_TCP, TCP_REPAIR)
    os.close(pidfd)
    return nr
