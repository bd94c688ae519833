#!/bin/sh
# cutoff.sh SIGNAL PATTERN COMMAND... runs the command, and sends it the signal as soon as a line of its stderr matches the
# pattern. It fails if the command succeeds, or ends before that. The output is in cutoff.out and cutoff.err.
set -eu
signal=$1 pattern=$2
shift 2
rm -f cutoff.pipe
mkfifo cutoff.pipe
"$@" >cutoff.out 2>cutoff.pipe &
pid=$!
# grep reads each line as it is written: a command goes on to its next step within milliseconds. tee goes on when grep has ended.
if tee -p cutoff.err <cutoff.pipe | { grep -q -e "$pattern" && kill "-$signal" "$pid"; }; then
	wait "$pid" || exit 0
fi
cat cutoff.out cutoff.err
exit 1
