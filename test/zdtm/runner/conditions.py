# SPDX-License-Identifier: GPL-2.0-only
"""The words that 'skip-if:' knows, and the flavours a test can run in."""

import ctypes
import errno
import os
from dataclasses import dataclass


def cpu_flags():
    """Features of the first processor."""
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        for line in file:
            if line.startswith("flags"):
                return set(line.split(":", 1)[1].split())
    return set()


def kernel():
    """Version of the running kernel as a pair."""
    parts = os.uname().release.split(".")
    return int(parts[0]), int(parts[1].split("-")[0])


def has_capability(number):
    """Whether this process holds a capability."""
    with open("/proc/self/status", encoding="ascii") as file:
        held = next(int(line.split()[1], 16) for line in file if line.startswith("CapEff"))
    return bool(held >> number & 1)


KERNEL_TYPES = "/sys/kernel/btf/vmlinux"


def kernel_has_function(name):
    """Whether BTF of the running kernel names it."""
    try:
        with open(KERNEL_TYPES, "rb") as file:
            return name in file.read()
    except OSError:
        return False


def missing_of_io_uring():
    """What is missing for rings to be kept: io_uring itself, or IORING_REGISTER_NAPI, by which it tells whether it polls."""
    libc = ctypes.CDLL(None, use_errno=True)
    ring = libc.syscall(425, 2, ctypes.create_string_buffer(120))
    if ring < 0:
        return "no io_uring in this kernel"
    libc.syscall(427, ring, 27, ctypes.c_void_p(1), 1)
    told = ctypes.get_errno() != errno.EINVAL
    os.close(ring)
    return not told and "io_uring of this kernel does not tell whether it polls (Linux 6.9 does)"


CONDITIONS = {
    "no-avx": lambda: "avx" not in cpu_flags() and "the processor has no AVX",
    "no-avx512": lambda: "avx512f" not in cpu_flags() and "the processor has no AVX-512",
    "no-tiles": lambda: "amx_tile" not in cpu_flags() and "the processor has no AMX",
    "no-userfaultfd": lambda: not os.path.exists("/proc/sys/vm/unprivileged_userfaultfd") and "no userfaultfd",
    "no-io-uring": missing_of_io_uring,
    "not-x86": lambda: os.uname().machine != "x86_64" and "written for x86_64",
    "no-kernel-types": lambda: not os.path.exists(KERNEL_TYPES) and "the kernel does not tell its types (BTF)",
    "no-request-from-ack": lambda: not kernel_has_function(b"bpf_sk_assign_tcp_reqsk") and
                           "the kernel cannot make a TCP request from an ACK",
    "dispatch-told": lambda: kernel() >= (6, 4) and "the kernel tells syscall user dispatch",
    "dispatch-untold": lambda: kernel() < (6, 4) and "the kernel does not tell syscall user dispatch (Linux 6.4 does)",
    "no-sys-resource": lambda: not has_capability(24) and "needs CAP_SYS_RESOURCE",
}


def reason_to_skip(words):
    """Why a test cannot run here, or None."""
    for word in words:
        if word not in CONDITIONS:
            return f"unknown condition '{word}'"
        reason = CONDITIONS[word]()
        if reason:
            return reason
    return None


@dataclass(frozen=True)
class Flavour:
    """A surrounding for a test: how its program is started, and why it cannot be used yet, if so."""
    name: str
    prefix: tuple = ()
    unsupported: str = None
    suffix: str = ""


FLAVOURS = {
    "host": Flavour("host"),
    "ns": Flavour("ns", ("unshare", "--pid", "--mount", "--uts", "--ipc", "--net", "--fork", "--mount-proc"),
                  "namespaces are not kept yet"),
    "uns": Flavour("uns", ("unshare", "--user", "--map-root-user", "--pid", "--mount", "--uts", "--ipc", "--net",
                           "--fork", "--mount-proc"), "user namespaces are not kept yet"),
    "compat": Flavour("compat", suffix=".32"),
}
