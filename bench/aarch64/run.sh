#!/usr/bin/env bash
# Runs vl4j on an emulated aarch64 processor, which is slow: a ranking takes seconds to a minute.
#
#   bench/aarch64/run.sh demo                          a command of vl4j; ./vl4j has to have built the application
#   bench/aarch64/run.sh mvn -pl loader,kernels test   Maven: it runs natively, the tests that it starts do not
#
# CPU (max) is a processor of qemu-aarch64: max has SVE of 512 bits, neoverse-n1 only the 128 bits of NEON.
#
# The emulator and arm64's packages are Debian trixie's. apt-get and dpkg fetch and unpack them into WORK
# (bench/target/aarch64) without root, and install nothing. This takes an amd64 machine with them and with Debian's keys.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd -P)
work=${WORK:-$root/bench/target/aarch64}
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
keys=/usr/share/keyrings/debian-archive-keyring.gpg
sysroot=$work/sysroot
qemu=$work/qemu/usr/bin/qemu-aarch64
jre=$sysroot/usr/lib/jvm/java-25-openjdk-arm64
packages=(openjdk-25-jre-headless libc6 libgcc-s1 libstdc++6 zlib1g libjpeg62-turbo liblcms2-2
  libfreetype6 libpng16-16t64 libbrotli1 libbz2-1.0 libharfbuzz0b libglib2.0-0t64 libgraphite2-3 libpcre2-8-0
  libfontconfig1 libexpat1 libuuid1)

# apt-get for one architecture, with a state of its own.
apt() {
  local state=$work/apt-$1
  mkdir -p "$state/lists/partial" "$state/cache/archives/partial" "$state/etc/apt.conf.d" "$state/etc/preferences.d"
  touch "$state/status"
  echo "deb [signed-by=$keys] $mirror trixie main" >"$state/etc/sources.list"
  apt-get -qq -o APT::Architecture="$1" -o APT::Architectures="$1" -o APT::Sandbox::User="$(id -un)" \
    -o Dir::State="$state" -o Dir::State::status="$state/status" -o Dir::Cache="$state/cache" \
    -o Dir::Etc="$state/etc" -o Dir::Etc::sourcelist="$state/etc/sources.list" -o Dir::Etc::sourceparts=- "${@:2}"
}

# Unpacks packages of an architecture into a directory.
unpack() {
  local architecture=$1 into=$2 package
  mkdir -p "$work/packages-$architecture" "$into"
  apt "$architecture" update
  (cd "$work/packages-$architecture" && apt "$architecture" download "${@:3}")
  for package in "$work/packages-$architecture"/*.deb; do
    dpkg -x "$package" "$into"
  done
}

# Links of packages are absolute, and would lead out of the sysroot.
mend_links() {
  local link target
  find "$sysroot" -type l | while IFS= read -r link; do
    target=$(readlink "$link")
    case "$target" in
      "$sysroot"/*) ;;
      /*) ln -sfn "$sysroot$target" "$link" ;;
    esac
  done
}

# Puts the emulator before a program, so that it can be started like any other: by Maven, and by tests.
wrap() {
  mv "$1" "$1.aarch64"
  # shellcheck disable=SC2016
  printf '#!/bin/sh\nexec "%s" -cpu "${CPU:-max}" -L "%s" "%s" "$@"\n' "$qemu" "$sysroot" "$1.aarch64" >"$1"
  chmod +x "$1"
}

prepare() {
  rm -rf "$work"
  unpack amd64 "$work/qemu" qemu-user
  mkdir -p "$sysroot/usr/lib"
  ln -s usr/lib "$sysroot/lib"
  unpack arm64 "$sysroot" "${packages[@]}"
  mend_links
  wrap "$jre/bin/java"
  wrap "$jre/lib/jspawnhelper"
  touch "$work/.ready"
}

[ -f "$work/.ready" ] || prepare
if [ "${1:-}" = mvn ]; then
  cd "$root"
  # The emulated JVM ends slowly, too.
  exec mvn -B -ntp -Djvm="$jre/bin/java" -Dsurefire.forkedProcessExitTimeoutInSeconds=600 \
    -Dsurefire.failIfNoSpecifiedTests=false "${@:2}"
fi
if [ ! -f "$root/server/target/app/.built" ]; then
  echo "bench/aarch64/run.sh: the application is not built; ./vl4j --version builds it" >&2
  exit 2
fi
# Without the sources beside it, the launcher only runs.
mkdir -p "$work/app/server/target"
ln -sfn "$root/server/target/app" "$work/app/server/target/app"
cp "$root/vl4j" "$work/app/vl4j"
JAVA_HOME=$jre exec "$work/app/vl4j" "$@"
