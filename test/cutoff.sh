#!/bin/sh
# cutoff.sh SIGNAL PATTERN COMMAND... runs the command, and sends it the signal once its stderr matches the pattern. It fails
# if the command ends before that.
set -eu
signal=$1 pattern=$2
shift 2
"$@" >cutoff.out 2>cutoff.err &
pid=$!
while kill -0 "$pid" 2>/dev/null; do
	if grep -q -e "$pattern" cutoff.err; then
		kill "-$signal" "$pid"
		wait "$pid" || exit 0
	fi
	sleep 0.02
done
cat cutoff.out cutoff.err
exit 1
