#!/usr/bin/env bash
# Proves the Ascend backend on the NPU at hand, and measures it: bench/ascend/run.sh --help. docs/ascend.md says what to send.
#
# The steps are those of bench/cuda/run.sh. Two of them compare answers bit by bit, which the operators of an NPU do not
# promise: they are left out. PyTorch, if there is any, computes on the processor.
set -u

here=$(cd "$(dirname "$0")" && pwd -P)
exec "$here/../cuda/run.sh" --backend ascend --out "$here/out" --only doctor,kernels,models,accuracy,speed "$@"
