# SPDX-License-Identifier: GPL-2.0-only
"""A Python asyncio server with timers, signal handlers, a subprocess and a thread pool: connections over IPv4, IPv6 and a
socket in the file system go on, each timer fires once and in order, signals that come later are handled."""

import json
import os
import signal
import socket

from runner.clients import Repeated, connected
from runner.job import Failed

SETTINGS = {"options": "--tcp-established"}
PORT = 8490
PROGRAM = r"""
import asyncio, hashlib, json, signal, sys

PORT = int(sys.argv[1])
state = {"ticks": 0, "late": [], "signals": 0, "clients": 0}


async def tick():
    while True:
        await asyncio.sleep(0.005)
        state["ticks"] += 1


async def answer(words, writer):
    loop = asyncio.get_running_loop()
    if words[0] == "hash":
        total = await loop.run_in_executor(None, lambda: hashlib.sha256(words[1].encode() * 1000).hexdigest())
        return total
    if words[0] == "state":
        return json.dumps(state)
    if words[0] == "later":
        loop.call_later(float(words[1]), state["late"].append, words[2])
        return "ok"
    if words[0] == "after":
        await asyncio.sleep(float(words[1]))
        return words[2]
    if words[0] == "child":
        child.stdin.write((words[1] + "\n").encode())
        await child.stdin.drain()
        return (await child.stdout.readline()).decode().strip()


async def serve(reader, writer):
    state["clients"] += 1
    while line := await reader.readline():
        writer.write((await answer(line.decode().split(), writer) + "\n").encode())
        await writer.drain()
    state["clients"] -= 1
    writer.close()


def signalled():
    state["signals"] += 1


async def main():
    global child
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGUSR1, signalled)
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    ticking = loop.create_task(tick())
    child = await asyncio.create_subprocess_exec("cat", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
    servers = [await asyncio.start_server(serve, "127.0.0.1", PORT), await asyncio.start_server(serve, "::1", PORT),
               await asyncio.start_unix_server(serve, "socket")]
    await stop.wait()
    for server in servers:
        server.close()
    child.stdin.close()
    print("the child ended with", await child.wait(), flush=True)


asyncio.run(main())
"""


class Client:
    """Asks line by line."""

    def __init__(self, client):
        self.socket, self.file = client, client.makefile("rb")

    def send(self, line):
        """A question whose answer is read later."""
        self.socket.sendall(line.encode() + b"\n")

    def answer(self):
        """The next answer."""
        line = self.file.readline()
        if not line.endswith(b"\n"):
            raise OSError(f"the connection ends with {line}")
        return line.decode().strip()

    def ask(self, line, wanted=None):
        """Both; the answer must be this one."""
        self.send(line)
        answer = self.answer()
        if wanted is not None and answer != wanted:
            raise OSError(f"the answer to '{line}' is '{answer}'")
        return answer

    def state(self):
        """What the server counts."""
        return json.loads(self.ask("state"))


def hashes(client):
    """Asks for sums that a thread of the server computes, and knows that they are right."""
    seen = {}

    def turn(number):
        word = f"word{number % 10}"
        answer = client.ask(f"hash {word}")
        if seen.setdefault(word, answer) != answer or len(answer) != 64:
            raise OSError(f"another sum: {answer}")

    return turn


def run(job):
    """Interrupt it three times, with timers that are due during and after it."""
    job.launch(["/usr/bin/python3", "-c", PROGRAM, str(PORT)])
    asking = Client(connected(job, PORT))
    over6 = Client(socket.create_connection(("::1", PORT), timeout=job.limit))
    waiting = Client(connected(job, PORT))
    turns = [Repeated(job, "the client over IPv4", hashes(Client(connected(job, PORT)))),
             Repeated(job, "the client over IPv6", hashes(over6))]
    names = []
    for number in range(3):
        for delay in ("0.01", "0.3", "0.6"):
            names.append(f"{number}/{delay}")
            asking.ask(f"later {delay} {names[-1]}", "ok")
        waiting.send(f"after 0.2 waited-{number}")
        asking.ask("child before", "before")
        before = asking.state()
        for client in turns:
            client.goes_on()
        job.interrupt()
        if waiting.answer() != f"waited-{number}":
            raise Failed("another answer after the wait")
        asking.ask(f"child again-{number}", f"again-{number}")
        os.kill(job.pid, signal.SIGUSR1)
        job.wait_for(lambda n=number: asking.state()["signals"] == n + 1, "the signal is handled")
        job.wait_for(lambda: asking.state()["late"] == names, "all timers fire, in order")
        job.wait_for(lambda b=before: asking.state()["ticks"] > b["ticks"] + 10, "the ticks go on")
        for client in turns:
            client.goes_on()
    for client in turns:
        client.finish()
    if asking.state()["clients"] != 4:
        raise Failed(f"the server knows of {asking.state()['clients']} clients")
    os.kill(job.pid, signal.SIGTERM)
    job.expect_exit()
    with open(job.outfile, encoding="ascii") as file:
        said = file.read()
    if said != "the child ended with 0\n":
        raise Failed(f"the server said: {said}")
