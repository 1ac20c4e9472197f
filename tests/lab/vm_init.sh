#!/bin/busybox sh
# shellcheck shell=dash
# The first process of the machine that vm.sh makes: mounts, runs the command, switches off.
bb=/bin/busybox
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
$bb mkdir -p /proc /lower /upper /root
$bb mount -t proc proc /proc
# In whatever order they need each other.
for _ in 1 2 3 4 5; do
	for m in /modules/*.ko; do
		$bb insmod "$m" 2>/dev/null
	done
done
for word in $($bb cat /proc/cmdline); do
	case $word in
	top=*) top=${word#top=} ;;
	build=*) build=${word#build=} ;;
	esac
done

share() {
	$bb mkdir -p "$2"
	$bb mount -t 9p -o "trans=virtio,version=9p2000.L,msize=262144,$3" "$1" "$2"
}

share root /lower ro,cache=loose
$bb mount -t tmpfs tmpfs /upper
$bb mkdir /upper/up /upper/work
$bb mount -t overlay overlay -o lowerdir=/lower,upperdir=/upper/up,workdir=/upper/work /root
# Nothing of the real machine's own.
for d in tmp run dev proc sys; do
	$bb mount -t tmpfs tmpfs /root/$d
done
share tree "/root$top" ro,cache=loose
share build "/root$build" ro,cache=loose
share keep /root/keep rw
$bb mount -t devtmpfs dev /root/dev
$bb mount -t proc proc /root/proc
$bb mount -t sysfs sysfs /root/sys
$bb mount -t tracefs tracefs /root/sys/kernel/tracing
$bb mount -t bpf bpf /root/sys/fs/bpf
$bb chroot /root ip link set lo up
$bb cp /command /root/run/command
# The last CPU is left to what is starved there.
$bb chroot /root taskset -c 0 sh /run/command
echo $? >/root/keep/vm.status
$bb sync
$bb poweroff -f
