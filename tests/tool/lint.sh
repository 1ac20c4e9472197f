#!/bin/sh
# What clang-format and clang-tidy say of the tree; silent where all is well.
#	lint.sh format SOURCE_DIR
#	lint.sh tidy SOURCE_DIR BUILD_DIR [JOBS]
# Exits 77 where the tool is missing.
set -u
cd "$2" || exit 99
list=$(git ls-files '*.c' '*.h' 2>/dev/null)
[ -n "$list" ] || list=$(find sampler symbolize analyze report cli include tests -name '*.[ch]')

need() {
	command -v "$1" >/dev/null 2>&1 && return
	echo "skip: $1 is not installed"
	exit 77
}

case $1 in
format)
	need clang-format
	# shellcheck disable=SC2086  # a list of names without blanks
	clang-format --dry-run -Werror $list
	;;
tidy)
	need clang-tidy
	[ -f "$3/compile_commands.json" ] || { echo "$3 was not built"; exit 99; }
	echo "$list" | grep -E '^(sampler|symbolize|analyze|report|cli)/.*\.c$' |
		xargs -P "${4:-1}" -n 4 clang-tidy -p "$3" --quiet 2>/dev/null
	;;
*)
	echo "lint.sh: format or tidy, not '$1'"
	exit 99
	;;
esac
