"""Who may do what in Redis, as compose/secrets says it, and that a restart loses nothing."""

import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Several keys at once, as each change of weir's does it: a transaction in the append-only file.
WRITE = "redis.call('SET', KEYS[1], ARGV[1]) return redis.call('HINCRBY', KEYS[2], 'revision', 1)"


class Redis(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.secrets = pathlib.Path(self.folder.name) / "secrets"
        subprocess.run([ROOT / "compose/secrets"], env={**os.environ, "WEIR_SECRETS": str(self.secrets)},
                       check=True, timeout=30)
        self.start()
        self.addCleanup(self.end)

    def start(self):
        """The server of compose.yaml at a socket of this test."""
        folder = self.folder.name
        config = (ROOT / "compose/redis/redis.conf").read_text()
        config = config.replace("dir /data", f"dir {folder}").replace("/run/secrets", str(self.secrets))
        (pathlib.Path(folder) / "redis.conf").write_text(config)
        with open(pathlib.Path(folder) / "log", "ab") as log:
            self.server = subprocess.Popen(
                ["redis-server", f"{folder}/redis.conf", "--port", "0", "--unixsocket", f"{folder}/socket"],
                stdout=log, stderr=log)
        deadline = time.monotonic() + 30
        while self.ask("health", "PING") != "PONG":
            self.assertLess(time.monotonic(), deadline, (pathlib.Path(folder) / "log").read_text())
            time.sleep(0.05)

    def end(self):
        # Not killed: a copy that is being written would go on, into a folder that is removed.
        self.server.terminate()
        self.server.wait(timeout=30)

    def kill(self):
        if self.server.poll() is None:
            self.server.send_signal(signal.SIGKILL)
        self.server.wait(timeout=10)

    def ask(self, user, *command):
        password = "any" if user == "health" else (self.secrets / user).read_text()
        login = [] if user is None else ["--no-auth-warning", "--user", user, "--pass", password]
        done = subprocess.run(["redis-cli", "-s", f"{self.folder.name}/socket", *login, *command],
                              capture_output=True, text=True, timeout=10, check=False)
        return done.stdout.strip()

    def may(self, user, *command):
        self.assertNotIn("NOPERM", self.ask(user, *command), (user, command))

    def may_not(self, user, *command):
        self.assertIn("NOPERM", self.ask(user, *command), (user, command))

    def test_what_was_written_is_there_after_a_crash(self):
        self.assertEqual(self.ask("discovery", "EVAL", WRITE, "2", "weir:v:inventory/index", "weir:about", "x"), "1")
        self.kill()
        self.start()
        self.assertEqual(self.ask("enricher", "GETRANGE", "weir:v:inventory/index", "0", "9"), "x")

    def test_nobody_gets_in_without_a_password(self):
        done = subprocess.run(["redis-cli", "-s", f"{self.folder.name}/socket", "PING"], capture_output=True,
                              text=True, timeout=10, check=False)
        self.assertIn("NOAUTH", done.stdout)
        self.may_not("health", "GETRANGE", "weir:about", "0", "9")

    def test_enrichers_and_the_exporter_read_what_they_need_and_write_nothing(self):
        for key in ("inventory/index", "control/assignments", "control/domains", "control/settings"):
            self.may("enricher", "GETRANGE", f"weir:v:{key}", "0", "9")
        self.may("exporter", "GETRANGE", "weir:v:control/settings", "0", "9")
        for user in ("enricher", "exporter"):
            self.may_not(user, "GETRANGE", "weir:v:control/accounts", "0", "9")
            self.may_not(user, "SET", "weir:v:control/settings", "x")
            self.may_not(user, "EVAL", WRITE, "2", "weir:v:control/settings", "weir:about", "x")
        self.may_not("exporter", "GETRANGE", "weir:v:inventory/index", "0", "9")

    def test_sources_write_what_is_theirs(self):
        own = {"ingest-s3": ("ZADD", "weir:s:finished/s3/0", "1", "x"),
               "ingest-kinesis": ("SET", "weir:v:leases/kinesis/units/a", "x"),
               "ingest-cloudwatch": ("SET", "weir:v:leases/cloudwatch/units/a", "x")}
        for user in own:
            for owner, command in own.items():
                (self.may if user == owner else self.may_not)(user, *command)
            self.may(user, "EVAL", WRITE, "2", "weir:v:control/inputs", "weir:about", "x")
            for key in ("accounts", "formats", "settings"):
                self.may(user, "GETRANGE", f"weir:v:control/{key}", "0", "9")
                self.may_not(user, "SET", f"weir:v:control/{key}", "x")

    def test_nobody_administers_the_server(self):
        for user in ("discovery", "ingest-s3", "enricher", "exporter", "backup"):
            for command in (("CONFIG", "GET", "*"), ("FLUSHALL",), ("SHUTDOWN",), ("KEYS", "*")):
                self.may_not(user, *command)
        self.may("backup", "BGSAVE")


if __name__ == "__main__":
    unittest.main()
