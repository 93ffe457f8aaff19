# shellcheck shell=bash disable=SC2034 # used by those who source it
# SPDX-License-Identifier: GPL-2.0-only
# Settings that the scripts of this folder share; sourced by them. Everything big lies in the cache, never here.
VMRIG=${VMRIG:-${XDG_CACHE_HOME:-$HOME/.cache}/criu-test-vm}
VM_HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
VM_ROOT=$VMRIG/root.img # the disk that every machine boots from; make-root makes it
VM_RELEASE=$(. /etc/os-release && echo "${VERSION_CODENAME-}")
mkdir -p "$VMRIG"/{debs,kernels,run,cache}

die() {
	echo "${0##*/}: $*" >&2
	exit 2
}

# The directory of the newest unpacked kernel whose release starts with $1.
resolve_kernel() {
	local found
	found=$(find "$VMRIG/kernels" -mindepth 1 -maxdepth 1 -type d \( -name "$1" -o -name "$1[.-]*" \) |
		sort -V | tail -n 1)
	[ -n "$found" ] && [ -e "$found/initrd" ] && echo "$found"
}

# Where the system's own sources get Debian from: address and key of each archive.
apt_archives() {
	sed -nE 's/^URIs: *([^ ]+).*/\1/p' /etc/apt/sources.list.d/*.sources 2>/dev/null
	sed -nE 's/^deb +(\[[^]]*\] +)?([^ ]+) .*/\2/p' /etc/apt/sources.list 2>/dev/null
}

apt_sources() {
	local archive suites
	apt_archives | sed 's#/*$##' | sort -u | while read -r archive; do
		case $archive in
		*/debian-security) suites="bookworm-security trixie-security" ;;
		*/debian) suites="bullseye bookworm trixie trixie-backports" ;;
		*) continue ;;
		esac
		printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\n' "$archive" "$suites"
		printf 'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n\n'
	done
}

# An apt tree of our own (lists, cache, sources), with the options to use it in APT_OPTIONS: the system's is only read.
apt_tree() {
	local tree=$VMRIG/apt
	mkdir -p "$tree"/{lists/partial,cache/archives/partial,sources.d,empty.d}
	[ -s "$tree/sources.d/vm.sources" ] || apt_sources >"$tree/sources.d/vm.sources"
	[ -s "$tree/sources.d/vm.sources" ] || die "the system's apt sources name no Debian archive"
	APT_OPTIONS=(-q -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$tree/sources.d"
		-o "Dir::State::lists=$tree/lists" -o "Dir::Cache=$tree/cache"
		-o "Dir::Etc::preferencesparts=$tree/empty.d" -o APT::Sandbox::User=root)
	[ -z "$(find "$tree/updated" -newer "$tree/sources.d/vm.sources" -mtime -1 2>/dev/null)" ] || return 0
	apt-get "${APT_OPTIONS[@]}" update >"$tree/update.log" 2>&1 || die "apt-get update failed, see $tree/update.log"
	touch "$tree/updated"
}
