#!/usr/bin/env python3
"""Runs every query of the dashboards and rules against a real Prometheus that scrapes a virtual board.

Usage: dashboards_test.py --layerwatt PROGRAM [--seconds 60]

Each must answer without an error and with at least one series. Prints those that do not, and "N passed, M failed".
"""

import argparse
import json
import re
import sys
import tempfile
import time
import urllib.error

import board_tree
import harness

DEPLOY = harness.ROOT / "deploy" / "monitoring"
# What Grafana puts in their place.
VARIABLES = {"$__rate_interval": "1m", "$__range": "5m", "$instance": ".*"}


def queries():
    """(where, expression) of every panel, and of every variable that asks Prometheus."""
    for path in sorted((DEPLOY / "grafana" / "dashboards").glob("*.json")):
        dashboard = json.loads(path.read_text(encoding="utf-8"))
        for panel in dashboard["panels"]:
            for target in panel["targets"]:
                yield f"{path.stem}: {panel['title']}", target["expr"]
        for variable in dashboard["templating"]["list"]:
            if variable["type"] == "query":
                metric, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["query"]["query"]).groups()
                yield f"{path.stem}: variable {variable['name']}", f"count by ({label}) ({metric})"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--layerwatt", required=True)
    parser.add_argument("--seconds", type=float, default=60)
    arguments = parser.parse_args()
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        tree = board_tree.BoardTree(arguments.layerwatt, folder)
        serve = harness.Serve(arguments.layerwatt, "--sysfs-root", tree.root, "--runs", tree.runs)
        prometheus = harness.Prometheus(
            f"{folder}/prometheus",
            f"global: {{scrape_interval: 2s, evaluation_interval: 2s}}\n"
            f"rule_files: ['{DEPLOY}/rules/*.rules.yml']\n"
            f"scrape_configs:\n  - job_name: layerwatt\n    static_configs: [{{targets: ['127.0.0.1:{serve.port}']}}]\n")
        try:
            time.sleep(arguments.seconds)
            for where, expr in queries():
                for name, value in VARIABLES.items():
                    expr = expr.replace(name, value)
                try:
                    found = len(prometheus.query(expr))
                except urllib.error.HTTPError as error:
                    print(f"{where}: {expr}\n    {error.read().decode()}")
                    failed += 1
                    continue
                if found == 0:
                    print(f"{where}: no series\n    {expr}")
                passed, failed = passed + (found > 0), failed + (found == 0)
            for record in ("instance:layerwatt_board_power_watts:rate5m",
                           "instance_network:layerwatt_measurement_energy_per_inference_joules:avg1h"):
                found = len(prometheus.query(record))
                passed, failed = passed + (found > 0), failed + (found == 0)
            # Everything of a virtual board says so.
            for series, _ in prometheus.query('{__name__=~"(layerwatt|jetson)_.+", virtual!="true"}'):
                print(f"not marked virtual: {series}")
                failed += 1
        finally:
            prometheus.stop()
            serve.stop()
            tree.stop()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
