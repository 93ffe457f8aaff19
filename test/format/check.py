#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Check image directories against the fact tables beside this file.

usage: check.py DIR [DIR ...]      exit 0: every file is well formed and the references hold
       check.py --show FILE ...    print the records of single image files

Needs python3-protobuf (>= 3.20). It knows nothing but fields.tsv, enums.tsv and images.tsv: framing and
magic of every file, records that parse and re-encode to the same bytes, no field outside the tables
(numbers from 1000 up are ours and only counted), payload lengths, and the references between images.
"""
import os, re, struct, sys
from google.protobuf import descriptor_pb2 as dp, descriptor_pool, message_factory

HERE = os.path.dirname(os.path.abspath(__file__))
F = dp.FieldDescriptorProto
SCALARS = "double float int64 uint64 int32 fixed64 fixed32 bool string bytes uint32 sfixed32 sfixed64 sint32 sint64".split()
COMMON, SERVICE = 0x54564319, 0x55105940


def table(name):
    with open(os.path.join(HERE, name)) as f:
        rows = [line.rstrip("\n").split("\t") for line in f if line.strip()]
    return [dict(zip(rows[0], r)) for r in rows[1:]]


def schema():
    fd = dp.FileDescriptorProto(name="all.proto", syntax="proto2")
    enums, msgs = {}, {}
    message = lambda n: msgs.setdefault(n, None) or msgs.__setitem__(n, fd.message_type.add(name=n)) or msgs[n]
    for r in table("enums.tsv"):
        if r["enum"] not in enums:
            owner, _, n = r["enum"].rpartition(".")
            enums[r["enum"]] = (message(owner) if owner else fd).enum_type.add(name=n)
        enums[r["enum"]].value.add(name=r["value"], number=int(r["number"]))
    for r in table("fields.tsv"):
        if r["message"].startswith("extend ") or r["message"] == "CRIU_Opts":
            continue
        m = message(r["message"])
        if not r["field"]:
            continue
        f = m.field.add(name=r["field"], number=int(r["number"]), label={"optional": 1, "required": 2, "repeated": 3}[r["label"]])
        kind, _, ref = r["type"].partition(" ")
        if ref:
            f.type, f.type_name = (F.TYPE_MESSAGE if kind == "message" else F.TYPE_ENUM), "." + ref
        else:
            f.type = getattr(F, "TYPE_" + kind.upper())
        if r["default"]:
            f.default_value = r["default"]
    pool = descriptor_pool.DescriptorPool()
    pool.Add(fd)
    get = getattr(message_factory, "GetMessageClass", None) or message_factory.MessageFactory(pool).GetPrototype
    return lambda n: get(pool.FindMessageTypeByName(n))


MESSAGE = schema()
IMAGES = table("images.tsv")


def image_of(path):
    base = os.path.basename(path)
    for r in IMAGES:
        if r["status"].startswith("dead"):
            continue
        for name in r["file_name"].split("|"):
            rx = re.sub("%l?u|%ld|%d", "[0-9]+", re.escape(name)).replace("%x", "[0-9a-f]+")
            if re.fullmatch(rx, base):
                return r
    return None


def up(n, to):
    return (n + to - 1) // to * to


class Bad(Exception):
    pass


class Reader:
    def __init__(self, path):
        self.data, self.at, self.ours = open(path, "rb").read(), 0, 0

    def take(self, n):
        if n < 0 or self.at + n > len(self.data):
            raise Bad(f"{n} bytes wanted at {self.at}, file has {len(self.data)}")
        self.at += n
        return self.data[self.at - n:self.at]

    def u32(self):
        return struct.unpack("<I", self.take(4))[0]

    def record(self, name):
        at = self.at
        raw = self.take(self.u32())
        m = MESSAGE(name)()
        try:
            m.MergeFromString(raw)
        except Exception as e:
            raise Bad(f"{name} at {at} does not parse: {e}")
        if not m.IsInitialized():
            raise Bad(f"{name} at {at} lacks {m.FindInitializationErrors()}")
        self.ours += self.unknown(name, m, at)
        if m.SerializeToString(deterministic=True) != raw and not self.ours:
            raise Bad(f"{name} at {at} does not re-encode to the same bytes (fields out of order, packed, or encoded oddly)")
        return m

    def unknown(self, name, m, at):
        n = 0
        try:
            from google.protobuf.unknown_fields import UnknownFieldSet
            fields = UnknownFieldSet(m)
        except ImportError:
            fields = m.UnknownFields()
        for i in range(len(fields)):
            number = fields[i].field_number
            if number < 1000:
                raise Bad(f"{name} at {at} has field {number}, which the tables do not know")
            n += 1
        for f, v in m.ListFields():
            if f.type == f.TYPE_MESSAGE:
                for sub in (v if not hasattr(v, "ListFields") else [v]):
                    n += self.unknown(sub.DESCRIPTOR.name, sub, at)
        return n


def read(path):
    """The records of one image file, each with its payload: [(message, payload)]; None for a raw one."""
    kind = image_of(path)
    if kind is None:
        raise Bad("no image kind has this name")
    if kind["framing"] == "raw":
        return kind, None, 0
    r, out = Reader(path), []
    if kind["framing"] != "own-magic-only":
        word, want = r.u32(), COMMON if kind["framing"] == "common" else SERVICE
        if word != want:
            raise Bad(f"first word {word:#x}, not {want:#x}")
    word = r.u32()
    if word != int(kind["magic"], 16):
        raise Bad(f"magic {word:#x}, not {kind['magic']}")
    names = kind["messages"].split(",")
    while r.at < len(r.data):
        m = r.record(names[0] if not out else names[-1])
        x, extra = kind["extra_payload"], None
        if x in ("bytes", "length"):
            extra = r.take(getattr(m, x))
        elif x == "inq_len+outq_len":
            extra = r.take(m.inq_len + m.outq_len)
        elif x == "keys_bytes+values_bytes":
            extra = r.take(m.keys_bytes + m.values_bytes)
        elif x == "shm" and not m.in_pagemaps:
            extra = r.take(up(m.size, 4))
        elif x == "semset":
            extra = r.take(up(m.nsems * 2, 8))
        elif x == "msgqueue":
            extra = []
            for _ in range(m.qnum):
                g = r.record("ipc_msg")
                extra.append((g, r.take(up(g.msize, 8))[:g.msize]))
        elif x == "ghost":
            if not out and not m.chunks:
                extra = r.take(len(r.data) - r.at)
            elif out:
                extra = r.take(m.len)
        out.append((m, extra))
    if kind["count"] == "1" and len(out) != 1:
        raise Bad(f"{len(out)} records, not one")
    return kind, out, r.ours


def references(d, seen):
    """What must hold between the images of one full dump."""
    bad = []
    get = lambda name: [m for m, _ in seen.get(name, [])]
    one = lambda name: (get(name) or [None])[0]
    if "inventory.img" not in seen:
        return ["no inventory.img"]
    if "pstree.img" not in seen:
        return []          # a pre-dump
    files = {f.id: f for f in get("files.img")}
    pids = set()
    for t in get("pstree.img"):
        if t.ppid and t.ppid not in pids:
            bad.append(f"pstree: parent {t.ppid} of {t.pid} does not come before it")
        pids.add(t.pid)
        core = one(f"core-{t.pid}.img")
        if core is None:
            bad.append(f"no core-{t.pid}.img")
            continue
        if core.tc.task_state == 2:
            continue
        for tid in t.threads:
            if f"core-{tid}.img" not in seen:
                bad.append(f"no core-{tid}.img for thread {tid} of {t.pid}")
        ids = one(f"ids-{t.pid}.img")
        for name in (f"mm-{t.pid}.img", f"fs-{t.pid}.img", f"pagemap-{t.pid}.img"):
            if name not in seen:
                bad.append(f"no {name}")
        if ids is None:
            bad.append(f"no ids-{t.pid}.img")
        elif f"fdinfo-{ids.files_id}.img" not in seen:
            bad.append(f"no fdinfo-{ids.files_id}.img for task {t.pid}")
        mm, fs = one(f"mm-{t.pid}.img"), one(f"fs-{t.pid}.img")
        for what, i in ([("exe", mm.exe_file_id)] if mm else []) + ([("cwd", fs.cwd_id), ("root", fs.root_id)] if fs else []):
            if i not in files:
                bad.append(f"{what} of {t.pid} is file {i:#x}, which files.img lacks")
        last = -1
        for v in (mm.vmas if mm else []):
            if v.start < last or v.end <= v.start:
                bad.append(f"mm-{t.pid}: mapping {v.start:#x}-{v.end:#x} out of order")
            last = v.end
            if v.status & (0x40 | 0x80) and v.shmid not in files:
                bad.append(f"mm-{t.pid}: mapping {v.start:#x} is of file {v.shmid:#x}, which files.img lacks")
    for name, rows in seen.items():
        if name.startswith("fdinfo-"):
            for m, _ in rows:
                if m.id not in files:
                    bad.append(f"{name}: fd {m.fd} is file {m.id:#x}, which files.img lacks")
        if name.startswith("pagemap-"):
            pages, at = 0, -1
            for m, _ in rows[1:]:
                n = m.nr_pages or m.compat_nr_pages
                if m.vaddr < at:
                    bad.append(f"{name}: {m.vaddr:#x} out of order")
                at = m.vaddr + n * 4096
                pages += n if m.flags & 4 else 0
            store = os.path.join(d, f"pages-{rows[0][0].pages_id}.img")
            size = os.path.getsize(store) if os.path.exists(store) else -1
            if size != pages * 4096:
                bad.append(f"{name}: {pages} pages present, {os.path.basename(store)} has {size} bytes")
    return bad


def check(d):
    seen, bad, ours, raw = {}, [], 0, 0
    for base in sorted(os.listdir(d)):
        path = os.path.join(d, base)
        if os.path.islink(path) or not os.path.isfile(path) or not (base.endswith(".img") or base.startswith(("stats-", "irmap-cache"))):
            continue
        try:
            kind, rows, n = read(path)
            ours += n
            if rows is None:
                raw += 1
            else:
                seen[base] = rows
        except Bad as e:
            bad.append(f"{base}: {e}")
    bad += references(d, seen)
    for b in bad:
        print(f"{d}: {b}")
    print(f"{d}: {len(seen)} images, {raw} raw, {sum(len(r) for r in seen.values())} records, {ours} fields of ours, {len(bad)} faults")
    return not bad


def main():
    if len(sys.argv) > 2 and sys.argv[1] == "--show":
        for path in sys.argv[2:]:
            kind, rows, _ = read(path)
            print(f"# {path}: {kind['kind']}")
            for m, extra in rows or []:
                print(m, f"extra: {len(extra)}" if extra else "", sep="")
        return 0
    if len(sys.argv) < 2:
        print(__doc__)
        return 2
    return 0 if all([check(d) for d in sys.argv[1:]]) else 1


if __name__ == "__main__":
    sys.exit(main())
