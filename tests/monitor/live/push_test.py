#!/usr/bin/env python3
"""A board behind NAT: Prometheus in agent mode scrapes it by deploy/monitoring/agent/ and pushes to another.

Usage: push_test.py --layerwatt PROGRAM
"""

import argparse
import sys
import tempfile
import time

import harness

AGENT = harness.ROOT / "deploy" / "monitoring" / "agent" / "prometheus-agent.yml"
SERIES = 'layerwatt_board_energy_joules_total{board="orin-07",instance="orin-07:8000"}'


def wait_for_series(server, seconds=60):
    end = time.monotonic() + seconds
    while not (found := server.query(SERIES)):
        if time.monotonic() > end:
            return None
        time.sleep(0.5)
    return found[0][1]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--layerwatt", required=True)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        serve = harness.Serve(arguments.layerwatt, "--sensor", "virtual:orin-nano")
        server = harness.Prometheus(f"{folder}/server", "", "--web.enable-remote-write-receiver")
        config = (AGENT.read_text(encoding="utf-8").replace("localhost:8000", f"127.0.0.1:{serve.port}")
                  .replace("localhost:9090", f"127.0.0.1:{server.port}").replace("scrape_interval: 15s", "scrape_interval: 1s"))
        agent = harness.Prometheus(f"{folder}/agent", config, "--enable-feature=agent", f"--storage.agent.path={folder}/agent/data")
        try:
            pushed = wait_for_series(server)
            print(f"pushed: {pushed} J")
        finally:
            agent.stop()
            server.stop()
            serve.stop()
    passed = pushed is not None and pushed >= 0
    print(f"{int(passed)} passed, {int(not passed)} failed")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
