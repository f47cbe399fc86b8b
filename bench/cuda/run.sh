#!/usr/bin/env bash
# Proves the CUDA backend on the card at hand, and measures it beside PyTorch: bench/cuda/run.sh --help.
# bench/ascend/run.sh calls it for the Ascend backend.
#
# Needs a Java runtime 25, the jars (in a working tree they are built, in the archive of pack.sh they are there) and a GPU.
# Python with PyTorch and transformers is used if it is there; without it, what is compared with PyTorch is not measured.
set -u

usage() {
  cat <<'TEXT'
usage: bench/cuda/run.sh [options]

  --only STEPS     of doctor, kernels, models, accuracy, invariance, load, speed; separated by commas. Default: all
  --backend NAME   cuda (the default), cuda:1 for the second GPU, ascend, or cpu to rehearse the script
  --small          small models and few requests: a rehearsal of minutes, without bars of speed
  --minutes N      of mixed load; 10, or a quarter with --small
  --python PYTHON  with PyTorch and transformers; python3 by default, "none" for none
  --out DIR        for the table, the logs and the checkpoints of random weights; bench/cuda/out by default. Steps that ran
                   into the same folder before keep their rows, so the steps may be spread over several calls
  --shapes 2b,8b   of the random weights that accuracy is measured with
  --threads N      of each side, on the processor; all by default

Steps run one after another, each with a time limit; one that fails is told and does not keep the next from running.
The exit code is 1 if a step of correctness (doctor, kernels, models, accuracy, invariance, load) failed.
TEXT
}

here=$(cd "$(dirname "$0")" && pwd -P)
root=$(cd "$here/../.." && pwd -P)
all_steps=doctor,kernels,models,accuracy,invariance,load,speed
only=$all_steps backend=cuda small=false minutes= python=python3 out="$here/out" shapes= threads=$(nproc)

while [ $# -gt 0 ]; do
  case "$1" in
    --small) small=true; shift; continue ;;
    --help | -h) usage; exit 0 ;;
    --only | --backend | --minutes | --python | --out | --shapes | --threads) ;;
    *) echo "run.sh: $1: no such option" >&2; usage >&2; exit 2 ;;
  esac
  [ $# -ge 2 ] || { echo "run.sh: $1: expected a value" >&2; exit 2; }
  case "$1" in
    --only) only=$2 ;;
    --backend) backend=$2 ;;
    --minutes) minutes=$2 ;;
    --python) python=$2 ;;
    --out) out=$2 ;;
    --shapes) shapes=$2 ;;
    --threads) threads=$2 ;;
  esac
  shift 2
done
for step in ${only//,/ }; do
  case ",$all_steps," in
    *",$step,"*) ;;
    *) echo "run.sh: --only: expected some of $all_steps, found \"$step\"" >&2; exit 2 ;;
  esac
done
name=${backend%%:*}
[ "$name" = cuda ] && device=cuda || device=cpu
case "$backend" in
  *:*[!0-9]* | *:) echo "run.sh: --backend: expected NAME or NAME:DEVICE, found \"$backend\"" >&2; exit 2 ;;
  # PyTorch is to have the same GPU.
  cuda:*) export CUDA_VISIBLE_DEVICES=${backend#cuda:}; backend=cuda ;;
esac
if $small; then
  : "${minutes:=0.25}" "${shapes:=small}"
  speed_model=small
else
  : "${minutes:=10}" "${shapes:=2b,8b}"
  speed_model=2b
fi
bars=()
[ "$name" = cuda ] && ! $small && bars=(--bars)
load_seconds=$(awk -v minutes="$minutes" 'BEGIN { printf "%d", minutes * 60 + 0.5 }')

# --- What runs it -----------------------------------------------------------------------------------------------------

if [ -f "$root/pom.xml" ]; then
  # A working tree: built as bench/run does it.
  java_home=$("$root/vl4j" --print-java-home) || exit 2
  "$root/bench/run" --build || exit 2
else
  # The archive of pack.sh, which brings a Java runtime along.
  java_home=${JAVA_HOME:-$root/runtime}
fi
java="$java_home/bin/java"
[ -x "$java" ] || { echo "run.sh: no Java runtime at $java_home: set JAVA_HOME" >&2; exit 2; }
export RUST_FLAVOR=cpu
# VL4J_JAVA_OPTS is left unquoted: it may hold several options.
# shellcheck disable=SC2206
run_java=("$java" --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow
  -Djava.awt.headless=true -Dslf4j.internal.verbosity=ERROR ${VL4J_JAVA_OPTS:-}
  -cp "$root/bench/target/classes:$root/bench/target/lib/*")
proof=dev.vl4j.bench.proof

mkdir -p "$out/rows" "$out/logs" "$out/tmp" || exit 2
out=$(cd "$out" && pwd -P)
# Requests and pictures; they are no use afterwards.
run_java+=("-Djava.io.tmpdir=$out/tmp")
trap 'rm -rf "$out/tmp"' EXIT

if [ "$python" != none ] && ! "$python" -c 'import torch, transformers, PIL' 2>"$out/logs/python.log"; then
  echo "run.sh: $python has no PyTorch, transformers or Pillow ($out/logs/python.log): nothing is compared with them"
  python=none
fi
peer=()
[ "$python" = none ] || peer=(--python "$python")

# --- Steps ------------------------------------------------------------------------------------------------------------

failed=() wrong=false

wrong_rows() {
  [ ! -f "$rows" ] || grep -c '| WRONG |$' "$rows"
}

# Runs a part of a step: name, time limit in seconds, command. Its output goes to a log, too.
part() {
  local part=$1 limit=$2 start=$SECONDS code told
  shift 2
  told=$(wrong_rows)
  echo "== $part (at most $limit s)"
  timeout --foreground --kill-after=20 "$limit" "$@" 2>&1 | tee "$out/logs/$part.log"
  code=${PIPESTATUS[0]}
  echo "== $part: code $code after $((SECONDS - start)) s"
  [ "$code" = 0 ] && return 0
  local why="code $code"
  [ "$code" = 124 ] || [ "$code" = 137 ] && why="stopped after $limit s"
  failed+=("$part ($why)")
  # What it had found out stays in the table; if it has not told what is wrong, this does.
  [ "$(wrong_rows)" != "$told" ] || printf '| %s | ends well | %s | | | %s |\n' "$part" "$why" "$verdict" >>"$rows"
  [ "$verdict" = WRONG ] && wrong=true
  return 1
}

# A checkpoint of random weights, written once.
checkpoint() {
  model="$out/model-$1"
  [ -f "$model/.whole" ] && return 0
  part "checkpoint-$1" 900 "${run_java[@]}" dev.vl4j.bench.RandomCheckpoint --shape "$1" --out "$model" &&
    touch "$model/.whole"
}

# Whether the backend multiplies in fp8, as doctor says.
has_fp8() {
  "${run_java[@]}" dev.vl4j.server.cli.Main doctor 2>/dev/null | grep -qE "^ +$name: --dtype .*fp8"
}

drive() { # class, then its options: those that all drivers have come first
  local class=$1
  shift
  driver=("${run_java[@]}" "$class" --backend "$backend" --threads "$threads" --table "$rows" "$@")
}

run_doctor() {
  part doctor 120 "${run_java[@]}" dev.vl4j.server.cli.Main doctor || return
  if [ "$name" != cpu ] && ! grep -q "$name: ready" "$out/logs/doctor.log"; then
    failed+=("doctor ($name is not ready)")
    wrong=true
    printf '| doctor | %s is ready | it is not | | | WRONG |\n' "$name" >>"$rows"
  fi
  { nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader 2>/dev/null || true
    [ "$name" != ascend ] || npu-smi info 2>/dev/null || true
    [ "$python" = none ] || "$python" -c 'import torch, transformers as hf
print("PyTorch", torch.__version__, "CUDA", torch.version.cuda, "transformers", hf.__version__)'
    "$java" -version 2>&1 | head -n 1
  } | tee "$out/logs/versions.log"
}

# Tests of the project: class names, a label.
run_tests() {
  local part=$1 limit=$2 what=$3 tests=$4
  # Fixtures are found from the engine's folder.
  (cd "$root/engine" && part "$part" "$limit" "${run_java[@]}" -Dvl4j.test.backend="$backend" -Dvl4j.test.backends="$backend" \
    "$proof.ContractTests" --what "$what" --tests "$tests" --table "$rows")
}

run_kernels() {
  if [ "$name" = cuda ]; then
    run_tests kernels 900 "kernels against their twins" dev.vl4j.cuda.kernel.GpuKernelsTest || note kernels
  fi
  # An NPU's class of results is another one.
  local tests=dev.vl4j.cuda
  [ "$name" != ascend ] || tests=dev.vl4j.ascend
  run_tests operations 900 "every operation against the reference, odd sizes" $tests.DeviceContractTest || note operations
  run_tests rows 900 "operations: rows the same in any batch" $tests.DeviceInvarianceTest || note rows
}

run_models() {
  local model=dev.vl4j.engine.model
  run_tests models 900 "tiny models against PyTorch's fixtures, every stage" \
    "$model.FixtureParityTest,$model.QuantisedParityTest#float32AgreesWithPyTorch" || note models
  run_tests rankings 900 "rankings with outlier channels: tau, median difference" dev.vl4j.engine.RankingAgreementTest || note rankings
  run_tests variants 600 "25 variants of them, float32" "$model.CheckpointVariantsTest" || note variants
  # The figures of docs/accuracy.md.
  sed -nE 's#^parity: (.*): logit error mean (.*), largest (.*) over (.*) cases$#| \1, \4 prompts: logit error, mean / largest | | \2 / \3 | | | - |#p' \
    "$out/logs/models.log" | tee -a "$rows"
}

# run_tests is a subshell, whose variables are lost.
note() {
  failed+=("$1")
  wrong=true
}

run_accuracy() {
  local shape size=()
  $small && size=(--documents 8 --tokens 30 --side 96)
  for shape in ${shapes//,/ }; do
    checkpoint "$shape" || continue
    drive "$proof.AccuracyProof" --model "$model" --label "${shape^^}" --reference "$root/bench/reference" \
      --device "$device" "${peer[@]}" "${size[@]}"
    part "accuracy-$shape" 1500 "${driver[@]}"
  done
}

run_invariance() {
  local size=()
  $small && size=(--documents 12 --tokens 40 --side 96)
  checkpoint "$speed_model" || return
  drive "$proof.InvarianceProof" --model "$model" --label "${speed_model^^}" --dtype bf16 "${size[@]}"
  part invariance 900 "${driver[@]}"
  has_fp8 || return
  drive "$proof.InvarianceProof" --model "$model" --label "${speed_model^^}" --dtype fp8 "${size[@]}"
  part invariance-fp8 900 "${driver[@]}"
}

run_load() {
  local size=()
  $small && size=(--clients 8 --cases 24 --rounds 2 --round-seconds 3 --warm-seconds 2)
  checkpoint "$speed_model" || return
  drive dev.vl4j.bench.LoadBenchmark --model "$model" --label "${speed_model^^}" --dtype bf16 --seconds "$load_seconds" \
    "${bars[@]}" "${size[@]}"
  part load $((load_seconds + 900)) "${driver[@]}"
}

run_speed() {
  local towers=() requests=() rounds=()
  if $small; then
    towers=(--product 256 --text 2x48 --images 2 --sides 128,64 --rounds 2)
    requests=(--documents 8 --tokens 40 --batch 4 --pictures 4 --side 96 --pairs 3 --rounds 2)
    rounds=(--rounds 1 --tokens 48)
  fi
  checkpoint "$speed_model" || return
  local subject=(--model "$model" --dtype bf16)
  local beside=(--label "${speed_model^^}" --reference "$root/bench/reference" --device "$device" "${peer[@]}" "${bars[@]}")
  drive "$proof.TowerSpeed" "${subject[@]}" "${beside[@]}" "${towers[@]}"
  part towers 1500 "${driver[@]}"
  drive "$proof.RequestSpeed" "${subject[@]}" "${beside[@]}" "${requests[@]}"
  part requests 1500 "${driver[@]}"
  if [ "$name" = cuda ]; then
    # The same pair launch by launch: what graphs are worth.
    drive "$proof.RequestSpeed" "${subject[@]}" "${requests[@]}" --documents 0 --pictures 0 \
      --label "${speed_model^^} without graphs"
    part pair-without-graphs 600 env JAVA_TOOL_OPTIONS=-Dvl4j.cuda.graphs=false "${driver[@]}"
  fi
  drive dev.vl4j.bench.StartupBenchmark "${subject[@]}" "${bars[@]}" "${rounds[@]}"
  part start 600 "${driver[@]}"
  local text=()
  $small && text=(--text 2x48 --rounds 2)
  drive "$proof.Fp8Speed" --model "$model" --label "${speed_model^^}" "${bars[@]}" "${text[@]}"
  part fp8 900 "${driver[@]}"
}

begin=$SECONDS
for step in ${all_steps//,/ }; do
  case ",$only," in *",$step,"*) ;; *) continue ;; esac
  rows="$out/rows/$step.md"
  rm -f "$rows"
  # Speed that could not be measured is not wrong.
  [ "$step" = speed ] && verdict='not measured' || verdict=WRONG
  "run_$step"
done

# --- The table --------------------------------------------------------------------------------------------------------

{
  echo "Backend $backend, $(date -u +%Y-%m-%d)$($small && echo ', small sizes: no bars of speed')"
  echo
  [ -f "$out/logs/doctor.log" ] && grep -E "^(auto|CPU|JDK)|backend +$name|^ +$name:" "$out/logs/doctor.log"
  [ -f "$out/logs/versions.log" ] && cat "$out/logs/versions.log"
  echo
  echo "| what | bar | ours | PyTorch | ratio | |"
  echo "|---|---|---:|---:|---:|---|"
  for step in ${all_steps//,/ }; do
    [ -f "$out/rows/$step.md" ] && cat "$out/rows/$step.md"
  done
} >"$out/table.md"
echo
cat "$out/table.md"
echo
[ ${#failed[@]} = 0 ] || { printf 'Failed:'; printf ' %s;' "${failed[@]}"; echo; }
echo "$((SECONDS - begin)) s; the table is in $out/table.md, logs are in $out/logs"
! $wrong
