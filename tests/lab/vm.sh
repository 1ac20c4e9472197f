#!/bin/sh
# Runs the lab on another kernel, in a machine that QEMU emulates and whose clock counts instructions
# (-icount): what the real machine does meanwhile takes none of its time.
#	vm.sh KERNEL.deb BUILD_DIR [COMMAND…]
# KERNEL.deb is a package of Debian's (apt-get download linux-image-6.1.0-50-amd64). The emulated machine
# sees the files of this one, read-only: what it writes is gone with it, but for /keep. COMMAND runs in
# the source tree; without one, score runs the ways that only such kernels have.
#	VM_QEMU, VM_BUSYBOX	other programs than qemu-system-x86_64 (8.1 or later) and busybox (static)
#	VM_KEEP=DIR		the machine's /keep: where COMMAND may leave files
#	VM_OPTIONS, VM_APPEND	more options of QEMU, more parameters of the kernel
# Exit status: the command's; 77 where something is missing, and what.
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
qemu=${VM_QEMU:-qemu-system-x86_64}

skip() {
	echo "skip: $*" >&2
	exit 77
}

[ $# -ge 2 ] || skip "say which kernel: vm.sh KERNEL.deb BUILD_DIR [COMMAND…] (make lab-vm KERNEL=…)"
deb=$1
build=$(cd "$2" && pwd) || exit 2
shift 2
[ -f "$deb" ] || skip "no kernel package $deb (apt-get download linux-image-…-amd64)"
for tool in "$qemu" dpkg-deb cpio gzip; do
	command -v "$tool" >/dev/null || skip "needs $tool"
done
# Before 8.1 a CPU that is busy leaves the others nothing of a round.
version=$("$qemu" --version | sed -n 's/.*version \([0-9]*\.[0-9]*\).*/\1/p')
minor=${version#*.}
if [ "${version%.*}" -lt 8 ] || { [ "${version%.*}" = 8 ] && [ "$minor" -lt 1 ]; }; then
	skip "needs QEMU 8.1 or later, not $version"
fi
busybox=${VM_BUSYBOX:-$(command -v busybox)}
if [ -z "$busybox" ] || ldd "$busybox" >/dev/null 2>&1; then
	skip "needs busybox-static"
fi

tmp=$(mktemp -d) || exit 1
pid=""
# shellcheck disable=SC2317  # by the trap
cleanup() {
	[ -n "$pid" ] && kill "$pid" 2>/dev/null
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 143' INT TERM

# The kernel, and of its modules what the files and the lab's networks need.
mkdir -p "$tmp/deb" "$tmp/init/modules" "$tmp/init/bin" "$tmp/keep"
dpkg-deb -x "$deb" "$tmp/deb" || exit 1
for m in virtio virtio_ring virtio_pci virtio_pci_legacy_dev virtio_pci_modern_dev netfs fscache 9pnet \
	9pnet_virtio 9p overlay veth sch_tbf sch_ingress cls_bpf; do
	find "$tmp/deb" -name "$m.ko" -exec cp {} "$tmp/init/modules/" \;
done
cp "$busybox" "$tmp/init/bin/busybox"
cp "$here/vm_init.sh" "$tmp/init/init"
[ $# -gt 0 ] || set -- tests/lab/score --bin "$build" --check --count 60 ksoftirqd-flood ksoftirqd-flood-syscall
{
	printf 'cd "%s" &&' "$top"
	for word in "$@"; do
		printf " '%s'" "$(printf %s "$word" | sed "s/'/'\\\\''/g")"
	done
} >"$tmp/init/command"
(cd "$tmp/init" && find . | cpio -o -H newc --quiet | gzip -1) >"$tmp/initrd"
keep=${VM_KEEP:-$tmp/keep}
mkdir -p "$keep"
rm -f "$keep/vm.status"

# One thread runs both CPUs in turn, an instruction takes 2 ns.
share="security_model=none,multidevs=remap"
# shellcheck disable=SC2086  # options are words
"$qemu" ${VM_OPTIONS:-} -accel tcg,thread=single -icount shift=1 -cpu max,la57=off -smp 2 -m 2G \
	-nodefaults -no-reboot -display none -serial stdio \
	-kernel "$tmp"/deb/boot/vmlinuz-* -initrd "$tmp/initrd" \
	-virtfs "local,path=/,mount_tag=root,readonly=on,$share" \
	-virtfs "local,path=$top,mount_tag=tree,readonly=on,$share" \
	-virtfs "local,path=$build,mount_tag=build,readonly=on,$share" \
	-virtfs "local,path=$keep,mount_tag=keep,$share" \
	-append "console=ttyS0 quiet panic=-1 tsc=reliable clocksource=tsc mitigations=off top=$top build=$build ${VM_APPEND:-}" \
	</dev/null &
pid=$!
wait "$pid"
pid=""
status=$(cat "$keep/vm.status" 2>/dev/null) || status=1
exit "$status"
