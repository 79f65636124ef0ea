"""What each rung asks for, in the order in which it is done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ACTS_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "ask": (),
    "own-patients-only": (),
    "end-sessions": ("delete-tokens", "prove-dead"),
    "suspend": ("suspend-account", "delete-tokens", "prove-dead"),
}
"""Rung -> kinds of act. The account is cut before its tokens are deleted, so that no new one is given meanwhile; what
services say is asked last."""

NOT_ENFORCED: Final[Mapping[str, str]] = {
    "ask": "nothing asks for a second factor here: there is no guard; ask the owner, and enter what they say",
    "own-patients-only": "nothing keeps the account to its own patients here: there is no guard",
}
"""Rung -> why Tocsin does nothing about it yet."""
