# SPDX-License-Identifier: GPL-2.0-only
"""haproxy, master and worker, in front of gunicorn on a socket in the file system, in one tree; the clients are outside and
keep their connections, some in the middle of an answer or of a body."""

import importlib.util
import os
import shutil

from runner.job import Skipped

SETTINGS = {"options": "--tcp-established"}
HERE = os.path.dirname(os.path.abspath(__file__))
CONFIGURATION = """
defaults
    mode http
    timeout connect 60s
    timeout client 600s
    timeout server 600s
    timeout http-keep-alive 600s
frontend web
    bind 127.0.0.1:%(port)d
    default_backend application
backend application
    server application unix@application.socket
"""
APPLICATION = """
import hashlib
import threading
import time

count, lock = 0, threading.Lock()


def pieces():
    for number in range(%(pieces)d):
        time.sleep(0.005)
        yield b"piece %%d " %% number + b"x" * 1000 + b"\\n"


def application(environment, start):
    global count
    start("200 OK", [("Content-Type", "text/plain")])
    if environment["PATH_INFO"] == "/pieces":
        return pieces()
    total, left = hashlib.sha256(), int(environment.get("CONTENT_LENGTH") or 0)
    while left:
        part = environment["wsgi.input"].read(min(left, 65536))
        total.update(part)
        left -= len(part)
    with lock:
        count += 1
        return [b"%%d %%s" %% (count, total.hexdigest().encode())]
"""
SCRIPT = """
gunicorn --workers 1 --threads 8 --keep-alive 600 --timeout 600 --bind unix:application.socket application:application &
until [ -S application.socket ]; do sleep 0.02; done
haproxy -W -db -f haproxy.cfg &
trap 'kill $(jobs -p); wait; exit 9' TERM
while :; do wait; done
"""


def node():
    """The test of Node's server, which has the clients."""
    spec = importlib.util.spec_from_file_location("node_http", os.path.join(HERE, "node-http.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(job):
    """With the clients of the other servers of HTTP."""
    os.environ["PATH"] += ":/usr/sbin"
    if not shutil.which("haproxy") or not shutil.which("gunicorn"):
        raise Skipped("no haproxy or no gunicorn here")
    module = node()
    scratch = os.path.join(job.directory, "cwd")
    os.makedirs(scratch)
    for name, text in (("haproxy.cfg", CONFIGURATION), ("application.py", APPLICATION)):
        with open(os.path.join(scratch, name), "w", encoding="ascii") as file:
            file.write(text % {"port": module.PORT, "pieces": module.PIECES})
    module.check_server(job, lambda: job.launch(["bash", "-c", SCRIPT]), 9)
