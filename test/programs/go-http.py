# SPDX-License-Identifier: GPL-2.0-only
"""A Go http server on a listener that speaks MPTCP, as Go opens them by default from 1.24 on; its clients are outside and
speak plain TCP."""

import importlib.util
import os
import shutil
import subprocess

from runner.job import Failed, Skipped

SETTINGS = {"options": "--tcp-established"}
HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = """
package main

import (
    "crypto/sha256"
    "fmt"
    "io"
    "net"
    "net/http"
    "os"
    "os/signal"
    "strings"
    "sync/atomic"
    "syscall"
    "time"
)

var count int64

func answer(writer http.ResponseWriter, request *http.Request) {
    if request.URL.Path == "/pieces" {
        ticker := time.NewTicker(10 * time.Millisecond)
        defer ticker.Stop()
        for number := 0; number < %(pieces)d; number++ {
            <-ticker.C
            fmt.Fprintf(writer, "piece %%d %%s\\n", number, strings.Repeat("x", 1000))
            writer.(http.Flusher).Flush()
        }
        return
    }
    sum := sha256.New()
    io.Copy(sum, request.Body)
    fmt.Fprintf(writer, "%%d %%x", atomic.AddInt64(&count, 1), sum.Sum(nil))
}

// Go of before 1.21 has no name for it.
func listen() net.Listener {
    fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 262)
    if err != nil {
        os.Exit(77)
    }
    syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
    err = syscall.Bind(fd, &syscall.SockaddrInet4{Port: %(port)d, Addr: [4]byte{127, 0, 0, 1}})
    if err == nil {
        err = syscall.Listen(fd, 100)
    }
    if err != nil {
        panic(err)
    }
    file := os.NewFile(uintptr(fd), "listener")
    listener, err := net.FileListener(file)
    if err != nil {
        panic(err)
    }
    file.Close()
    return listener
}

func main() {
    signals := make(chan os.Signal, 1)
    signal.Notify(signals, syscall.SIGTERM)
    go http.Serve(listen(), http.HandlerFunc(answer))
    <-signals
    os.Exit(9)
}
"""


def node():
    """The test of Node's server, which has the clients."""
    spec = importlib.util.spec_from_file_location("node_http", os.path.join(HERE, "node-http.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def compile_program(scratch, text):
    """Without the network, and with the cache that the other test of Go has."""
    go = shutil.which("go")
    if not go:
        raise Skipped("no go: package golang-go")
    os.makedirs(scratch, exist_ok=True)
    with open(os.path.join(scratch, "serve.go"), "w", encoding="ascii") as file:
        file.write(text)
    cache = os.path.join(os.path.dirname(os.path.dirname(scratch)), "go-cache")
    environment = {**os.environ, "GOCACHE": cache, "GOFLAGS": "-mod=mod", "GO111MODULE": "off", "CGO_ENABLED": "0"}
    done = subprocess.run([go, "build", "-o", "serve", "serve.go"], cwd=scratch, env=environment, capture_output=True,
                          text=True, check=False)
    if done.returncode:
        raise Failed(f"serve.go: {done.stderr}")


def run(job):
    """Go's."""
    if not os.path.exists("/proc/sys/net/mptcp/enabled"):
        raise Skipped("no MPTCP in this kernel")
    module = node()
    scratch = os.path.join(job.directory, "cwd")
    compile_program(scratch, PROGRAM % {"port": module.PORT, "pieces": module.PIECES})
    module.check_server(job, lambda: job.launch([os.path.join(scratch, "serve")]), 9)
