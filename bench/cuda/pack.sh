#!/usr/bin/env bash
# Packs all that bench/cuda/run.sh needs into one archive for a machine with a GPU: bench/cuda/pack.sh OUT.tar.xz
# Needs a JDK, for jlink, and Maven. The archive is for Linux on the processor of this machine. Jars and the Java runtime are
# stored in it without compression of their own, since xz makes all of it smaller together.
set -eu

[ $# -eq 1 ] || { echo "usage: bench/cuda/pack.sh OUT.tar.xz" >&2; exit 2; }
root=$(cd "$(dirname "$0")/../.." && pwd -P)
archive=$(cd "$(dirname "$1")" && pwd -P)/$(basename "$1")
most_bytes=$((60 * 1024 * 1024))
case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) tokenizers=linux-x86_64 jna=linux-x86-64 ;;
  Linux-aarch64) tokenizers=linux-aarch64 jna=linux-aarch64 ;;
  *) echo "pack.sh: expected Linux on x86-64 or aarch64, found $(uname -s) on $(uname -m)" >&2; exit 2 ;;
esac

"$root/bench/run" --build
jdk=$("$root/vl4j" --print-java-home)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
kit="$work/vl4j-cuda-proof"
mkdir -p "$kit/bench/target/lib" "$kit/bench/cuda" "$kit/engine/src/test/resources"

# The same folders as in a working tree, so that the script finds them.
cp -r "$root/bench/target/classes" "$kit/bench/target/classes"
cp -r "$root/bench/reference" "$kit/bench/reference"
rm -rf "$kit/bench/reference/odd_images" "$kit/bench/reference/__pycache__"
cp -r "$root/engine/src/test/resources/fixtures" "$kit/engine/src/test/resources/fixtures"
# What decoders' tests alone look at.
rm -rf "$kit/engine/src/test/resources/fixtures"/{odd-images,decode,resize}
cp "$root/bench/cuda/run.sh" "$kit/bench/cuda/run.sh"
cp "$root/docs/cuda.md" "$root/LICENSE" "$kit/"

# Repacks a jar: its file, a pattern of native libraries, a pattern of those that stay; all files stay without patterns.
repack() {
  local jar=$1 native=${2:-} kept=${3:-} folder="$work/jar"
  rm -rf "$folder"
  mkdir "$folder"
  (
    cd "$folder"
    "$jdk/bin/jar" --extract --file "$jar"
    if [ -n "$native" ]; then
      find . -type f | grep -E "$kept" >/dev/null || { echo "pack.sh: $jar: nothing matches $kept" >&2; exit 1; }
      find . -type f | grep -E "$native" | grep -vE "$kept" | tr '\n' '\0' | xargs -0 rm
    fi
    manifest=()
    [ -f META-INF/MANIFEST.MF ] && manifest=(--manifest META-INF/MANIFEST.MF)
    "$jdk/bin/jar" --create --no-compress --file "$kit/bench/target/lib/$(basename "$jar")" "${manifest[@]}" .
  )
}

for jar in "$root"/bench/target/lib/*.jar; do
  case "$(basename "$jar")" in
    # Competitors, what measures small pieces of code, and what AssertJ needs for proxies, which no test here makes.
    javacpp-* | dnnl-* | openblas-* | opencl-* | jmh-* | commons-math3-* | jopt-simple-* | byte-buddy-*) ;;
    tokenizers-*) repack "$jar" '^\./native/lib/' "native/lib/(tokenizers\.properties|$tokenizers/cpu/)" ;;
    jna-*) repack "$jar" '^\./com/sun/jna/[^/]+/.*(jnidispatch|\.a$)' "com/sun/jna/$jna/" ;;
    webp-imageio-*) repack "$jar" '^\./native/' "native/Linux/$(uname -m)/" ;;
    *) repack "$jar" ;;
  esac
done

# What vl4j and the jars use: ImageIO (java.desktop), loggers, memory and processor times (management), Vector API, Unsafe.
modules=java.desktop,java.logging,java.management,java.naming,java.sql,java.xml
modules+=,jdk.incubator.vector,jdk.management,jdk.unsupported
"$jdk/bin/jlink" --compress zip-0 --strip-debug --no-header-files --no-man-pages --add-modules "$modules" \
  --output "$kit/runtime"

cat >"$kit/README.md" <<'TEXT'
# Proof of vl4j on a GPU

Linux with an NVIDIA GPU (compute capability 8.0 or later), its driver, cuBLASLt and NVRTC. A Java runtime is in `runtime`.
A `python3` with PyTorch, transformers and Pillow on the PATH is compared with; without it, those rows stay empty.

    bench/cuda/run.sh                                    # all of it: 30 GB of disk, an hour
    bench/cuda/run.sh --only doctor,kernels,models       # minutes, needs no weights
    bench/cuda/run.sh --only accuracy --shapes 2b        # 2B alone; 8B takes 18 GB of disk and 60 GB of the GPU
    bench/cuda/run.sh --only invariance,load --minutes 2
    bench/cuda/run.sh --only speed
    bench/cuda/run.sh --help

Where a command may run only for some minutes, call it once for each step, with the same `--out DIR`: the table keeps the
rows of earlier calls. It is printed at the end of each, and stands in `DIR/table.md`; logs are in `DIR/logs`. The exit code
is 1 if something is wrong, not if something is slow. `cuda.md` explains the rows.
TEXT

XZ_OPT="-7 -T0" tar -C "$work" --owner=0 --group=0 -cJf "$archive" "$(basename "$kit")"
bytes=$(stat -c %s "$archive")
echo "$archive: $bytes bytes"
[ "$bytes" -le "$most_bytes" ] || { echo "pack.sh: expected at most $most_bytes bytes" >&2; exit 1; }
