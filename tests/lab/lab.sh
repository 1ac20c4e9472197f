#!/bin/sh
# The long lab: every way with many stalls, one JSON row each, then the healthy loads. What was run is
# held to the bar (bar.py): exit status 1 where it does not reach that, 77 where nothing can be run.
#	lab.sh BUILD_DIR [COUNT [SECONDS]]
set -u
here=$(cd "$(dirname "$0")" && pwd)
"$here/score" --bin "$1" --check --count "${2:-200}"
ways=$?
"$here/score" --bin "$1" --check --seconds "${3:-60}" healthy
healthy=$?
[ "$ways" = 0 ] || exit "$ways"
exit "$healthy"
