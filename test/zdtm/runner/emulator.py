# SPDX-License-Identifier: GPL-2.0-only
"""A terminal emulator without a window, to be run as a program: it holds the master of a pseudo terminal in which a command
runs, types what it finds in the file "type" and keeps the screen in the file "screen".

usage: emulator.py COMMAND..."""

import fcntl
import os
import select
import signal
import struct
import sys
import termios

ROWS, COLUMNS = 24, 80


def replace(name, text):
    """Write a file in one go."""
    with open(name + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.rename(name + ".new", name)


def typed():
    """What is to be typed now."""
    try:
        with open("type", "rb") as file:
            data = file.read()
        os.unlink("type")
        return data
    except FileNotFoundError:
        return b""


def main():
    """Serve the command until it ends."""
    import pyte  # pylint: disable=import-outside-toplevel

    master, slave = os.openpty()
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    pid = os.fork()
    if not pid:
        os.close(master)
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        for number in range(3):
            os.dup2(slave, number)
        os.close(slave)
        os.environ.update(TERM="linux", LC_ALL="C.UTF-8", HOME=os.getcwd())
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        os.execvp(sys.argv[1], sys.argv[1:])
    os.close(slave)
    screen = pyte.Screen(COLUMNS, ROWS)
    stream = pyte.ByteStream(screen)
    while True:
        ready, _, _ = select.select([master], [], [], 0.02)
        if ready:
            try:
                stream.feed(os.read(master, 65536))
            except OSError:
                break
            replace("screen", "\n".join(line.rstrip() for line in screen.display))
        keys = typed()
        if keys == b"anew":
            screen.reset()
            keys = b"\x0c"
        if keys:
            os.write(master, keys)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


class Terminal:
    """The test's side: a job that is an emulator."""

    def __init__(self, job, command):
        self.job = job
        self.directory = job.launch(self.command(command))

    @staticmethod
    def command(command):
        """What runs a command in an emulator."""
        return [sys.executable, os.path.abspath(__file__), *command]

    def screen(self):
        """What is on it."""
        try:
            with open(os.path.join(self.directory, "screen"), encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def type(self, text):
        """Press keys, when those before have been taken."""
        name = os.path.join(self.directory, "type")
        self.job.wait_for(lambda: not os.path.exists(name), "keys are taken")
        with open(name + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(name + ".new", name)

    def wait_for(self, text):
        """Until it shows this."""
        self.job.wait_for(lambda: text in self.screen(), f"'{text}' on the screen")

    def redraw(self):
        """An empty screen, on which the program is asked to draw all that it has."""
        self.type("anew")


if __name__ == "__main__":
    sys.exit(main())
