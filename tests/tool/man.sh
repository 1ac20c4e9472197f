#!/bin/sh
# The man page and --help name the same options, and mandoc finds nothing wrong with the page.
#	man.sh SIRQPROF MAN_PAGE
set -u
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
for command in "" record report dump; do
	# shellcheck disable=SC2086  # no word at all for the main command
	"$1" $command --help || exit 1
done | grep -o -e '--[a-z][a-z-]*' | grep -v -x -e --help -e --usage -e --version | sort -u >"$work/help"
sed 's/\\-/-/g' "$2" | grep -E '^\.(BR?|TP)' | grep -o -e '--[a-z][a-z-]*' | sort -u >"$work/man"
diff -u "$work/help" "$work/man" || exit 1
if command -v mandoc >/dev/null 2>&1; then
	mandoc -T lint -W warning "$2"
fi
