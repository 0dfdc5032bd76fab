# shellcheck shell=bash
# PostgreSQL 13, 17 and 18 in folders with the Debian that contains them, and Debian
# 12 and 13 for packages, for script/test.  Sourced after lib.sh.
#
# No mounts and no containers: the tests need only processes, sockets and files, and
# a plain folder works where mounting is not allowed.  It is made once (about a
# minute and a half, 2 GB) and kept.

# debian_release POSTGRESQL: the release's number and name.  Debian 14 is not
# released yet, so its contents change.  No release has PostgreSQL 14 or 16.
debian_release() {
	case $1 in
		13) echo 11 bullseye ;;
		15) echo 12 bookworm ;;
		17) echo 13 trixie ;;
		18) echo 14 forky ;;
	esac
}

# debian_dir POSTGRESQL: the folder, whether it exists or not.
debian_dir() {
	local number name
	read -r number name <<<"$(debian_release "$1")"
	work_dir "debian$number"
}

# Runs a command as root inside the folder $1.
in_debian() {
	local dir=$1
	shift
	as_root_leashed chroot "$dir" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
		DEBIAN_FRONTEND=noninteractive "$@"
}

# The mirror from which this machine's own apt gets Debian, or with "-security" its
# security updates.
debian_mirror() {
	# shellcheck disable=SC2016 # apt replaces $(SITE)
	apt-get indextargets --no-release-info --format '$(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
		awk -v suite="^(bookworm|stable|oldstable)${1:-}\$" '$2 ~ suite && $3 == "main" { print $1; exit }'
}

# make_debian POSTGRESQL FOLDER [PACKAGE...]: makes the folder unless it exists,
# with PostgreSQL and these packages, or those that the tests need.
make_debian() {
	local version=$1 dir=$2 log=$2.log mirror number name packages
	[ ! -f "$dir/.complete-3" ] || return 0
	shift 2
	read -r number name <<<"$(debian_release "$version")"
	packages=("postgresql-$version")
	if [ $# -gt 0 ]; then
		packages+=("$@")
	else
		packages+=(make gcc libc6-dev libpq-dev "postgresql-server-dev-$version" libipc-run-perl perl openssl python3
			"postgresql-$version-cron")
	fi
	need_packages debootstrap debian-archive-keyring
	mirror=$(debian_mirror)
	[ -n "$mirror" ] || die "apt's configuration names no Debian mirror to take Debian $number from"
	say "making a Debian $number with PostgreSQL $version in $dir (once; 2 GB)"
	as_root rm -rf --one-file-system "$dir"
	mkdir -p "$(dirname "$dir")"
	# this machine's debootstrap may not have the name yet: the script of sid is
	# used since 10
	if ! {
		as_root_leashed debootstrap --variant=minbase "$name" "$dir" "$mirror" /usr/share/debootstrap/scripts/sid &&
			debian_habits "$dir" &&
			debian_security "$name" "$dir" &&
			in_debian "$dir" apt-get -q update &&
			in_debian "$dir" apt-get -q -y --no-install-recommends install "${packages[@]}" &&
			in_debian "$dir" apt-get -q clean &&
			as_root touch "$dir/.complete-3"
	} >"$log" 2>&1; then
		tail -n 20 "$log" >&2
		die "Debian $number could not be made, all messages are in $log"
	fi
}

# Security updates of Debian 12 and 13 come from the source of this machine's:
# PostgreSQL 15 and 17 must be of the same date, because pg_upgrade does not upgrade
# a newer minor release to an older one.  Debian 14 has none yet, and those of 11
# are no longer complete.
debian_security() {
	local name=$1 dir=$2 mirror
	[[ $name =~ ^(bookworm|trixie)$ ]] || return 0
	mirror=$(debian_mirror -security)
	[ -z "$mirror" ] || echo "deb $mirror $name-security main" |
		as_root tee "$dir/etc/apt/sources.list.d/security.list" >/dev/null
}

# Puts this machine's PostgreSQL 15 into the folder $1 beside PostgreSQL 17, for
# pg_upgrade, which needs both; with the libraries that Debian 13 has only in newer
# versions.
add_postgresql15() {
	local dir=$1 part library
	as_root mkdir -p "$dir/usr/lib/postgresql" "$dir/usr/share/postgresql" "$dir/usr/include/postgresql"
	for part in lib share include; do
		as_root rm -rf "$dir/usr/$part/postgresql/15"
		# rsfed's own files may change meanwhile, for which tar returns 1
		{ as_root tar -C "/usr/$part/postgresql" -c --exclude='rsfed*' 15 || [ $? -eq 1 ]; } |
			as_root tar -C "$dir/usr/$part/postgresql" -x
	done
	# its LLVM is missing; without the library it does not use JIT
	as_root rm -f "$dir/usr/lib/postgresql/15/lib/llvmjit.so"
	ldd /usr/lib/postgresql/15/bin/* /usr/lib/postgresql/15/lib/{dblink,postgres_fdw,libpqwalreceiver}.so |
		awk '$3 ~ /^\// { print $3 }' | sort -u |
		while read -r library; do
			[ -e "$dir/usr/lib/x86_64-linux-gnu/${library##*/}" ] ||
				as_root cp -L "$library" "$dir/usr/local/lib/"
		done
	in_debian "$dir" ldconfig
}

# Differences from a separate machine: nothing is started on installation, apt
# connects in the same way as this machine's apt, there is shared memory, and
# programs do not need /proc to make folders.
debian_habits() {
	local dir=$1
	printf '#!/bin/sh\nexit 101\n' | as_root tee "$dir/usr/sbin/policy-rc.d" >/dev/null
	as_root chmod 755 "$dir/usr/sbin/policy-rc.d"
	as_root mkdir -p "$dir/etc/postgresql-common" "$dir/dev/shm"
	echo 'create_main_cluster = false' | as_root tee "$dir/etc/postgresql-common/createcluster.conf" >/dev/null
	as_root chmod 1777 "$dir/dev/shm"
	in_debian "$dir" dpkg-divert --quiet --local --rename --add /usr/bin/systemd-tmpfiles
	as_root ln -sf /bin/true "$dir/usr/bin/systemd-tmpfiles"
	apt-config dump | grep -E '^Acquire::(Check-Valid-Until|(http|https|ftp)::.*(Proxy|CaInfo))' |
		as_root tee "$dir/etc/apt/apt.conf.d/90host" >/dev/null || true
}

# older_answers SOURCES: changes the expected files of the suite warehouse in a copy
# of the sources to the output of PostgreSQL 13.  Its indexes have no NULLS NOT
# DISTINCT; for other differences there is a diff for each file in test/expected13.
# If one no longer applies, the file stays as it is; the test then fails, and the
# diff must be made again from the file there and the result:
# diff -U2 expected/NAME.out out/warehouse/results/NAME.out
older_answers() {
	local sources=$1 change name
	as_root sed -i 's/ NULLS NOT DISTINCT//' "$sources"/expected/*.out
	for change in "$ROOT"/test/expected13/*.diff; do
		name=$(basename "$change" .diff).out
		as_root patch -s -N -r - --no-backup-if-mismatch "$sources/expected/$name" "$change" ||
			echo "test/expected13: $name has changed, and its change for 13 no longer fits"
	done
}
