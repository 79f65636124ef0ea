"""Publish: a signed bundle as two files, through an act, read back with its signature."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from tocsin.door.files import put, told_of
from tocsin.errors import ConnectorFailed, StoreUnavailable
from tocsin.model.act import Act
from tocsin.share.signing import is_signed, public_of, sign

KIND: Final = "publish-indicators"
BY: Final = "file"
"""Name of the connector, as in `Act.by`."""
SIGNATURE: Final = ".sig"
"""What a signature file's name adds to the bundle's."""


class Publisher:
    """Implements `acts.connector.Connector` for `publish-indicators`."""

    def __init__(self, region: str, seed: Callable[[], bytes], bundles: Mapping[str, bytes]) -> None:
        """`seed`: the region's signing key; `bundles`: act -> the bytes to sign and write, as far as at hand."""
        self._region = region
        self._seed = seed
        self._bundles = bundles

    def before(self, act: Act) -> dict[str, Any]:
        """Nothing to bring back: see `Connector`."""
        return {}

    def apply(self, act: Act) -> None:
        """Write the bundle and its signature; both can be read by others, for they are to be sent."""
        data = self._bundles.get(act.id)
        if data is None:
            raise ConnectorFailed("the indicators are not at hand", advice="Run `tocsin share INCIDENT` again.")
        path = Path(act.arguments["file"])
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            put(path, data)
            put(path.with_name(path.name + SIGNATURE), sign(self._seed(), self._region, data))
        except StoreUnavailable as problem:
            raise ConnectorFailed(problem.failed, advice="Check the folder, then run the command again.") from None
        except OSError as problem:
            raise ConnectorFailed(told_of(problem, path).failed, advice="Check the folder.") from None

    def verify(self, act: Act) -> dict[str, Any]:
        """Read both files back: the bytes are those that were planned, and they are signed."""
        path = Path(act.arguments["file"])
        try:
            data, signature = path.read_bytes(), path.with_name(path.name + SIGNATURE).read_bytes()
        except OSError:
            return {"state": "alive", "how": "a file is not there"}
        if hashlib.sha256(data).hexdigest() != act.arguments["sha256"]:
            return {"state": "alive", "how": "other bytes"}
        if not is_signed(public_of(self._seed()), self._region, data, signature):
            return {"state": "alive", "how": "not signed"}
        return {"state": "done", "how": "read back: hash and signature", "sha256": act.arguments["sha256"]}

    def revert(self, act: Act, before: Mapping[str, Any]) -> None:
        """What was told to others cannot be untold."""
        raise ConnectorFailed("what was shared cannot be taken back")

    def cannot_revert(self) -> str:
        """It cannot."""
        return "what was shared stays shared"

    def verify_reverted(self, act: Act, before: Mapping[str, Any]) -> bool:
        """Never: see `revert`."""
        return False
