"""The compose project of a test: commands, containers, metrics, what the collector got."""

import collections
import json
import os
import pathlib
import re
import signal
import subprocess
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "compose"
NAME = "weir-test"


def run(*command, timeout=300, **keys):
    """Runs a command to its end: what it printed. It fails with what it said."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, **keys)
    if done.returncode:
        raise AssertionError(f"{' '.join(map(str, command))} ended with {done.returncode}:\n"
                             f"{done.stdout[-4000:]}{done.stderr[-4000:]}")
    return done.stdout


def wait_for(what, condition, seconds=120):
    """Waits until `condition` gives something that is true, and gives it."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.5)


class Project:
    """The demo's services with the binary of the tests."""

    def __init__(self, **variables):
        self.use("demo.yaml")
        self.environment = {**os.environ, "WEIR_COLLECTOR": "udp://nfcapd:4739",
                            "COMPOSE_PROFILES": "console", **variables}

    def use(self, *overlays):
        """From now on it is what these overlays make of it."""
        files = [COMPOSE / "compose.yaml", *(COMPOSE / each for each in overlays),
                 ROOT / "tests/compose/test.yaml"]
        self.command = ["docker", "compose", "-p", NAME]
        for file in files:
            self.command += ["-f", str(file)]

    def compose(self, *arguments, **keys):
        return run(*self.command, *arguments, env=self.environment, **keys)

    def containers(self, service):
        """The ids of a service's running containers, by their number."""
        rows = self.compose("ps", "--format", "json", service).splitlines()
        rows = sorted((json.loads(row) for row in rows), key=lambda row: row["Name"])
        return [row["ID"] for row in rows if row["State"] == "running"]

    def container(self, service):
        (container,) = self.containers(service)
        return container

    def inspect(self, container):
        return json.loads(run("docker", "inspect", container))[0]

    def kill(self, container):
        """Ends its process as a crash would: the restart policy sees to the rest."""
        os.kill(self.inspect(container)["State"]["Pid"], signal.SIGKILL)

    def is_healthy(self, container):
        state = self.inspect(container)["State"]
        return state["Running"] and state["Health"]["Status"] == "healthy"

    def address(self, service):
        """Where its one container is on the network of admin calls."""
        return self.address_of(self.container(service))

    def address_of(self, container):
        return self.inspect(container)["NetworkSettings"]["Networks"][f"{NAME}_admin"]["IPAddress"]

    def metrics(self, container):
        """Its metrics: the sum of each, over all labels."""
        with urllib.request.urlopen(f"http://{self.address_of(container)}:9464/metrics", timeout=10) as page:
            text = page.read().decode()
        sums = collections.Counter()
        for name, value in re.findall(r"^(\w+)(?:\{.*\})? (\S+)", text, re.MULTILINE):
            sums[name] += float(value)
        return sums

    def logs(self, service):
        return self.compose("logs", "--no-log-prefix", service)

    def received(self):
        """How often each number was received, by nfdump from the files of nfcapd."""
        text = run("docker", "run", "--rm", "--network", "none", "--volume", f"{NAME}_flows:/flows:ro",
                   "weir-demo-nfcapd", "sh", "-c",
                   "for file in /flows/nfcapd.2*; do [ -e $file ] && nfdump -q -N -r $file -o fmt:%byt; "
                   "done; true")
        lines = (line.strip() for line in text.splitlines())
        return collections.Counter(int(line) for line in lines if line not in ("", "No matching flows"))
