# SPDX-License-Identifier: GPL-2.0-only
"""A tree of 300 processes, three levels deep, whose leaves fork and wait for children all the time: each leaf sees every
status, and all of them come to the end."""

import os

from runner.job import Failed

BRANCHES, LEAVES = 14, 20

SCRIPT = r"""
use strict; use warnings; use POSIX ();
my ($branches, $leaves) = @ARGV;
sub leaf {
    my ($name) = @_;
    my ($forked, $waited) = (0, 0);
    while (!-e 'stop') {
        my $code = $forked++ % 200;
        my $pid = fork() // POSIX::_exit(1);
        POSIX::_exit($code) if !$pid;
        POSIX::_exit(2) if waitpid($pid, 0) != $pid || $? >> 8 != $code;
        $waited++;
        if ($waited == 1) { open(my $file, '>', "started-$name") or POSIX::_exit(3) }
        select(undef, undef, undef, 0.1);
    }
    open(my $file, '>', "ended-$name") or POSIX::_exit(3);
    print $file "$forked $waited\n";
}
sub children {
    my ($count, $body) = @_;
    for my $n (1..$count) {
        my $pid = fork() // die "fork: $!";
        if (!$pid) { $body->($n); exit(0) }
    }
    for my $n (1..$count) { die "no child" if wait() < 0; die "status $?" if $? }
    die "a child too many" if wait() >= 0;
}
children($branches, sub { my $branch = $_[0]; children($leaves, sub { leaf("$branch-$_[0]") }) });
"""


def count(scratch, prefix):
    """How many leaves have left such a file."""
    return sum(name.startswith(prefix) for name in os.listdir(scratch))


def run(job):
    """Interrupt all of them at once, end them, count them. 1500 images would take crit most of the time."""
    job.settings = {**job.settings, "round_trip": False}
    scratch = job.launch(["perl", "-e", SCRIPT, str(BRANCHES), str(LEAVES)])
    job.wait_for(lambda: count(scratch, "started-") == BRANCHES * LEAVES, "all leaves have forked")
    job.interrupt()
    with open(os.path.join(scratch, "stop"), "w", encoding="ascii"):
        pass
    job.expect_exit()
    if count(scratch, "ended-") != BRANCHES * LEAVES:
        raise Failed(f"{count(scratch, 'ended-')} leaves came to their end")
    for name in os.listdir(scratch):
        if name.startswith("ended-"):
            with open(os.path.join(scratch, name), encoding="ascii") as file:
                forked, waited = file.read().split()
            if forked != waited:
                raise Failed(f"{name}: forked {forked}, waited for {waited}")
