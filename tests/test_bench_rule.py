"""The rule answers fast enough to be asked again at every door."""

import json
import subprocess
import sys

MEASURE = "import json; from app.bench import rule; print(json.dumps(rule.run(20_000)))"


def test_a_decision_takes_ten_microseconds_at_most():
    """In a process of its own: what watches the tests would be measured with it."""
    printed = subprocess.run(
        [sys.executable, "-c", MEASURE], check=True, capture_output=True, timeout=60
    )
    measured = json.loads(printed.stdout)

    assert 0 < measured["p50_us"] <= measured["limit_us"] == 10.0
    assert measured["p50_us"] <= measured["p99_us"]
    assert (measured["decisions"], measured["questions"]) == (20_000, 3 * 4 * 8 * 9 * 3)
