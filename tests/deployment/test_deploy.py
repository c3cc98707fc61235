"""What AWS teams and operators deploy, by the schemas and tools of others."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEPLOY, IAM = ROOT / "deploy", ROOT / "docs/iam"
TOOLS = pathlib.Path(sys.executable).parent
READERS_OF_AWS = ("discovery", "ingest-s3", "ingest-kinesis", "ingest-cloudwatch")
WEIR = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug/weir"


def run(*command, **keys):
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=120,
                          check=False, **keys)


class Template(yaml.SafeLoader):
    """Reads CloudFormation's short forms as what they are given."""


Template.add_multi_constructor("!", lambda loader, tag, node: (
    loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode)
    else loader.construct_sequence(node, deep=True) if isinstance(node, yaml.SequenceNode)
    else loader.construct_mapping(node, deep=True)))


def actions(statements):
    """What each statement allows, by its name."""
    as_list = lambda value: [value] if isinstance(value, str) else sorted(value)
    return {each["Sid"]: as_list(each["Action"]) for each in statements}


def policy(name):
    return actions(json.loads((IAM / f"{name}.json").read_text())["Statement"])


class CloudFormation(unittest.TestCase):
    def test_templates_are_right_for_cfn_lint(self):
        templates = sorted((DEPLOY / "cloudformation").glob("*.yaml"))
        self.assertEqual(len(templates), 3)
        done = run(TOOLS / "cfn-lint", *templates)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_templates_have_no_aliases_which_cloudformation_does_not_read(self):
        for template in (DEPLOY / "cloudformation").glob("*.yaml"):
            aliases = [token for token in yaml.scan(template.read_text())
                       if isinstance(token, (yaml.AliasToken, yaml.AnchorToken))]
            self.assertEqual(aliases, [])

    def test_the_reader_may_do_what_the_documentation_says_and_no_more(self):
        text = (DEPLOY / "cloudformation/reader.yaml").read_text()
        reader = yaml.load(text, Template)["Resources"]["Reader"]["Properties"]
        inventory, (_, flow_logs, _) = reader["Policies"]
        self.assertEqual(actions(inventory["PolicyDocument"]["Statement"]), policy("discovery"))
        sources = policy("ingest-kinesis") | policy("ingest-cloudwatch") | policy("ingest-s3")
        # Whose keys encrypt what, only their owner knows.
        del sources["Keys"]
        allowed = actions(flow_logs["PolicyDocument"]["Statement"])
        self.assertEqual(allowed, {name: sorted(each) for name, each in sources.items()})

    def test_metrics_may_be_put_in_one_namespace_alone(self):
        template = yaml.load((DEPLOY / "cloudformation/metrics.yaml").read_text(), Template)
        [statement] = template["Resources"]["Metrics"]["Properties"]["PolicyDocument"]["Statement"]
        [documented] = json.loads((IAM / "ingest-kinesis-metrics.json").read_text())["Statement"]
        namespace = documented["Condition"]["StringEquals"].pop("cloudwatch:namespace")
        self.assertEqual(template["Parameters"]["Namespace"]["Default"], namespace)
        self.assertEqual(statement["Condition"]["StringEquals"].pop("cloudwatch:namespace"), "Namespace")
        self.assertEqual(statement, documented)


class Terraform(unittest.TestCase):
    def test_both_ways_make_flow_logs_with_the_same_fields(self):
        text = (DEPLOY / "cloudformation/flow-logs.yaml").read_text()
        template = yaml.load(text, Template)["Resources"]["FlowLog"]["Properties"]["LogFormat"]
        fields = re.search(r'split\(" ", "([^"]+)"\)', (DEPLOY / "terraform/flow-logs/main.tf").read_text())
        self.assertEqual(template, " ".join(f"${{{field}}}" for field in fields[1].split()))

    def test_the_reader_takes_its_policies_from_the_documentation(self):
        module = DEPLOY / "terraform/reader"
        text = (module / "main.tf").read_text()
        self.assertEqual((module / re.search(r'iam = "\$\{path.module\}/(.+)"', text)[1]).resolve(), IAM)
        names = set(re.findall(r"^    (\w+) +=", text[text.index("resources = {"):text.index("  sources = flatten")],
                               re.MULTILINE))
        sources = policy("ingest-kinesis") | policy("ingest-cloudwatch") | policy("ingest-s3")
        self.assertEqual(names, set(sources) - {"Keys"})

    def test_the_metrics_have_the_policy_of_the_documentation(self):
        module = DEPLOY / "terraform/metrics"
        text = (module / "main.tf").read_text()
        folder = module / re.search(r'iam += "\$\{path.module\}/(.+)"', text)[1]
        name = re.search(r'file\("\$\{local.iam\}/(.+?)"\)', text)[1]
        [statement] = json.loads((folder / name).read_text())["Statement"]
        namespace = re.search(r'variable "namespace" \{.*?default += "(.+?)"', text, re.DOTALL)[1]
        self.assertEqual(statement["Condition"]["StringEquals"], {"cloudwatch:namespace": namespace})


class Kubernetes(unittest.TestCase):
    def setUp(self):
        self.objects = list(yaml.safe_load_all((DEPLOY / "kubernetes/weir.yaml").read_text()))

    def pods(self):
        for each in self.objects:
            if each["kind"] in ("Deployment", "StatefulSet"):
                yield each["metadata"]["name"], each["spec"]["template"]["spec"]

    def test_manifests_are_what_kubernetes_takes(self):
        done = run(TOOLS / "kubernetes-validate", "--strict", "-k", "1.30", DEPLOY / "kubernetes/weir.yaml")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(done.stdout.count(" passed "), len(self.objects), done.stdout)

    def test_the_configuration_is_right(self):
        done = run(WEIR, "check", "--config", DEPLOY / "kubernetes/weir.toml")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_nothing_runs_as_root_or_with_privileges(self):
        self.assertEqual(len(list(self.pods())), 7)
        for name, pod in self.pods():
            with self.subTest(pod=name):
                self.assertIs(pod["securityContext"]["runAsNonRoot"], True)
                self.assertIs(pod["automountServiceAccountToken"], False)
                for container in pod["containers"]:
                    self.assertEqual(container["securityContext"], {
                        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                        "capabilities": {"drop": ["ALL"]}})
                    self.assertIn("memory", container["resources"]["limits"])

    def test_a_service_has_no_other_password_than_its_own(self):
        for name, pod in self.pods():
            if name == "redis":
                continue
            secret = next(each["secret"] for each in pod["volumes"] if each["name"] == "secrets")
            own = {name, "sealing.key"} if name in READERS_OF_AWS else {name}
            self.assertEqual({item["key"] for item in secret["items"]}, own)

    def test_the_name_of_enrichers_stands_for_all_of_them(self):
        service = next(each for each in self.objects
                       if each["kind"] == "Service" and each["metadata"]["name"] == "enricher")
        self.assertEqual(service["spec"]["clusterIP"], "None")


class Systemd(unittest.TestCase):
    def test_the_unit_is_right_and_has_few_rights(self):
        with tempfile.TemporaryDirectory() as folder:
            unit = pathlib.Path(folder) / "weir@enricher.service"
            text = (DEPLOY / "systemd/weir@.service").read_text()
            # The program is where the unit says in an installation, and here where it was built.
            unit.write_text(text.replace("/usr/local/bin/weir", str(WEIR.resolve())))
            done = run("systemd-analyze", "verify", unit)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            done = run("systemd-analyze", "security", "--offline=true", "--threshold=20", unit)
            self.assertEqual(done.returncode, 0, done.stdout[-2000:])


class Overlays(unittest.TestCase):
    def test_the_configurations_are_right(self):
        for file, variables in (("weir.toml", {"WEIR__EXPORTER__COLLECTORS": '[{address = "udp://c:1"}]'}),
                                ("demo/weir.toml", {"WEIR__AWS__ENDPOINT": "http://moto:5000",
                                                    "WEIR__EXPORTER__COLLECTORS": '[{address = "udp://c:1"}]'})):
            done = run(WEIR, "check", "--config", ROOT / "compose" / file, env={**os.environ, **variables})
            self.assertEqual(done.returncode, 0, done.stderr)


class Certificates(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.made = cls.make()

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def make(cls):
        return run(ROOT / "compose/certificates", env={**os.environ, "WEIR_CERTIFICATES": cls.folder.name})

    def openssl(self, *arguments):
        return run("openssl", *arguments, cwd=self.folder.name)

    def test_all_are_of_the_authority_and_have_their_names(self):
        self.assertEqual(self.made.returncode, 0, self.made.stderr)
        for name in ("redis", "discovery", "ingest-s3", "ingest-kinesis", "ingest-cloudwatch", "enricher",
                     "exporter", "exporter-2", "console", "operator"):
            for purpose in ("sslserver", "sslclient"):
                done = self.openssl("verify", "-CAfile", "ca.pem", "-purpose", purpose, "-verify_hostname",
                                    name, f"{name}.pem")
                self.assertEqual(done.returncode, 0, done.stderr)
            names = self.openssl("x509", "-in", f"{name}.pem", "-noout", "-ext", "subjectAltName").stdout
            self.assertIn(f"URI:weir://{name}", names)

    def test_a_renewal_keeps_the_authority_and_writes_the_same_files(self):
        folder = pathlib.Path(self.folder.name)
        state = lambda name: ((folder / name).stat().st_ino, (folder / name).read_text())
        (authority, enricher) = (state("ca.pem"), state("enricher.pem"))
        self.assertEqual(self.make().returncode, 0)
        self.assertEqual(state("ca.pem"), authority)
        self.assertEqual(state("enricher.pem")[0], enricher[0], "a container has the file, not its name")
        self.assertNotEqual(state("enricher.pem")[1], enricher[1])

    def test_keys_are_behind_a_folder_that_only_its_owner_passes(self):
        self.assertEqual(pathlib.Path(self.folder.name).stat().st_mode & 0o777, 0o700)


if __name__ == "__main__":
    unittest.main()
