#!/bin/sh
# Compiles layerwatt's TensorRT module against the headers of TensorRT that lie in the given folders,
# with every warning an error, and says for which versions that works. Nothing is linked or run.
#
# Usage: check_tensorrt_headers.sh CUDA_INCLUDE FOLDER...
#   CUDA_INCLUDE  folder with cuda_runtime_api.h
#   FOLDER        folder with NvInfer.h and, there or beside it, NvOnnxParser.h
# NVONNXPARSER_INCLUDE names a folder with NvOnnxParser.h for folders that have none.
set -eu

if [ $# -lt 2 ]; then
  sed -n '2,8s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
root=$(cd "$(dirname "$0")/../.." && pwd)
cuda=$1
shift
compiler=${CXX:-c++}
failed=0
for folder in "$@"; do
  version=$(printf '%s\n' '#include <NvInferVersion.h>' \
    'layerwatt NV_TENSORRT_MAJOR NV_TENSORRT_MINOR NV_TENSORRT_PATCH' |
    "$compiler" -E -P -I "$folder" -x c++ - 2>/dev/null |
    sed -n 's/^layerwatt \([0-9]*\) \([0-9]*\) \([0-9]*\).*/\1.\2.\3/p')
  if [ -z "$version" ]; then
    echo "$folder: no NvInferVersion.h with a version" >&2
    failed=1
    continue
  fi
  for source in tensorrt_calls cuda_calls; do
    if ! "$compiler" -std=c++20 -c -o /dev/null -fPIC -Wall -Wextra -Wpedantic -Wshadow -Wconversion \
      -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-align \
      -Wformat=2 -Wundef -Wdouble-promotion -Wnull-dereference -Werror -O2 \
      -isystem "$folder" -isystem "${NVONNXPARSER_INCLUDE:-$folder}" -isystem "$cuda" \
      -I "$root/include" -I "$root/src" "$root/src/engines/tensorrt/module/$source.cpp"; then
      echo "TensorRT $version: $source.cpp does not compile" >&2
      failed=1
      continue 2
    fi
  done
  echo "TensorRT $version: compiles without a warning ($("$compiler" --version | head -n 1))"
done
exit "$failed"
