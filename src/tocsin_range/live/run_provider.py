"""Seeds and serves the identity provider; run by the provider's own Python, which has Canaille and not this package.

    CANAILLE_CONFIG=canaille.toml python run_provider.py --seed seed.json [--port N]

Without `--port` it only adds what `seed.json` holds and ends: that is how accounts are added while a server runs.
The server is Hypercorn in this one process, with the application object of `canaille run`: it answers requests one
after another, which suits SQLite; connections do not wait for one another.

`seed.json`: `{"clients": [...], "users": [...]}`, as written by `tocsin_range.live.provider`.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
from datetime import datetime, timezone
from importlib import import_module
from pathlib import Path
from typing import Any


def main() -> None:
    """Parse, seed, serve until SIGTERM."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=Path, required=True)
    parser.add_argument("--port", type=int)
    options = parser.parse_args()
    keep_a_key(Path(os.environ["CANAILLE_CONFIG"]))
    app = import_module("canaille").create_app(init_backend=True)
    with app.app_context():
        seed(json.loads(options.seed.read_text(encoding="utf-8")))
    if options.port is not None:
        asyncio.run(serve(app, options.port))


def seed(plan: dict[str, list[dict[str, Any]]]) -> None:
    """Add the clients and users that are not there yet."""
    backend = import_module("canaille.backends").Backend.instance
    models = import_module("canaille.app.models")
    # Readers and the writer of other processes do not wait for one another; the mode stays in the file.
    with backend.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
    for entry in plan["clients"]:
        if backend.get(models.Client, client_id=entry["client_id"]) is None:
            issued = datetime.now(timezone.utc)  # noqa: UP017 (the provider's Python, the provider's form)
            backend.save(models.Client(client_id_issued_at=issued, **entry))
    if plan["clients"]:
        clients = backend.query(models.Client)
        for client in clients:
            # Canaille lets a client introspect a token only if it is in the token's audience.
            client.audience = clients
            backend.save(client)
    for entry in plan["users"]:
        if backend.get(models.User, user_name=entry["user_name"]) is None:
            backend.save(models.User(**entry))


async def serve(app: Any, port: int) -> None:
    """Serve on the loopback until SIGTERM, SIGINT or the end of standard input."""
    config = import_module("hypercorn.config").Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.graceful_timeout = 1.0
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    # Whoever started this holds the other end of standard input: if they die, so does it.
    loop.add_reader(sys.stdin.fileno(), stop.set)
    app.after_request(_note)
    wrapped = import_module("asgiref.wsgi").WsgiToAsgi(app)
    await import_module("hypercorn.asyncio").serve(wrapped, config, shutdown_trigger=stop.wait)


def _note(response: Any) -> Any:
    """A line of the log for each request: without its query, which may hold a code, and without its body."""
    flask = import_module("flask")
    flask.current_app.logger.info("%s %s %s", flask.request.method, flask.request.path, response.status_code)
    return response


def keep_a_key(config: Path) -> None:
    """Write a signing key into the settings once: tokens outlive a restart, and no process draws a key of its own."""
    text = config.read_text(encoding="utf-8")
    if "ACTIVE_JWKS" not in text:
        key = import_module("joserfc.jwk").RSAKey.generate_key(2048, auto_kid=True).as_dict(private=True)
        inline = ", ".join(f"{name} = {json.dumps(value)}" for name, value in key.items())
        # The settings end with the section this belongs to.
        config.write_text(f"{text}ACTIVE_JWKS = [{{ {inline} }}]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
