# SPDX-License-Identifier: GPL-2.0-only
"""memcached, whose clients are outside: values, counters and times of expiry are kept; half of a value that was on its way
is taken up where it stopped."""

import hashlib
import shutil

from runner.clients import Repeated, connected, exactly
from runner.job import Skipped

SETTINGS = {"options": "--tcp-established"}
PORT = 8690


def expect(client, wanted):
    """What comes next."""
    got = exactly(client, len(wanted))
    if got != wanted:
        raise OSError(f"the answer is {got[:80]}, not {wanted[:80]}")


def value_of(name):
    """Some kilobytes that nothing else is."""
    return hashlib.sha512(name.encode()).digest() * 150


def store(client, name, seconds=0):
    """Keep a value."""
    value = value_of(name)
    client.sendall(f"set {name} 7 {seconds} {len(value)}\r\n".encode() + value + b"\r\n")
    expect(client, b"STORED\r\n")


def fetch(client, *names):
    """Values are there."""
    client.sendall(f"get {' '.join(names)}\r\n".encode())
    for name in names:
        expect(client, f"VALUE {name} 7 {len(value_of(name))}\r\n".encode() + value_of(name) + b"\r\n")
    expect(client, b"END\r\n")


def turns(client, name):
    """Values and counters, of which each is right."""
    def turn(number):
        if not number:
            client.sendall(f"set count-{name} 0 0 1\r\n0\r\n".encode())
            expect(client, b"STORED\r\n")
        store(client, f"{name}-{number % 50}")
        client.sendall(f"incr count-{name} 1\r\n".encode() * 3)
        expect(client, "".join(f"{3 * number + add}\r\n" for add in (1, 2, 3)).encode())
        fetch(client, f"{name}-{number % 50}", f"{name}-0")

    return turn


def run(job):
    """Interrupt it three times."""
    memcached = shutil.which("memcached")
    if not memcached:
        raise Skipped("no memcached here")
    job.launch([memcached, "-u", "nobody", "-l", "127.0.0.1", "-p", str(PORT), "-U", "0", "-t", "4", "-A"])
    asking, half = connected(job, PORT), connected(job, PORT)
    clients = [Repeated(job, f"client {name}", turns(connected(job, PORT), name)) for name in "abcdef"]
    store(asking, "stays", 3600)
    large = hashlib.sha512(b"large").digest() * 4000
    for _ in range(3):
        for client in clients:
            client.goes_on()
        half.sendall(f"set large 0 0 {len(large)}\r\n".encode() + large[:100000])
        job.interrupt()
        half.sendall(large[100000:] + b"\r\n")
        expect(half, b"STORED\r\n")
        fetch(asking, "stays")
        asking.sendall(b"get large\r\n")
        expect(asking, f"VALUE large 0 {len(large)}\r\n".encode() + large + b"\r\nEND\r\n")
        for client in clients:
            client.goes_on()
    for client in clients:
        client.finish()
    store(asking, "passes", 1)
    job.wait_for(lambda: is_gone(asking, "passes"), "a value expires")
    asking.sendall(b"shutdown\r\n")
    job.expect_exit()


def is_gone(client, name):
    """Whether a value has expired."""
    client.sendall(f"get {name}\r\n".encode())
    text = exactly(client, 5)
    if text == b"END\r\n":
        return True
    expect(client, f"VALUE {name} 7 {len(value_of(name))}\r\n".encode()[5:] + value_of(name) + b"\r\nEND\r\n")
    return False
