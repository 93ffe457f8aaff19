# SPDX-License-Identifier: GPL-2.0-only
"""PostgreSQL in single-user mode in the middle of a transaction: it goes on, and what is committed is there. It holds a
segment of System V shared memory, by which it knows that nobody else uses its data."""

import glob
import os
import pwd
import shutil
import subprocess

from runner.job import Failed

SETTINGS = {"options": "--file-locks"}
FEED = r"""
exec 3<>commands
"$1" --single -D data postgres < commands > answers 2>&1 3>&- &
postgres=$!
for query in "create table numbers (number integer);" "begin;" "insert into numbers select generate_series(1, 1000);"; do
    echo "$query" >&3
done
echo "select 'waiting, ' || count(*) as progress from numbers;" >&3
until [ -e commit ]; do sleep 0.05; done
echo "insert into numbers values (4711);" >&3
echo "commit;" >&3
echo "select 'the sum is ' || sum(number) as progress from numbers;" >&3
exec 3>&-
wait $postgres
"""


def program(name):
    """A program of PostgreSQL, which Debian does not put into the path."""
    found = shutil.which(name) or max(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), default=None)
    return found and os.path.realpath(found)


def answers(scratch, text):
    """Has the server said it?"""
    try:
        with open(os.path.join(scratch, "answers"), encoding="utf-8", errors="replace") as file:
            return text in file.read()
    except FileNotFoundError:
        return False


def prepare(job, scratch, user):
    """A new data directory that belongs to an unprivileged user, as the server demands."""
    os.makedirs(scratch, exist_ok=True)
    os.chown(scratch, user.pw_uid, user.pw_gid)
    subprocess.run([program("initdb"), "-D", "data", "--no-sync", "-A", "trust"], cwd=scratch, check=True, user=user.pw_uid,
                   group=user.pw_gid, extra_groups=[], stdout=subprocess.DEVNULL)
    os.mkfifo(os.path.join(scratch, "commands"))
    os.chown(os.path.join(scratch, "commands"), user.pw_uid, user.pw_gid)


def run(job):
    """Begin, interrupt, commit."""
    user = pwd.getpwnam("nobody")
    scratch = os.path.join(job.directory, "cwd")
    for directory in (job.directory, os.path.dirname(job.directory)):
        os.chmod(directory, 0o755)
    prepare(job, scratch, user)
    job.launch(["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "sh", "-c", FEED, "feed",
                program("postgres")])
    job.wait_for(lambda: answers(scratch, "waiting, 1000"), "the transaction")
    job.interrupt()
    with open(os.path.join(scratch, "commit"), "w", encoding="ascii"):
        pass
    job.expect_exit()
    if not answers(scratch, f"the sum is {1000 * 1001 // 2 + 4711}"):
        raise Failed("the transaction was not committed as a whole")
