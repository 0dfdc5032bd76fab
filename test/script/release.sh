#!/bin/bash
#
# release.sh FOLDER: tests the archive for PGXN, and a release, in a separate
# repository in that folder; and that script/check-release finds errors.  Called by
# script/test.

set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../../script/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../script/lib.sh"
# shellcheck source=script/packages.sh
. "$ROOT/script/packages.sh"

DIR=${1:?the folder to try it in}
NOW=$(extension_version)
NEXT=$(next_version "$NOW")
export PG_CONFIG=/usr/lib/postgresql/15/bin/pg_config
TESTS=0

# passes WHAT COMMAND...
passes() {
	local what=$1 output
	shift
	output=$("$@" 2>&1) || { printf '%s\n' "$output"; die "$what"; }
	TESTS=$((TESTS + 1))
}

# fails WHAT PATTERN COMMAND...: with a matching message.
fails() {
	local what=$1 pattern=$2 output
	shift 2
	! output=$("$@" 2>&1) || die "$what: no error"
	grep -q -E -- "$pattern" <<<"$output" || { printf '%s\n' "$output"; die "$what"; }
	TESTS=$((TESTS + 1))
}

# finds WHAT PATTERN COMMAND...: script/check-release reports an error, after a
# change of the files by that command, which is undone.
finds() {
	local what=$1 pattern=$2
	shift 2
	"$@"
	fails "script/check-release finds $what" "$pattern" script/check-release
	git checkout -q .
}

release() {
	in_scratch script/release "$@"
}

# Names in the archive that no user needs, or that were built on this machine.
strange_names() {
	unzip -Z1 "$1" | sed "s:^rsfed-$NOW/::" |
		grep -E "^(\.|build/|results/|sql/rsfed--$NOW\.sql|.*\.(o|so|bc|zip|deb|pyc)\$)" || true
}

check_archive() {
	local name archive=rsfed-$NOW.zip
	passes 'make dist' make -s dist
	passes 'the archive is one folder' test "$(unzip -Z1 "$archive" | cut -d/ -f1 | sort -u)" = "rsfed-$NOW"
	passes "the archive has no more than it should: $(strange_names "$archive" | head -n 5)" test -z "$(strange_names "$archive")"
	mkdir "$DIR-archive"
	unzip -q "$archive" -d "$DIR-archive"
	for name in META.json README.md LICENSE CHANGELOG.md Makefile rsfed.control sql/install/schema.sql src/rsfed.c \
		doc/install.md expected/install.out script/test test/t/RsfedTest.pm debian/control; do
		passes "the archive has $name" test -s "$DIR-archive/rsfed-$NOW/$name"
	done
	passes 'and says which version it is' "$DIR-archive/rsfed-$NOW/script/check-release"
}

check_refusals() {
	fails 'no release of a version that comes before' 'does not come after' release 0.0.1
	fails 'no release of the same version' 'does not come after' release "$NOW"
	fails 'a version is three numbers' 'is not a version' release 9.9
	echo >>README.md
	fails 'no release of what is not committed' 'not committed' release "$NEXT"
	git checkout -q README.md
}

check_release() {
	passes 'the release' release "$NEXT"
	passes 'is two commits' test "$(git rev-list --count HEAD)" = 3
	passes 'nothing is left over' test -z "$(git status --porcelain)"
	passes 'the tag has the version' test "$(git show "v$NOW:rsfed.control" | grep -c "^default_version = '$NOW'\$")" = 1
	passes 'and its date' test "$(git show "v$NOW:CHANGELOG.md" | grep -c "^## $NOW ($(date -u +%Y)-..-..)\$")" = 1
	passes 'and is to be uploaded' test "$(git show "v$NOW:debian/changelog" | head -n 1)" = "rsfed ($NOW-1) unstable; urgency=medium"
	passes 'the next version has begun' test "$(sed -n "s/^default_version = '\(.*\)'/\1/p" rsfed.control)" = "$NEXT"
	passes 'the install script is kept' git ls-files --error-unmatch "sql/rsfed--$NOW.sql" "sql/rsfed--$NOW--$NEXT.sql"
	passes 'that of the next version is built' git check-ignore -q "sql/rsfed--$NEXT.sql"
	passes 'make builds it' make -s "sql/rsfed--$NEXT.sql"
	passes 'of the same pieces' cmp "sql/rsfed--$NOW.sql" "sql/rsfed--$NEXT.sql"
	passes 'all of them are installed' test "$(make -n install DESTDIR="$DIR-install" | grep -o -w -E \
		"rsfed--($NOW|$NEXT|$NOW--$NEXT)\.sql" | sort -u | wc -l)" = 3
	make -s clean >"$DIR.log"
	passes 'make clean leaves what is kept' test -s "sql/rsfed--$NOW.sql"
	passes 'not what is built' test ! -e "sql/rsfed--$NEXT.sql"
	passes 'script/check-release' script/check-release
	fails 'not twice' 'does not come after' release "$NEXT"
}

check_check() {
	finds 'a script that changed after its release' "sql/rsfed--$NOW.sql was released, and has changed since" \
		sh -c "echo >>'sql/rsfed--$NOW.sql'"
	finds 'a script that is gone' "sql/rsfed--$NOW.sql is missing" rm "sql/rsfed--$NOW.sql"
	finds 'a version that nothing leads from' "no script leads from version $NOW to $NEXT" rm "sql/rsfed--$NOW--$NEXT.sql"
	finds 'another version in META.json' "META.json says version 7.0.0" sed -i "0,/\"$NEXT\"/s//\"7.0.0\"/" META.json
	finds 'another version in debian/changelog' "debian/changelog says version $NOW" sed -i 1,6d debian/changelog
	finds 'a released version without its date' "CHANGELOG.md has no date of $NOW" sed -i "s/^## $NOW .*/## $NOW/" CHANGELOG.md
	finds 'a license that PGXN does not know' 'there is no license' sed -i 's/"postgresql"/"pg"/' META.json
	finds 'an entry that PGXN needs' 'META.json has no abstract' sed -i '0,/"abstract"/s//"x_abstract"/' META.json
	finds 'a file that is not there' 'there is no sql/install/none.sql' sed -i 's:schema.sql:none.sql:' META.json
	finds 'a version that is not semantic' 'is no range of versions' sed -i 's/"13.0.0"/"13"/' META.json
}

rm -rf "$DIR" "$DIR-archive"
scratch_repository "$DIR"
cd "$DIR"
passes 'script/check-release' script/check-release
check_archive
check_refusals
check_release
check_check
echo "$TESTS passed"
