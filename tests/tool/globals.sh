#!/bin/sh
# The program keeps no state outside its objects: of what the compiler put into writable memory only
# these are allowed.   globals.sh LIBRARY...
set -u
# A signal handler reaches nothing else; argp finds the version by this name.
allowed='^(stop_flag|argp_program_version)$'
found=$(objdump -t "$@" | awk '
	$2 ~ /^[lgu!]/ && ($(NF-2) ~ /^(\.bss|\.data|\.tbss|\.tdata|\*COM\*)/) && $(NF-2) !~ /\.ro/ &&
		$NF !~ /^\./ && $NF !~ /^_*(asan|ubsan|odr|lsan|sancov|unnamed_)/ { print $NF }' |
	grep -v -E "$allowed" | sort -u)
[ -z "$found" ] && exit 0
echo "mutable globals or static locals: "$found
exit 1
