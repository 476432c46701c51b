"""The bench of registrations sees everyone acknowledged; how fast a machine is, it says itself."""

import json
import subprocess
import sys

MEASURE = """
import json, sys
from app.bench import registration
if __name__ == "__main__":
    print(json.dumps(registration.run(12, sys.argv[1], at_a_time=4)))
"""


def test_everyone_is_acknowledged_on_both_engines_beside_commits_of_one_row(postgres_url, tmp_path):
    """In a process of its own, which may be put on some of the cores only."""
    script = tmp_path / "measure.py"
    script.write_text(MEASURE, encoding="utf-8")
    printed = subprocess.run(
        [sys.executable, script, postgres_url], check=True, capture_output=True, timeout=120
    )
    told = json.loads(printed.stdout)

    assert (told["people"], told["at_a_time"]) == (12, 4)
    for engine in ("sqlite", "postgres"):
        found = told[engine]
        rate, bare = found["registrations_a_second"], found["one_row_commits_a_second"]
        assert rate > 0
        assert found["requests_a_second"] > rate
        assert abs(found["ratio"] - rate / bare) < 0.01
        assert found["at_least"] == 0.25
        whole = found["first_request_to_acknowledgement_ms"]
        assert 0 < whole["p50"] <= whole["p99"]
