#!/bin/sh
# That no folder knows a sibling holds because a sibling's header does not compile: tried for each.
#	layers.sh SOURCE_DIR BUILD_DIR
set -u
source=$1 build=$2
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
bad=0

# The command that compiles the first file of a folder, as the build wrote it down.
command_of() {
	/usr/bin/python3 - "$build/compile_commands.json" "$source/$1/" <<'EOP'
import json, shlex, sys
for entry in json.load(open(sys.argv[1])):
    if entry["file"].startswith(sys.argv[2]):
        words = shlex.split(entry["command"])
        print(shlex.join(w for w in words[:words.index("-o")] if w not in ("-c", entry["file"])))
        break
EOP
}

for folder in sampler symbolize analyze report; do
	compile=$(command_of "$folder")
	[ -n "$compile" ] || { echo "no file of $folder is compiled"; exit 1; }
	for other in sampler symbolize analyze report cli; do
		header=$(cd "$source/$other" && ls ./*.h | head -n 1 | sed 's,^\./,,')
		printf '#include "%s"\n' "$header" >"$work/try.c"
		if (eval "$compile -fsyntax-only $work/try.c") >"$work/log" 2>&1; then
			[ "$folder" = "$other" ] && continue
			echo "$folder/ can include $other/$header"
			bad=1
		elif [ "$folder" = "$other" ]; then
			echo "$folder/ cannot include its own $header:"
			cat "$work/log"
			bad=1
		elif ! grep -q "$header.*No such file\|'$header' file not found" "$work/log"; then
			echo "$folder/ with $other/$header fails for another reason:"
			cat "$work/log"
			bad=1
		fi
	done
done
# A path does not help either.
for folder in sampler symbolize analyze report; do
	for other in sampler symbolize analyze report cli; do
		[ "$folder" = "$other" ] && continue
		if grep -n "^#.*include.*[\"/<]$other/" "$source/$folder"/*.[ch]; then
			echo "$folder/ includes $other/ by its path"
			bad=1
		fi
	done
done
# What is banned does not compile.
compile=$(command_of analyze)
for call in 'strcpy(a, b)' 'strncpy(a, b, 2)' 'sprintf(a, "x")' 'strcat(a, b)' 'atoi(b)'; do
	printf '#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\nvoid f(char *a, char *b);\nvoid f(char *a, char *b)\n{\n\t%s;\n\t(void)a;\n\t(void)b;\n}\n' \
		"$call" >"$work/try.c"
	if (eval "$compile -fsyntax-only $work/try.c") >"$work/log" 2>&1; then
		echo "$call compiles"
		bad=1
	elif ! grep -q poisoned "$work/log"; then
		echo "$call fails for another reason:"
		cat "$work/log"
		bad=1
	fi
done
exit "$bad"
