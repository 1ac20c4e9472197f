#!/bin/sh
# The long lab: every way with many stalls, one JSON row each, then the healthy loads.
#	lab.sh BUILD_DIR [COUNT]
set -u
here=$(cd "$(dirname "$0")" && pwd)
"$here/score" --bin "$1" --count "${2:-200}"
"$here/score" --bin "$1" --seconds 60 healthy
