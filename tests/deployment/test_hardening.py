"""What every container of the compose files has, and who reaches whom.

The files are read as they are and merged as Compose does it, so that no engine is needed:
python -m unittest discover -s tests/deployment
"""

import itertools
import json
import pathlib
import unittest

import yaml

COMPOSE = pathlib.Path(__file__).resolve().parents[2] / "compose"
OVERLAYS = ["tls.yaml", "observability.yaml", "exporters.yaml", "demo.yaml"]
SERVICES = ["discovery", "ingest-s3", "ingest-kinesis", "ingest-cloudwatch", "enricher", "exporter"]
# Of the overlay exporters.yaml.
SECOND = "exporter-2"
# Who neither reads nor writes records, and has no password of Redis.
CONSOLE = "console"


def merged(base, over):
    """Maps are merged, lists are joined, all else is replaced."""
    if isinstance(base, dict) and isinstance(over, dict):
        return {key: merged(base.get(key), over.get(key)) for key in {**base, **over}}
    if isinstance(base, list) and isinstance(over, list):
        return base + over
    return base if over is None else over


def project(*overlays):
    files = [COMPOSE / name for name in ("compose.yaml", *overlays)]
    whole = {}
    for file in files:
        document = yaml.safe_load(file.read_text())
        for service in document["services"].values():
            # The last command, health check and entry point count as a whole.
            for key in ("command", "entrypoint"):
                if key in service:
                    service[key] = tuple(service[key])
            if "test" in service.get("healthcheck", {}):
                service["healthcheck"]["test"] = tuple(service["healthcheck"]["test"])
        whole = merged(whole, document)
    return whole


def networks(service):
    return set(service.get("networks", {}))


class Hardening(unittest.TestCase):
    def for_every_container(self, check):
        for count in range(len(OVERLAYS) + 1):
            for overlays in itertools.combinations(OVERLAYS, count):
                for name, service in project(*overlays)["services"].items():
                    with self.subTest(overlays=overlays, service=name):
                        check(name, service)

    def test_nothing_runs_as_root_or_with_privileges(self):
        def check(_, service):
            self.assertRegex(service["user"], r"^[1-9]\d*:\d+$")
            self.assertEqual(service["cap_drop"], ["ALL"])
            self.assertEqual(service["security_opt"], ["no-new-privileges:true"])
            for key in ("cap_add", "privileged", "devices", "pid", "ipc", "network_mode", "userns_mode"):
                self.assertNotIn(key, service)

        self.for_every_container(check)

    def test_nothing_writes_to_an_image_or_a_folder_of_the_host(self):
        def check(_, service):
            self.assertIs(service["read_only"], True)
            for volume in service.get("volumes", []):
                self.assertNotIn(volume[0], "./~", "a folder of the host")

        self.for_every_container(check)

    def test_memory_logs_and_restarts_are_bounded(self):
        def check(name, service):
            self.assertRegex(service["mem_limit"], r"^\d+[mg]$")
            self.assertEqual(set(service["logging"]["options"]), {"max-size", "max-file"})
            once = name in ("seed", "traffic")
            self.assertEqual(service["restart"], "no" if once else "unless-stopped")

        self.for_every_container(check)

    def test_images_have_versions(self):
        def check(name, service):
            if name == "collect" or name in (*SERVICES, SECOND, CONSOLE):
                self.assertEqual(service["image"], "${WEIR_IMAGE:-weir:latest}")
            elif "build" not in service:
                self.assertRegex(service["image"], r":v?\d[\w.-]*}?$")

        self.for_every_container(check)

    def test_ports_are_on_loopback_alone(self):
        def check(_, service):
            for port in service.get("ports", []):
                self.assertTrue(port.startswith("127.0.0.1:"), port)

        self.for_every_container(check)


class Networks(unittest.TestCase):
    def setUp(self):
        self.whole = project()
        self.services = self.whole["services"]

    def on(self, network):
        return {name for name, service in self.services.items() if network in networks(service)}

    def test_data_and_store_have_no_way_out(self):
        for network in ("data", "store"):
            self.assertIs(self.whole["networks"][network]["internal"], True)

    def test_redis_is_on_the_store_alone(self):
        self.assertEqual(networks(self.services["redis"]), {"store"})
        self.assertNotIn("ports", self.services["redis"])

    def test_lines_and_records_go_where_no_one_else_is(self):
        self.assertEqual(self.on("data"), set(SERVICES) - {"discovery"})

    def test_enrichers_reach_nothing_outside(self):
        self.assertEqual(self.on("outside"), set(SERVICES) - {"enricher"})

    def test_the_console_is_on_the_admin_network_alone(self):
        self.assertEqual(networks(self.services[CONSOLE]), {"admin"})

    def test_browsers_reach_the_console_over_tls_alone(self):
        for overlays in ((), ("tls.yaml",)):
            service = project(*overlays)["services"][CONSOLE]
            self.assertEqual(service["ports"], ["127.0.0.1:4530:4530"])
            for key, file in (("CERTIFICATE_FILE", "certificate.pem"), ("KEY_FILE", "certificate.key")):
                self.assertEqual(service["environment"][f"WEIR__CONSOLE__{key}"], f"/run/secrets/{file}")

    def test_the_console_is_started_for_who_asks_for_it(self):
        optional = {name for name, service in self.services.items() if "profiles" in service}
        self.assertEqual(optional, {CONSOLE})

    def test_observers_are_on_the_admin_network_alone(self):
        services = project("observability.yaml")["services"]
        for name in ("prometheus", "grafana", "otel-collector"):
            self.assertEqual(networks(services[name]), {"admin"})


class SecondExporter(unittest.TestCase):
    TLS = ("tls.yaml", "exporters.yaml", "exporters-tls.yaml")

    def of(self, *overlays):
        services = project(*overlays)["services"]
        return services, services["exporter"], services[SECOND]

    def test_it_is_what_the_first_is_but_for_its_place(self):
        for overlays in (("exporters.yaml",), self.TLS):
            _, first, second = self.of(*overlays)
            for key in ("image", "pull_policy", "command", "configs", "user", "networks", "mem_limit",
                        "stop_grace_period", "depends_on", "healthcheck", "read_only", "cap_drop",
                        "security_opt", "restart", "logging"):
                self.assertEqual(second[key], first[key], key)
            own = {"WEIR__EXPORTER__COLLECTORS"}
            self.assertEqual(set(second["environment"]), set(first["environment"]))
            for key in set(first["environment"]) - own:
                self.assertEqual(second["environment"][key], first["environment"][key], key)

    def test_it_has_files_ports_and_certificates_of_its_own(self):
        _, first, second = self.of(*self.TLS)
        for key in ("volumes", "ports"):
            self.assertTrue(set(first[key]).isdisjoint(second[key]), key)
        sources = lambda service: {each["source"] for each in service["secrets"] if isinstance(each, dict)}
        self.assertEqual(sources(second) - sources(first), {f"{SECOND}.pem", f"{SECOND}.key"})
        self.assertEqual(sources(second) & sources(first), {"redis_exporter"}, "the user of all exporters")

    def test_enrichers_and_the_console_know_both_and_each_knows_that_there_are_two(self):
        for overlays, scheme in ((("exporters.yaml",), "http"), (self.TLS, "https")):
            services, first, second = self.of(*overlays)
            for name, key, port in (("enricher", "WEIR__ENRICHER__EXPORTERS", 4480),
                                    (CONSOLE, "WEIR__CONSOLE__EXPORTERS", 4481)):
                known = json.loads(services[name]["environment"][key])
                self.assertEqual(known, [f"{scheme}://{each}:{port}" for each in ("exporter", SECOND)])
            for exporter in (first, second):
                self.assertEqual(exporter["environment"]["WEIR__EXPORTER__EXPORTERS"], "2")


class Secrets(unittest.TestCase):
    def test_a_service_has_no_other_password_than_its_own(self):
        for name, service in project()["services"].items():
            passwords = [each["source"] for each in service.get("secrets", []) if isinstance(each, dict)]
            own = ["redis_users"] if name == "redis" else [f"redis_{name.replace('-', '_')}"]
            if name == CONSOLE:
                own = ["console.pem", "console.key"]
            self.assertEqual(passwords, own)

    def test_the_token_of_the_console_is_its_alone(self):
        services = project()["services"].items()
        self.assertEqual([name for name, each in services if "console.token" in each.get("secrets", [])],
                         [CONSOLE])

    def test_sealed_access_keys_are_for_the_readers_of_aws_alone(self):
        services = project()["services"].items()
        self.assertEqual([name for name, each in services if "sealing.key" in each.get("secrets", [])],
                         ["discovery", "ingest-s3", "ingest-kinesis", "ingest-cloudwatch"])

    def test_a_service_has_no_other_certificate_than_its_own(self):
        for name, service in project("tls.yaml")["services"].items():
            sources = {each["source"] for each in service["secrets"] if isinstance(each, dict)}
            self.assertLessEqual({f"{name}.pem", f"{name}.key"}, sources)
            self.assertEqual(sum(each.endswith((".pem", ".key")) for each in sources), 2)

    def test_nothing_secret_stands_in_the_files(self):
        for file in ("compose.yaml", "tls.yaml", "observability.yaml", "exporters.yaml", "exporters-tls.yaml"):
            for service in yaml.safe_load((COMPOSE / file).read_text())["services"].values():
                for key, value in (service.get("environment") or {}).items():
                    if key.endswith("_FILE"):
                        self.assertTrue(value.startswith("/run/secrets/"), value)
                    elif any(word in key for word in ("SECRET", "PASSWORD", "TOKEN", "ACCESS_KEY")):
                        self.assertIsNone(value, key)


class Health(unittest.TestCase):
    def test_every_service_asks_itself(self):
        services = project()["services"]
        for name in (*SERVICES, CONSOLE):
            self.assertEqual(services[name]["healthcheck"]["test"][:3], ("CMD", "weir", "probe"))

    def test_with_certificates_the_question_is_asked_over_tls(self):
        services = project("tls.yaml")["services"]
        for name in (*SERVICES, CONSOLE):
            test = services[name]["healthcheck"]["test"]
            self.assertTrue(test[-1].startswith("https://localhost:"), test)
            self.assertEqual(services[name]["environment"]["WEIR__RPC__PLAINTEXT"], "false")

    def test_a_drain_is_not_cut_by_the_engine(self):
        services = project()["services"]
        for name in SERVICES:
            self.assertEqual(services[name]["stop_grace_period"], "40s", "above `grace` of 30 s")
        self.assertEqual(services[CONSOLE]["stop_grace_period"], "10s", "above its `grace` of 5 s")

    def test_with_certificates_the_console_calls_as_itself_and_is_let_in(self):
        services = project("tls.yaml")["services"]
        for key in ("DISCOVERY", "ENRICHERS", "EXPORTERS"):
            self.assertIn("https://", services[CONSOLE]["environment"][f"WEIR__CONSOLE__{key}"])
        for name in SERVICES:
            callers = services[name]["environment"]["WEIR__RPC__ADMIN_CALLERS"]
            self.assertEqual(json.loads(callers), ["weir://operator", "weir://console"])


if __name__ == "__main__":
    unittest.main()
