"""The alerts, by Prometheus's own tool: each is silent first, and fires then."""

import pathlib
import re
import subprocess
import unittest

OBSERVABILITY = pathlib.Path(__file__).resolve().parents[2] / "compose/observability"


def promtool(*arguments):
    return subprocess.run(["promtool", *arguments], cwd=OBSERVABILITY, capture_output=True, text=True,
                          timeout=60, check=False)


class Alerts(unittest.TestCase):
    def test_alerts_fire_when_they_should_and_not_before(self):
        done = promtool("test", "rules", "alerts_test.yml")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_each_alert_is_tested(self):
        alerts = re.findall(r"- alert: (\w+)", (OBSERVABILITY / "alerts.yml").read_text())
        tested = re.findall(r"- name: (\w+)", (OBSERVABILITY / "alerts_test.yml").read_text())
        self.assertEqual(sorted(alerts), sorted(tested))
        self.assertGreater(len(alerts), 10)

    def test_each_alert_has_its_row_in_the_documentation(self):
        docs = (OBSERVABILITY / "../../docs/operations.md").read_text()
        alerts = re.findall(r"- alert: (\w+)", (OBSERVABILITY / "alerts.yml").read_text())
        self.assertEqual([alert for alert in alerts if f"| `{alert}` |" not in docs], [])
