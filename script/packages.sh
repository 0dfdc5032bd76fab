# shellcheck shell=bash
# The suite packages of script/test: sourced after lib.sh and debian.sh.

# The tools to build and check packages, in addition to PostgreSQL itself.
PACKAGING=(build-essential ccache debhelper lintian postgresql-server-dev-all libpq-dev pgxnclient unzip)

# next_version VERSION: the version after it.
next_version() {
	awk -F. '{ print $1 "." $2 + 1 ".0" }' <<<"$1"
}

# scratch_repository FOLDER: a separate repository with the current sources
# committed, in which a release can be tested.
scratch_repository() {
	local dir=$1
	rm -rf "$dir"
	copy_sources "$dir"
	rm -f "$dir/.copied"
	(cd "$dir" && in_scratch git init -q && in_scratch git add -A && in_scratch git commit -q -m 'As it is')
}

# Runs a command, which may commit, without the caller's configuration of git.
in_scratch() {
	env GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null GIT_AUTHOR_NAME=test GIT_AUTHOR_EMAIL=test@localhost \
		GIT_COMMITTER_NAME=test GIT_COMMITTER_EMAIL=test@localhost "$@"
}

# run_packages POSTGRESQL COUNTS: builds the packages of these sources and of the
# next version made by script/release, in a folder with the Debian that contains
# this PostgreSQL, installs and removes them there; adds a line to COUNTS.
run_packages() {
	local version=$1 counts=$2 scratch=$WORK/packages-$1 log=$WORK/packages-$1.log
	local number dir passed failed
	read -r number _ <<<"$(debian_release "$version")"
	dir=$(work_dir "packages$number")
	make_debian "$version" "$dir" "${PACKAGING[@]}"
	mkdir -p "$scratch"
	scratch_repository "$scratch/now"
	in_scratch make -s -C "$scratch/now" dist
	rm -rf "$scratch/next"
	cp -a "$scratch/now" "$scratch/next"
	in_scratch "$scratch/next/script/release" "$(next_version "$(extension_version)")" >"$log"
	as_root rm -rf "$dir/packages"
	as_root mkdir "$dir/packages"
	tar -C "$scratch" -c --exclude=.git now next | as_root tar -C "$dir/packages" -x --no-same-owner
	say "packages of PostgreSQL $version on Debian $number"
	in_debian "$dir" bash /packages/now/test/packages/packages.sh "$version" >>"$log" 2>&1 || true
	grep -A 40 '^not ok' "$log" || true
	passed=$(grep -c '^ok ' "$log" || true)
	failed=$(grep -c '^not ok ' "$log" || true)
	grep -q '^end of the tests$' "$log" || failed=$((failed + 1))
	[ "$failed" -eq 0 ] || tail -n 20 "$log"
	add_count "$counts" "$version" packages "$passed" "$failed"
}
