# SPDX-License-Identifier: GPL-2.0-only
"""mosquitto, whose clients are outside: one publishes without a pause, with messages that are confirmed, two subscribe; one has
gone away and finds all that came in between. Each message arrives once and in order."""

import hashlib
import os
import shutil
import signal
import struct

from runner.clients import Repeated, connected, exactly
from runner.job import Failed, Skipped

SETTINGS = {"options": "--tcp-established"}
PORT = 8990
CONFIGURATION = f"""
listener {PORT} 127.0.0.1
allow_anonymous true
user root
max_queued_messages 0
max_inflight_messages 0
log_type error
"""
CONNECT, CONNECTED, PUBLISH, CONFIRM, SUBSCRIBE, SUBSCRIBED, DISCONNECT = 0x10, 0x20, 0x32, 0x40, 0x82, 0x90, 0xE0


def text(word):
    """As the protocol has strings."""
    return struct.pack("!H", len(word)) + word.encode()


class Client:
    """A client that speaks MQTT 3.1.1 by itself, so that every byte of it is known."""

    def __init__(self, job, name, clean=True):
        self.socket, self.sent = connected(job, PORT), 0
        self.send(CONNECT, text("MQTT") + bytes([4, 2 if clean else 0]) + struct.pack("!H", 0) + text(name))
        self.expect(CONNECTED)

    def send(self, kind, body):
        """One message."""
        size, head = len(body), b""
        while True:
            head += bytes([size % 128 | (128 if size > 127 else 0)])
            size //= 128
            if not size:
                break
        self.socket.sendall(bytes([kind]) + head + body)

    def receive(self):
        """One message: its kind and its body."""
        kind, size, shift = exactly(self.socket, 1)[0], 0, 0
        while True:
            byte = exactly(self.socket, 1)[0]
            size |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return kind, exactly(self.socket, size)

    def expect(self, wanted):
        """The next message is of this kind."""
        kind, body = self.receive()
        if kind != wanted:
            raise OSError(f"message {kind:#x} comes instead of {wanted:#x}")
        return body

    def subscribe(self, topic):
        """Messages are to be confirmed."""
        self.send(SUBSCRIBE, b"\0\1" + text(topic) + b"\1")
        if self.expect(SUBSCRIBED) != b"\0\1\1":
            raise Failed("the subscription is refused")

    def publish(self, topic, payload):
        """Tell the number of the message, without waiting for its confirmation."""
        self.sent = self.sent % 65535 + 1
        self.send(PUBLISH, text(topic) + struct.pack("!H", self.sent) + payload)
        return self.sent

    def take(self):
        """What was published."""
        kind, body = self.receive()
        if kind & 0xF0 != PUBLISH & 0xF0:
            raise OSError(f"message {kind:#x} comes instead of a publication")
        size = struct.unpack("!H", body[:2])[0]
        self.send(CONFIRM, body[2 + size:4 + size])
        return body[4 + size:]

    def leave(self):
        """In order."""
        self.send(DISCONNECT, b"")
        if self.socket.recv(1):
            raise Failed("more comes than the end")


def payload_of(number):
    """Some kilobytes that nothing else is."""
    return b"%d " % number + hashlib.sha256(b"%d" % number).digest() * 100


def publisher(client):
    """Ten at once, then their confirmations."""
    def turn(number):
        sent = [client.publish("news", payload_of(10 * number + add)) for add in range(10)]
        for one in sent:
            if client.expect(CONFIRM) != struct.pack("!H", one):
                raise OSError("another message is confirmed")

    return turn


def subscriber(client):
    """Each in its turn."""
    def turn(number):
        got = client.take()
        if got != payload_of(number):
            raise OSError(f"{got[:20]} comes instead of message {number}")

    return turn


def run(job):
    """Interrupt it three times."""
    mosquitto = shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin")
    if not mosquitto:
        raise Skipped("no mosquitto here")
    scratch = os.path.join(job.directory, "cwd")
    os.makedirs(scratch)
    with open(os.path.join(scratch, "mosquitto.conf"), "w", encoding="ascii") as file:
        file.write(CONFIGURATION)
    job.launch([mosquitto, "-c", "mosquitto.conf"])
    away = Client(job, "away", clean=False)
    away.subscribe("rare")
    away.leave()
    readers = [Client(job, f"reader-{number}") for number in range(2)]
    for reader in readers:
        reader.subscribe("news")
    rare = Client(job, "rare")
    turns = [Repeated(job, "a subscriber", subscriber(reader)) for reader in readers]
    publishing = Repeated(job, "the publisher", publisher(Client(job, "publisher")))
    for number in range(3):
        for turn in (publishing, *turns):
            turn.goes_on()
        rare.publish("rare", b"rare %d" % number)
        job.interrupt()
        rare.expect(CONFIRM)
        for turn in (publishing, *turns):
            turn.goes_on()
    done = publishing.finish()
    for turn in turns:
        job.wait_for(lambda t=turn: t.turns == 10 * done or t.error, "each subscriber has all messages")
        turn.check()
    away = Client(job, "away", clean=False)
    for number in range(3):
        if away.take() != b"rare %d" % number:
            raise Failed("what was kept for a client that was away is something else")
    os.kill(job.pid, signal.SIGTERM)
    job.expect_exit()
