"""DuckDB, shut in: one folder, bounded memory, no network, no extension that was not built in."""

from __future__ import annotations

import duckdb

from tocsin.store.files import make_folder
from tocsin.store.layout import Layout


def engine(layout: Layout, *, memory_mb: int, threads: int) -> duckdb.DuckDBPyConnection:
    """An engine that reads parts. What does not fit in `memory_mb` is spilled to a folder inside the root."""
    make_folder(layout.top)
    made = duckdb.connect(":memory:", config={"memory_limit": f"{memory_mb}MiB", "threads": threads})
    made.execute("SET temp_directory = $spill", {"spill": str(layout.top / ".spill")})
    made.execute("SET TimeZone = 'UTC'")
    made.execute("SET autoinstall_known_extensions = false")
    made.execute("SET autoload_known_extensions = false")
    made.execute("SET allowed_directories = $folders", {"folders": [str(layout.root)]})
    made.execute("SET enable_external_access = false")
    made.execute("SET lock_configuration = true")
    return made
