# SPDX-License-Identifier: GPL-2.0-only
"""A dbus-daemon with a service and its callers in the tree, of a user, and of root as the bus of the system is (it tells the
kernel's audit): each call has its answer and each signal arrives once and in order, names keep their owners, and who connects
afterwards is served."""

import os
import pwd
import shutil

from runner.job import Failed, Skipped

CALLERS = 3
CONFIGURATION = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=%s</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
    <allow own="*"/>
    <allow user="*"/>
  </policy>
</busconfig>
"""
# The protocol of D-Bus as far as it is needed here: https://dbus.freedesktop.org/doc/dbus-specification.html
LIBRARY = r"""
import os, socket, struct

CALL, ANSWER, SIGNAL = 1, 2, 4
PATH, INTERFACE, MEMBER, ANSWERED, DESTINATION, SENDER, SIGNATURE = 1, 2, 3, 5, 6, 7, 8


def string(text):
    return struct.pack("<I", len(text)) + text.encode() + b"\0"


def field(code, value):
    if code == ANSWERED:
        return struct.pack("<B3sI", code, b"\1u\0", value)
    if code == SIGNATURE:
        return struct.pack("<B3sB", code, b"\1g\0", len(value)) + value.encode() + b"\0"
    return struct.pack("<B3s", code, b"\1o\0" if code == PATH else b"\1s\0") + string(value)


def padded(data):
    return data + bytes(-len(data) % 8)


def parsed(data):
    fields, at = {}, 0
    while at < len(data):
        code, kind = data[at], data[at + 2:at + 3]
        if kind == b"g":
            value, at = data[at + 5:at + 5 + data[at + 4]].decode(), at + 6 + data[at + 4]
        else:
            value = struct.unpack("<I", data[at + 4:at + 8])[0]
            at += 8
            if kind != b"u":
                value, at = data[at:at + value].decode(), at + value + 1
        fields[code] = value
        at += -at % 8
    return fields


class Bus:
    def __init__(self, path):
        self.socket, self.serial = socket.socket(socket.AF_UNIX), 0
        self.socket.connect(path)
        self.file = self.socket.makefile("rb")
        self.socket.sendall(b"\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\r\n")
        assert self.file.readline().startswith(b"OK ")
        self.socket.sendall(b"BEGIN\r\n")
        self.name = self.bus("Hello")

    def send(self, kind, fields, body=b""):
        self.serial += 1
        head = b""
        for code, value in fields.items():
            head = padded(head) + field(code, value)
        start = struct.pack("<cBBBIII", b"l", kind, 0, 1, len(body), self.serial, len(head))
        self.socket.sendall(padded(start + head) + body)
        return self.serial

    def receive(self):
        start = self.file.read(16)
        if len(start) != 16:
            raise EOFError("the bus is gone")
        _, kind, _, _, size, serial, length = struct.unpack("<cBBBIII", start)
        fields = parsed(self.file.read(length + -length % 8)[:length])
        return kind, serial, fields, self.file.read(size)

    def answer(self, serial):
        while True:
            kind, _, fields, body = self.receive()
            if fields.get(ANSWERED) == serial:
                assert kind == ANSWER, body
                return body

    def bus(self, member, signature="", body=b""):
        place = "org.freedesktop.DBus"
        fields = {PATH: "/org/freedesktop/DBus", INTERFACE: place, MEMBER: member, DESTINATION: place}
        if signature:
            fields[SIGNATURE] = signature
        return self.answer(self.send(CALL, fields, body))

    def echo(self, text):
        fields = {PATH: "/echo", INTERFACE: "test.Echo", MEMBER: "Echo", DESTINATION: "test.Echo", SIGNATURE: "s"}
        return self.send(CALL, fields, string(text))
"""
TREE = LIBRARY + r"""
import subprocess, sys, time

path, callers = sys.argv[1], int(sys.argv[2])


def serve():
    bus = Bus(path)
    name = string("test.Echo")
    bus.bus("RequestName", "su", name + bytes(-len(name) % 4) + struct.pack("<I", 0))
    count = 0
    while True:
        try:
            kind, serial, fields, body = bus.receive()
        except EOFError:
            return
        if kind == CALL:
            bus.send(ANSWER, {ANSWERED: serial, DESTINATION: fields[SENDER], SIGNATURE: "s"}, body)
            bus.send(SIGNAL, {PATH: "/echo", INTERFACE: "test.Echo", MEMBER: "Done", SIGNATURE: "s"}, string(str(count)))
            count += 1


def call(number):
    bus = Bus(path)
    bus.bus("AddMatch", "s", string("type='signal',interface='test.Echo'"))
    turns = signals = 0
    last = None
    while not os.path.exists("stop"):
        text = f"{number} {turns} " + "x" * 2000
        serial = bus.echo(text)
        while True:
            kind, _, fields, body = bus.receive()
            if kind == SIGNAL and fields[INTERFACE] == "test.Echo":
                now = int(body[4:-1])
                assert last is None or now == last + 1, f"signal {now} after {last}"
                last = now
            elif fields.get(ANSWERED) == serial:
                assert kind == ANSWER and body == string(text), f"{kind} {body[:100]}"
                break
        turns += 1
        with open(f"new-{number}", "w") as file:
            file.write(f"{turns} {last or 0}")
        os.rename(f"new-{number}", f"progress-{number}")


def child(function, *arguments):
    pid = os.fork()
    if not pid:
        function(*arguments)
        os._exit(0)
    return pid


daemon = subprocess.Popen(["dbus-daemon", "--config-file=bus.conf", "--nofork", "--nopidfile", "--nosyslog"])

def listens():
    # The name is there a moment before.
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(path) == 0


while not listens():
    time.sleep(0.01)
service = child(serve)
asking = Bus(path)
while asking.bus("NameHasOwner", "s", string("test.Echo")) != struct.pack("<I", 1):
    time.sleep(0.01)
children = [child(call, number) for number in range(callers)]
statuses = [os.waitpid(pid, 0)[1] for pid in children]
daemon.terminate()
statuses += [daemon.wait(), os.waitpid(service, 0)[1]]
sys.exit(f"the statuses are {statuses}" if any(statuses) else 0)
"""


def progress(scratch):
    """Turns and signals of all callers."""
    found = []
    for number in range(CALLERS):
        try:
            with open(os.path.join(scratch, f"progress-{number}"), encoding="ascii") as file:
                found += [int(word) for word in file.read().split()]
        except FileNotFoundError:
            found += [0, 0]
    return found


def ask_from_outside(path):
    """A client that was not there before, and does not stay."""
    names = {}
    exec(LIBRARY, names)  # pylint: disable=exec-used  # it is the text above
    bus = names["Bus"](path)
    if bus.answer(bus.echo("from outside")) != names["string"]("from outside"):
        raise Failed("a new client has another answer")
    bus.file.close()
    bus.socket.close()


def launch(job, scratch, path, as_root):
    """The tree. The buses of sessions are those of users."""
    with open(os.path.join(scratch, "bus.conf"), "w", encoding="ascii") as file:
        file.write(CONFIGURATION % path)
    command = ["/usr/bin/python3", "-c", TREE, path, str(CALLERS)]
    if not as_root:
        user = pwd.getpwnam("nobody")
        for directory in (job.directory, os.path.dirname(job.directory)):
            os.chmod(directory, 0o755)
        os.chown(scratch, user.pw_uid, user.pw_gid)
        command = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", *command]
    job.launch(command)


def check_bus(job, as_root):
    """Interrupt it; each time all go on."""
    scratch = os.path.join(job.directory, "cwd")
    path = os.path.join(scratch, "bus")
    os.makedirs(scratch)
    launch(job, scratch, path, as_root)
    job.wait_for(lambda: min(progress(scratch)) > 3, "all callers have answers")
    ask_from_outside(path)
    for _ in range(2):
        job.interrupt()
        before = progress(scratch)
        job.wait_for(lambda: all(now > then + 3 for now, then in zip(progress(scratch), before)), "all callers go on")
        ask_from_outside(path)
    with open(os.path.join(scratch, "stop"), "w", encoding="ascii"):
        pass
    job.expect_exit()
    shutil.rmtree(scratch)


def run(job):
    """Both, one after the other."""
    if not shutil.which("dbus-daemon"):
        raise Skipped("no dbus-daemon here")
    for as_root in (False, True):
        check_bus(job, as_root)
