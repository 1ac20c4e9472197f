#!/bin/sh
# The long lab: every way with many stalls, one JSON row each, judged by the reader.
#	lab.sh BUILD_DIR [COUNT]
set -u
here=$(cd "$(dirname "$0")" && pwd)
for way in irqs-off bh-off softirq hardirq; do
	/usr/bin/python3 "$here/live.py" --way "$way" --bin "$1" --count "${2:-200}" --rows
done
/usr/bin/python3 "$here/live.py" --way healthy --bin "$1" --seconds 60
