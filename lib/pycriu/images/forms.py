# SPDX-License-Identifier: LGPL-2.1-only
"""How fields look in the pretty text form: which ones are flags, addresses, device numbers, ..."""

import binascii
import ipaddress
import os
import struct

CONSTANTS = {
    "rfile.flags": {
        "O_WRONLY": 0x1, "O_RDWR": 0x2, "O_CREAT": 0x40, "O_EXCL": 0x80, "O_NOCTTY": 0x100,
        "O_TRUNC": 0x200, "O_APPEND": 0x400, "O_NONBLOCK": 0x800, "O_DSYNC": 0x1000,
        "FASYNC": 0x2000, "O_DIRECT": 0x4000, "O_LARGEFILE": 0x8000, "O_DIRECTORY": 0x10000,
        "O_NOFOLLOW": 0x20000, "O_NOATIME": 0x40000, "O_CLOEXEC": 0x80000,
    },
    "mmap.prot": {"PROT_READ": 0x1, "PROT_WRITE": 0x2, "PROT_EXEC": 0x4},
    "mmap.flags": {
        "MAP_SHARED": 0x1, "MAP_PRIVATE": 0x2, "MAP_DROPPABLE": 0x8, "MAP_ANON": 0x20,
        "MAP_GROWSDOWN": 0x100,
    },
    "mmap.status": {
        "VMA_AREA_REGULAR": 0x1, "VMA_AREA_STACK": 0x2, "VMA_AREA_VSYSCALL": 0x4,
        "VMA_AREA_VDSO": 0x8, "VMA_AREA_HEAP": 0x20, "VMA_FILE_PRIVATE": 0x40,
        "VMA_FILE_SHARED": 0x80, "VMA_ANON_SHARED": 0x100, "VMA_ANON_PRIVATE": 0x200,
        "VMA_AREA_SYSVIPC": 0x400, "VMA_AREA_SOCKET": 0x800, "VMA_AREA_VVAR": 0x1000,
        "VMA_AREA_AIORING": 0x2000, "VMA_AREA_MEMFD": 0x4000, "VMA_AREA_SHSTK": 0x8000,
        "VMA_AREA_GUARD": 0x10000, "VMA_AREA_UPROBES": 0x20000, "VMA_EXT_PLUGIN": 0x8000000,
        "VMA_CLOSE": 0x10000000, "VMA_NO_PROT_WRITE": 0x20000000, "VMA_PREMMAPED": 0x40000000,
        "VMA_UNSUPP": 0x80000000,
    },
    "pmap.flags": {"PE_PARENT": 0x1, "PE_LAZY": 0x2, "PE_PRESENT": 0x4},
    "seals.flags": {
        "F_SEAL_SEAL": 0x1, "F_SEAL_SHRINK": 0x2, "F_SEAL_GROW": 0x4, "F_SEAL_WRITE": 0x8,
        "F_SEAL_FUTURE_WRITE": 0x10,
    },
    "task_state.text": {"Alive": 1, "Zombie": 3, "Stopped": 6},
    "sk.family": {"UNIX": 1, "INET": 2, "INET6": 10, "NETLINK": 16, "PACKET": 17},
    "sk.type": {"STREAM": 1, "DGRAM": 2, "RAW": 3, "SEQPACKET": 5, "PACKET": 10},
    "sk.state": {
        "ESTABLISHED": 1, "SYN_SENT": 2, "SYN_RECV": 3, "FIN_WAIT1": 4, "FIN_WAIT2": 5,
        "TIME_WAIT": 6, "CLOSE": 7, "CLOSE_WAIT": 8, "LAST_ACK": 9, "LISTEN": 10,
    },
    "sk.proto": {"IP": 0, "TCP": 6, "UDP": 17, "UDPLITE": 136},
}


class Hex:
    """Numbers in hexadecimal; on a message: all numbers in it."""

    def to_text(self, value):
        return hex(value)

    def from_text(self, text):
        return int(text, 0)


class Flags:
    """Names of bits, joined with " | "; bits without a name are added in hexadecimal."""

    def __init__(self, group):
        self.bits = CONSTANTS[group]

    def to_text(self, value):
        names = [name for name, bit in self.bits.items() if value & bit]
        rest = value & ~sum(self.bits.values())
        if rest or not names:
            names.append(hex(rest))
        return " | ".join(names)

    def from_text(self, text):
        value = 0
        for word in text.split("|"):
            word = word.strip()
            value |= self.bits[word] if word in self.bits else int(word, 0)
        return value


class Names:
    """One name for each value; a value without one stays a number."""

    def __init__(self, group):
        self.values = CONSTANTS[group]
        self.names = {value: name for name, value in self.values.items()}

    def to_text(self, value):
        return self.names.get(value, value)

    def from_text(self, text):
        return self.values[text] if text in self.values else int(text, 0)


class KernelDevice:
    """major:minor of a number as the kernel packs it inside."""

    def to_text(self, value):
        return f"{value >> 20}:{value & 0xfffff}"

    def from_text(self, text):
        if ":" not in text:
            return int(text, 0)
        major, minor = (int(word) for word in text.split(":"))
        return major << 20 | minor


class UserDevice:
    """major:minor of a number as stat() gives it."""

    def to_text(self, value):
        return f"{os.major(value)}:{os.minor(value)}"

    def from_text(self, text):
        if ":" not in text:
            return int(text, 0)
        return os.makedev(*(int(word) for word in text.split(":")))


class IpAddress:
    """A list of words with the bytes of one address, in network order."""

    whole_list = True

    def to_text(self, words):
        if len(words) not in (1, 4):
            return list(words)
        return [str(ipaddress.ip_address(struct.pack(f"<{len(words)}I", *words)))]

    def from_text(self, texts):
        words = []
        for text in [texts] if isinstance(texts, str) else texts:
            if isinstance(text, str) and ("." in text or ":" in text):
                packed = ipaddress.ip_address(text).packed
                words += struct.unpack(f"<{len(packed) // 4}I", packed)
            else:
                words.append(int(text, 0) if isinstance(text, str) else text)
        return words


class QuotedPrintable:
    """Bytes that are mostly text; not only in the pretty form."""

    always = True

    def to_text(self, value):
        return binascii.b2a_qp(value, quotetabs=True, istext=False).decode("ascii")

    def from_text(self, text):
        return binascii.a2b_qp(text.encode("ascii"))


HEX = Hex()
KERNEL_DEVICE = KernelDevice()
USER_DEVICE = UserDevice()
IP_ADDRESS = IpAddress()
QUOTED_PRINTABLE = QuotedPrintable()

# message -> field -> form
FORMS = {
    "bpfmap_file_entry": {"flags": Flags("rfile.flags")},
    "thread_info_aarch64": dict.fromkeys(("clear_tid_addr", "gpregs"), HEX),
    "thread_info_arm": dict.fromkeys(("clear_tid_addr", "gpregs"), HEX),
    "thread_info_loongarch64": dict.fromkeys(("clear_tid_addr", "gpregs", "fpregs"), HEX),
    "thread_info_mips": dict.fromkeys(("clear_tid_addr", "gpregs", "fpregs"), HEX),
    "thread_info_ppc64": dict.fromkeys(("clear_tid_addr", "gpregs"), HEX),
    "thread_info_riscv64": dict.fromkeys(("clear_tid_addr", "gpregs"), HEX),
    "thread_info_s390": dict.fromkeys((
        "clear_tid_addr", "gpregs", "fpregs", "vxrs_low", "vxrs_high", "gs_cb", "gs_bc", "ri_cb",
    ), HEX),
    "user_x86_cet_entry": dict.fromkeys(("cet", "ssp"), HEX),
    "thread_info_x86": dict.fromkeys(("clear_tid_addr", "gpregs"), HEX),
    "sa_entry": dict.fromkeys(("sigaction", "flags", "restorer", "mask", "mask_extended"), HEX),
    "task_core_entry": {
        "task_state": Names("task_state.text"),
        "blk_sigset": HEX,
        "blk_sigset_extended": HEX,
        "membarrier_registration_mask": HEX,
    },
    "reg_file_entry": {"flags": Flags("rfile.flags")},
    "tcp_stream_entry": {"opt_mask": HEX},
    "inet_sk_entry": {
        "family": Names("sk.family"),
        "type": Names("sk.type"),
        "proto": Names("sk.proto"),
        "state": Names("sk.state"),
        "flags": HEX,
        "src_addr": IP_ADDRESS,
        "dst_addr": IP_ADDRESS,
    },
    "packet_sock_entry": {"flags": HEX},
    "netlink_sk_entry": {"flags": HEX},
    "signalfd_entry": dict.fromkeys(("flags", "sigmask"), HEX),
    "tun_link_entry": {"flags": HEX},
    "timerfd_entry": dict.fromkeys(("flags", "settime_flags"), HEX),
    "irmap_cache_entry": {"dev": USER_DEVICE},
    "inotify_wd_entry": {"mask": HEX, "ignored_mask": HEX, "s_dev": KERNEL_DEVICE},
    "inotify_file_entry": {"flags": HEX},
    "fanotify_mark_entry": {
        "mflags": HEX,
        "mask": HEX,
        "ignored_mask": HEX,
        "s_dev": KERNEL_DEVICE,
    },
    "fanotify_file_entry": dict.fromkeys(("flags", "faflags", "evflags"), HEX),
    "unix_sk_entry": {
        "type": Names("sk.type"),
        "state": Names("sk.state"),
        "flags": HEX,
        "uflags": HEX,
        "name": QUOTED_PRINTABLE,
    },
    "pipe_entry": {"flags": HEX},
    "tty_file_entry": {"flags": HEX},
    "memfd_file_entry": {"flags": Flags("rfile.flags")},
    "memfd_inode_entry": {"seals": Flags("seals.flags")},
    "ghost_file_entry": {"dev": KERNEL_DEVICE, "rdev": USER_DEVICE},
    "vma_entry": {
        "start": HEX,
        "end": HEX,
        "prot": Flags("mmap.prot"),
        "flags": Flags("mmap.flags"),
        "status": Flags("mmap.status"),
        "madv": HEX,
        "fdflags": HEX,
    },
    "mm_entry": dict.fromkeys((
        "mm_start_code", "mm_end_code", "mm_start_data", "mm_end_data", "mm_start_stack",
        "mm_start_brk", "mm_brk", "mm_arg_start", "mm_arg_end", "mm_env_start", "mm_env_end",
    ), HEX),
    "mnt_entry": {"root_dev": KERNEL_DEVICE, "flags": HEX, "sb_flags": HEX},
    "sit_entry": {
        "local": IP_ADDRESS,
        "remote": IP_ADDRESS,
        "rd_prefix": IP_ADDRESS,
        "relay_prefix": IP_ADDRESS,
    },
    "net_device_entry": {"flags": HEX},
    "pagemap_entry": {"vaddr": HEX, "flags": Flags("pmap.flags")},
}
