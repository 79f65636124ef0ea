"""Ends everything one account holds at the provider; run by the provider's own Python.

    python delete_tokens.py --config canaille.toml --subject ACCOUNT [--probe]

Deletes, without asking, every token (access and refresh), every authorization code and every browser session of the
account; prints how many; exits 0, also when there was nothing or nobody (it may be repeated). ACCOUNT is the user name,
or `system|user name` as a trail names it. `canaille delete token` asks first and knows nothing of codes and sessions.

With `--probe` it deletes nothing and prints `alive` if the account may sign in or holds something that still works,
else `dead`.
"""

import argparse
import os
import pickle
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

_EXPIRY_BYTES = 4
"""A session file begins with its expiry as four bytes. From: cachelib 0.17, file.py."""


def main() -> None:
    """Parse, then delete or look."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--subject", required=True)
    parser.add_argument("--probe", action="store_true")
    options = parser.parse_args()
    os.environ["CANAILLE_CONFIG"] = str(options.config)
    app = application()
    with app.app_context():
        backend = import_module("canaille.backends").Backend.instance
        models = import_module("canaille.app.models")
        user = backend.get(models.User, user_name=options.subject.rpartition("|")[2])
        folder = Path(app.config["SESSION_FILE_DIR"])
        if options.probe:
            said = "alive" if user is not None and is_alive(backend, models, user) else "dead"
        else:
            said = delete(backend, models, user, folder) if user is not None else "no such account: nothing to delete"
    sys.stdout.write(f"{said}\n")


def application() -> Any:
    """Canaille with its settings and its database, without its pages: `create_app` takes more than twice as long."""
    app = import_module("flask").Flask("canaille")
    with app.app_context():
        import_module("canaille.app.features").setup_features(app)
        if not import_module("canaille.app.configuration").setup_config(app=app):
            sys.exit("the settings are none")
    import_module("canaille.app.logging").setup_logging(app)
    import_module("canaille.backends").setup_backend(app, None, False)
    return app


def delete(backend: Any, models: Any, user: Any, folder: Path) -> str:
    """Delete what the account holds; says how much it was."""
    sessions = list(sessions_of(user.id, folder))
    for path in sessions:
        path.unlink(missing_ok=True)
    codes = backend.query(models.AuthorizationCode, subject=user)
    tokens = backend.query(models.Token, subject=user)
    for held in (*codes, *tokens):
        backend.delete(held)
    return f"deleted {len(tokens)} tokens, {len(codes)} codes, {len(sessions)} sessions"


def is_alive(backend: Any, models: Any, user: Any) -> bool:
    """Whether the account may sign in, or holds a token that still works.

    A session of a locked account is refused at the provider, so it counts only where the account is not locked.
    """
    tokens = backend.query(models.Token, subject=user)
    return not user.locked or any(not token.is_expired() and not token.is_revoked() for token in tokens)


def sessions_of(user_id: str, folder: Path) -> Iterator[Path]:
    """Files of the browser sessions in which the account is signed in."""
    for path in folder.iterdir() if folder.is_dir() else ():
        try:
            content = path.read_bytes()
            held = pickle.loads(content[_EXPIRY_BYTES:])
        except (OSError, EOFError, pickle.UnpicklingError):
            continue  # another request has just replaced or removed it
        if isinstance(held, dict) and any(one.get("user") == user_id for one in held.get("sessions", ())):
            yield path


if __name__ == "__main__":
    main()
