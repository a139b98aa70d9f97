#!/usr/bin/env bash
# Tests the report's page in Chromium: scripts/test_page.sh BUILD_DIR
# Needs npm, chromium and a build with tests; the packages are those of tests/report/page/package-lock.json.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
build=$(realpath "${1:?usage: scripts/test_page.sh BUILD_DIR}")
sample=$build/tests/report/layerwatt_sample_report
work=$build/page-tests
mkdir -p "$work/pages"
cp "$root"/tests/report/page/{package.json,package-lock.json,.npmrc,page.test.mjs} "$work"
(cd "$work" && npm ci --silent)
"$sample" "$work/pages/small.html" 22 60 2000
"$sample" "$work/pages/large.html" 520 600 1900
cd "$work" && PAGES=$work/pages CHROMIUM=${CHROMIUM:-/usr/bin/chromium} node --test page.test.mjs
