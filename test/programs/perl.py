# SPDX-License-Identifier: GPL-2.0-only
"""A perl program with an open file, a child behind a pipe, closures and a chain of checksums."""

import hashlib
import os

from runner.job import Failed

SCRIPT = r"""
use strict; use warnings; use Digest::MD5 qw(md5_hex); use IO::Handle;
open(my $log, '+>', 'log') or die; $log->autoflush(1);
open(my $child, '|-', "tr a-f A-F > upper") or die; $child->autoflush(1);
my ($sum, $n) = ('', 0);
my %actions = (next => sub { $sum = md5_hex($sum . $n++); });
$SIG{ALRM} = sub { $actions{ticks}++ };
while (!-e 'stop') {
    $actions{next}->();
    print $log "$n $sum\n"; print $child "$sum\n";
    select(undef, undef, undef, 0.002);
}
close($child) or die "child: $?";
seek($log, 0, 0);
my @lines = <$log>;
die "lines" if @lines != $n;
print "$n $sum\n";
"""


def lines(scratch):
    """How many lines the program has written."""
    try:
        with open(os.path.join(scratch, "log"), encoding="ascii") as file:
            return file.read().count("\n")
    except FileNotFoundError:
        return 0


def run(job):
    """Interrupt it, let it go on, end it and compute the same chain here."""
    scratch = job.launch(["perl", "-e", SCRIPT])
    job.wait_for(lambda: lines(scratch) > 50, "50 lines")
    job.interrupt()
    before = lines(scratch)
    job.wait_for(lambda: lines(scratch) > before + 50, "50 more lines")
    with open(os.path.join(scratch, "stop"), "w", encoding="ascii"):
        pass
    job.expect_exit()
    with open(job.outfile, encoding="ascii") as file:
        count, digest = file.read().split()
    chain = ""
    for number in range(int(count)):
        chain = hashlib.md5((chain + str(number)).encode()).hexdigest()
    with open(os.path.join(scratch, "upper"), encoding="ascii") as file:
        upper = file.read().split()
    if chain != digest or len(upper) != int(count) or upper[-1] != chain.upper():
        raise Failed(f"the chain of {count} ends with {digest}, not {chain}; the child wrote {len(upper)} lines")
