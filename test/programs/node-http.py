# SPDX-License-Identifier: GPL-2.0-only
"""Node's http server, whose clients are outside: connections that stay, an answer that comes in pieces by a timer, half of a
body that is sent to it."""

import hashlib
import os
import shutil
import signal

from runner.clients import Repeated, connected, exactly
from runner.job import Failed, Skipped

SETTINGS = {"options": "--tcp-established"}
PORT = 8890
PIECES = 150
PROGRAM = r"""
const http = require('http');
const { createHash } = require('crypto');
let count = 0;

const server = http.createServer((request, response) => {
    if (request.url == '/pieces') {
        let number = 0;
        const timer = setInterval(() => {
            response.write(`piece ${number} ` + 'x'.repeat(1000) + '\n');
            if (++number == Number(process.argv[2])) {
                clearInterval(timer);
                response.end();
            }
        }, 10);
        return;
    }
    const sum = createHash('sha256');
    request.on('data', (data) => sum.update(data));
    request.on('end', () => response.end(`${++count} ${sum.digest('hex')}`));
});
server.keepAliveTimeout = server.headersTimeout = server.requestTimeout = 0;
server.listen(Number(process.argv[1]), '127.0.0.1');
process.on("SIGTERM", () => process.exit(9));
"""


def lines_until_empty(client):
    """The head of an answer."""
    text = b""
    while not text.endswith(b"\r\n\r\n"):
        text += exactly(client, 1)
    lines = text.decode().lower().split("\r\n")
    if lines[0] != "http/1.1 200 ok" or "connection: close" in lines:
        raise OSError(f"the answer begins with {lines}")
    return lines


def body_of(client):
    """An answer: whole, or in pieces."""
    lines = lines_until_empty(client)
    if "transfer-encoding: chunked" not in lines:
        return exactly(client, next(int(line.split()[1]) for line in lines if line.startswith("content-length:")))
    body = b""
    while True:
        size = b""
        while not size.endswith(b"\r\n"):
            size += exactly(client, 1)
        part = exactly(client, int(size, 16) + 2)[:-2]
        body += part
        if not part:
            return body


def post(client, body, begun=0):
    """Sends a body, or the rest of it."""
    if not begun:
        client.sendall(f"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: {len(body)}\r\n\r\n".encode())
    client.sendall(body[begun:])
    if body_of(client).decode().split()[1] != hashlib.sha256(body).hexdigest():
        raise OSError("the server has got another body")


def check_server(job, launch, code):
    """Interrupt it three times, in the middle of an answer and of a body. Go's server speaks the same."""
    launch()
    asking, pieces, half = (connected(job, PORT) for _ in range(3))
    turns = Repeated(job, "the client that asks", lambda number: post(asking, b"turn %d" % number * 100))
    whole = b"".join(b"piece %d " % number + b"x" * 1000 + b"\n" for number in range(PIECES))
    block = hashlib.sha512(b"half").digest() * 5000
    for _ in range(3):
        turns.goes_on()
        pieces.sendall(b"GET /pieces HTTP/1.1\r\nHost: here\r\n\r\n")
        half.sendall(b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: %d\r\n\r\n" % len(block) + block[:70000])
        job.interrupt()
        if body_of(pieces) != whole:
            raise Failed("the pieces of an answer make another whole")
        post(half, block, 70000)
        turns.goes_on()
    done = turns.finish()
    asking.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
    if body_of(asking).split()[0] != b"%d" % (done + 4):
        raise Failed("the server has counted something else")
    os.kill(job.pid, signal.SIGTERM)
    job.expect_exit(code)


def run(job):
    """Node's."""
    node = shutil.which("node")
    if not node:
        raise Skipped("no node: package nodejs")
    check_server(job, lambda: job.launch([node, "-e", PROGRAM, str(PORT), str(PIECES)]), 9)
