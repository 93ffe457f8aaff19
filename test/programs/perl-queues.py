# SPDX-License-Identifier: GPL-2.0-only
"""A producer and three consumers in perl over a System V queue, with a counter in a shared segment that a semaphore with
SEM_UNDO guards: each job is done once."""

import os

from runner.job import Failed

SCRIPT = r"""
use strict;
use warnings;
use IPC::SysV qw(IPC_PRIVATE IPC_RMID SEM_UNDO);

my $queue = msgget(IPC_PRIVATE, 0600) // die "msgget: $!";
my $guard = semget(IPC_PRIVATE, 1, 0600) // die "semget: $!";
my $memory = shmget(IPC_PRIVATE, 16, 0600) // die "shmget: $!";
semop($guard, pack("s3", 0, 1, 0)) or die "semop: $!";
shmwrite($memory, pack("q2", 0, 0), 0, 16) or die "shmwrite: $!";

sub consume {
    my $text;
    while (1) {
        msgrcv($queue, $text, 64, -2, 0) or die "msgrcv: $!";
        my ($type, $number) = unpack("l! q", $text);
        last if $type == 2;
        semop($guard, pack("s3", 0, -1, SEM_UNDO)) or die "semop: $!";
        shmread($memory, my $state, 0, 16) or die "shmread: $!";
        my ($done, $sum) = unpack("q2", $state);
        shmwrite($memory, pack("q2", $done + 1, $sum + $number), 0, 16) or die "shmwrite: $!";
        semop($guard, pack("s3", 0, 1, SEM_UNDO)) or die "semop: $!";
    }
    exit 0;
}

my @consumers = map { my $pid = fork; consume() unless $pid; $pid } 1 .. 3;
my $number = 0;
until (-e "stop") {
    msgsnd($queue, pack("l! q", 1, ++$number), 0) or die "msgsnd: $!";
    if ($number % 20 == 0) {
        open(my $progress, ">", "progress.new") or die;
        print $progress $number;
        close $progress;
        rename "progress.new", "progress";
        select(undef, undef, undef, 0.002);
    }
}
msgsnd($queue, pack("l!", 2), 0) or die "msgsnd: $!" for 1 .. 3;
waitpid $_, 0 for @consumers;
"""
TAIL = r"""
shmread($memory, my $state, 0, 16) or die "shmread: $!";
my ($done, $sum) = unpack("q2", $state);
semctl($guard, 0, IPC_RMID, 0);
msgctl($queue, IPC_RMID, 0);
shmctl($memory, IPC_RMID, 0);
exit($done == $number && $sum == $number * ($number + 1) / 2 ? 7 : 1);
"""


def progress(scratch):
    """How many jobs there were."""
    try:
        with open(os.path.join(scratch, "progress"), encoding="ascii") as file:
            return int(file.read() or 0)
    except FileNotFoundError:
        return 0


def run(job):
    """Work, be interrupted, work on, count."""
    scratch = job.launch(["perl", "-e", SCRIPT + TAIL])
    job.wait_for(lambda: progress(scratch) > 300, "some hundred jobs")
    job.interrupt()
    before = progress(scratch)
    job.wait_for(lambda: progress(scratch) > before + 300, "some hundred more")
    with open(os.path.join(scratch, "stop"), "w", encoding="ascii"):
        pass
    job.expect_exit(7)
    if os.path.getsize(job.outfile):
        raise Failed("something was said")
