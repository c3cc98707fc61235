"""The calls that docs/operations.md tells operators to make, made as they stand there."""

import json
import re
import subprocess

from project import ROOT


def commands():
    """Each grpcurl command of the section `Tasks`, on one line."""
    text = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    section = re.search(r"^## Tasks$(.*?)^## ", text, re.MULTILINE | re.DOTALL)[1]
    blocks = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    return [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]


def make_all(project):
    """Makes all calls: how many there were. One that fails, or that says nothing, is an error."""
    places = {"127.0.0.1:4461": f"{project.address('discovery')}:4461",
              "127.0.0.1:4481": f"{project.address('exporter')}:4481",
              "127.0.0.1:4600": f"{project.address('enricher')}:4471"}
    vpcs = json.loads(call(f"grpcurl -plaintext {places['127.0.0.1:4461']} weir.v1.DiscoveryService/ListVpcs"))
    places["vpc-0a1b2c3d"] = next(vpc["id"] for vpc in vpcs["vpcs"] if vpc.get("name") == "shop")
    made = commands()
    for command in made:
        for written, real in places.items():
            command = command.replace(written, real)
        call(command)
    return len(made)


def call_as(name, project, expected=True):
    """Makes an admin call with this certificate: what it said."""
    folder = project.environment["WEIR_CERTIFICATES"]
    return call(f"grpcurl -cacert {folder}/ca.pem -cert {folder}/{name}.pem -key {folder}/{name}.key "
                f"-servername discovery {project.address('discovery')}:4461 "
                "weir.v1.DiscoveryService/GetDiscoveryStatus", expected)


def call(command, expected=True):
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=120, check=False)
    works = done.returncode == 0 and "{" in done.stdout
    assert works is expected, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr
