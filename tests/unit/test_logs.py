"""Logs: whatever is said in the process is said in the form that was asked for."""

import json
import subprocess
import sys

WARNED = """
import warnings
from worker.ops import logs

logs.configure("json", "info")
warnings.warn("odd")
"""


def test_a_warning_is_a_line_of_json() -> None:
    """Python would write it to standard error by itself, in two lines."""
    done = subprocess.run([sys.executable, "-c", WARNED], capture_output=True, check=True)
    (line,) = done.stderr.splitlines()
    said = json.loads(line)
    assert said["level"] == "warning"
    assert "UserWarning: odd" in said["event"]
