# SPDX-License-Identifier: GPL-2.0-only
"""nginx whose clients are outside: one downloads 200 MiB and has some of it at each dump, one asks again and again over one
connection, one has sent half of a request. The file has its checksum, no connection ends, and a reload still works."""

import hashlib
import os
import shutil
import signal
import threading

from runner.clients import Repeated, connected, exactly
from runner.job import Failed, Skipped

SETTINGS = {"options": "--tcp-established"}
PORT = 8390
MIB = 1 << 20
SIZE = 200
ROUNDS = 3
SMALL = b"a small file\n" * 100
CONFIGURATION = f"""
daemon off;
user root;
worker_processes 2;
pid nginx.pid;
error_log error.log;
events {{ worker_connections 64; }}
http {{
    access_log access.log;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    sendfile on;
    keepalive_requests 1000000;
    keepalive_timeout 600;
    send_timeout 600;
    client_header_timeout 600;
    server {{
        listen 127.0.0.1:{PORT};
        root files;
    }}
}}
"""


def prepare(job):
    """The configuration and the files. Returns the checksum of the large one."""
    scratch = os.path.join(job.directory, "cwd")
    os.makedirs(os.path.join(scratch, "files"))
    with open(os.path.join(scratch, "nginx.conf"), "w", encoding="ascii") as file:
        file.write(CONFIGURATION)
    with open(os.path.join(scratch, "files", "small"), "wb") as file:
        file.write(SMALL)
    total = hashlib.sha1()
    block = os.urandom(MIB - 8)
    with open(os.path.join(scratch, "files", "large"), "wb") as file:
        for number in range(SIZE):
            part = number.to_bytes(8, "big") + block
            total.update(part)
            file.write(part)
    return total.digest()


def request(name):
    """What asks for a file and keeps the connection."""
    return f"GET /{name} HTTP/1.1\r\nHost: here\r\n\r\n".encode()


def head(client):
    """The head of an answer; returns the size of the body."""
    text = b""
    while not text.endswith(b"\r\n\r\n"):
        text += exactly(client, 1)
    lines = text.decode().split("\r\n")
    if lines[0] != "HTTP/1.1 200 OK" or "Connection: keep-alive" not in lines:
        raise Failed(f"the answer begins with {lines}")
    return next(int(line.split()[1]) for line in lines if line.startswith("Content-Length:"))


def small(client):
    """The answer to a request for the small file."""
    if exactly(client, head(client)) != SMALL:
        raise Failed("the small file has another content")


class Download(threading.Thread):
    """Takes as much as it is allowed, without regard to what happens to the server."""

    def __init__(self, job):
        super().__init__(daemon=True)
        self.client, self.taken, self.error, self.total = connected(job, PORT), 0, None, hashlib.sha1()
        self.allowed = threading.Semaphore(0)
        self.client.sendall(request("large"))
        self.start()

    def run(self):
        try:
            if head(self.client) != SIZE * MIB:
                raise OSError("the large file has another size")
            while self.taken < SIZE:
                self.allowed.acquire()
                self.total.update(exactly(self.client, MIB))
                self.taken += 1
        except (OSError, Failed) as error:
            self.error = error

    def allow(self, mib):
        """So much more."""
        self.allowed.release(mib)

    def wait(self, job, mib):
        """Until it has so much."""
        def there():
            if self.error:
                raise Failed(f"the download ends after {self.taken} MiB: {self.error}")
            return self.taken >= mib

        job.wait_for(there, f"{mib} MiB are downloaded")


def run(job):
    """Interrupt it while the client takes what is on its way."""
    nginx = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
    if not nginx:
        raise Skipped("no nginx here")
    checksum = prepare(job)
    scratch = job.launch([nginx, "-p", os.path.join(job.directory, "cwd"), "-c", "nginx.conf"])
    slow, asking, download = connected(job, PORT), connected(job, PORT), Download(job)

    def ask(_):
        asking.sendall(request("small") * 3)
        for _ in range(3):
            small(asking)

    asks = Repeated(job, "the client that asks", ask)
    for number in range(ROUNDS):
        download.allow(10)
        download.wait(job, 10 + number * 50)
        download.allow(40)
        asks.goes_on()
        slow.sendall(request("small")[:20])
        job.interrupt()
        slow.sendall(request("small")[20:])
        small(slow)
        asks.goes_on()
        download.wait(job, (number + 1) * 50)
    asks.finish()
    os.kill(job.pid, signal.SIGHUP)
    job.wait_for(lambda: ended_by(asking), "idle connections end after a reload")
    connected(job, PORT).close()
    download.allow(SIZE)
    download.wait(job, SIZE)
    if download.total.digest() != checksum:
        raise Failed("the download has another checksum than the file")
    os.kill(job.pid, signal.SIGQUIT)
    job.expect_exit()
    with open(os.path.join(scratch, "error.log"), encoding="ascii") as file:
        errors = [line for line in file if "[notice]" not in line]
    if errors:
        raise Failed(f"nginx says {errors}")


def ended_by(client):
    """Whether the server has ended this connection in order."""
    client.settimeout(0.01)
    try:
        return client.recv(1) == b""
    except TimeoutError:
        return False
