"""What a measurement ran on."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

HERE = Path(__file__).parent


def told() -> dict[str, object]:
    """Cores, processor, load, the share of time that the host kept for itself since it started, and the commit."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    ticks = [int(n) for n in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=HERE, capture_output=True, text=True)
    return {
        "processor": next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), ""),
        "cores_used": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "load_before": os.getloadavg()[0],
        "stolen_share": round(ticks[7] / sum(ticks), 4),
        "commit": commit.stdout.strip(),
    }
