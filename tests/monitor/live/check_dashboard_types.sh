#!/usr/bin/env bash
# Type-checks the dashboards against Grafana's own schema (@grafana/schema), in a folder that is kept between runs.
# It knows panels, targets, positions and variables; not the options of each kind of panel.
set -euo pipefail

[ $# -eq 1 ] || { echo "Usage: check_dashboard_types.sh WORK_FOLDER" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
dashboards=$here/../../../deploy/monitoring/grafana/dashboards
mkdir -p "$1"
work=$(cd "$1" && pwd)
cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$work"
(cd "$work" && npm ci --silent --no-audit --no-fund)
passed=0
failed=0
for dashboard in "$dashboards"/*.json; do
  name=$(basename "$dashboard" .json)
  {
    echo "import type { Dashboard } from '@grafana/schema';"
    echo "export const dashboard: Dashboard ="
    cat "$dashboard"
    echo ";"
  } >"$work/$name.ts"
  if (cd "$work" && npx tsc --noEmit --strict --skipLibCheck --module esnext --moduleResolution bundler "$name.ts"); then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
  fi
done
# A check that finds nothing wrong anywhere would pass too.
sed 's/"h": [0-9]*/"h": "high"/' "$work/board.ts" >"$work/wrong.ts"
if (cd "$work" && npx tsc --noEmit --strict --skipLibCheck --module esnext --moduleResolution bundler wrong.ts >/dev/null); then
  echo "a text for a height was not noticed" >&2
  failed=$((failed + 1))
else
  passed=$((passed + 1))
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
