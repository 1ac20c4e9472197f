#!/bin/sh
# Installs what building, testing and the demo need, by package name, and says so before.
# Only Debian and its relatives are installed for; elsewhere it says what to install.
set -eu

build="gcc cmake make pkg-config libpfm4-dev libdw-dev libelf-dev libunwind-dev libjansson-dev
libzstd-dev libpcre2-dev libcsv-dev libxxhash-dev uthash-dev libiberty-dev"
test="g++ libcmocka-dev clang llvm libbpf-dev bpftool linux-perf iproute2 iputils-ping hping3 python3
python3-jsonschema libclang-rt-dev clang-format clang-tidy mandoc zstd procps util-linux"
demo="libdevel-nytprof-perl"

have() {
	dpkg-query -W -f '${Status}\n' "$1" 2>/dev/null | grep -q '^install ok installed'
}

if ! command -v apt-get >/dev/null 2>&1; then
	missing=""
	for tool in gcc cmake pkg-config clang bpftool ip ping; do
		command -v "$tool" >/dev/null 2>&1 || missing="$missing $tool"
	done
	for lib in libdw libelf libunwind-generic jansson libzstd libpcre2-8 cmocka libbpf; do
		pkg-config --exists "$lib" 2>/dev/null || missing="$missing $lib"
	done
	# Those that no .pc file tells of.
	for header in perfmon/pfmlib.h csv.h xxhash.h uthash.h libiberty/demangle.h; do
		echo "#include <$header>" | gcc -include stddef.h -E - >/dev/null 2>&1 ||
			missing="$missing $header"
	done
	[ -z "$missing" ] && exit 0
	cat >&2 <<EOT
deps: this is not Debian or a relative of it: please install by your own package manager
      (Fedora: gcc cmake pkgconf libpfm-devel elfutils-devel libunwind-devel jansson-devel
      libzstd-devel pcre2-devel libcsv-devel xxhash-devel uthash-devel binutils-devel libcmocka-devel clang llvm
      libbpf-devel bpftool perf iproute iputils hping3 python3-jsonschema)
      missing here:$missing
EOT
	exit 1
fi

missing=""
for package in $build $test $demo; do
	have "$package" || missing="$missing $package"
done
[ -z "$missing" ] && exit 0

echo "deps: installing with apt-get:$missing"
if [ "$(id -u)" != 0 ]; then
	echo "deps: that needs root: sudo apt-get install --no-install-recommends$missing" >&2
	exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086  # a list of names
apt-get install -y -qq --no-install-recommends $missing >/dev/null
