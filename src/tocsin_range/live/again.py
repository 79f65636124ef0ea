"""One trap of the provider, met by whoever asks it for tokens."""

import time
from collections.abc import Callable

from tocsin_range.live.wire import Answer

AGAIN_S = 1.1
"""Canaille's access tokens hold their second and no number (0.3.6, oidc/provider.py): two of one account and one
service within one second are the same, and the second one is answered with 500."""


def asked_again(ask: Callable[[], Answer]) -> Answer:
    """Ask for a token, once more in the next second if the provider fails."""
    answer = ask()
    if answer.status >= 500:
        time.sleep(AGAIN_S)
        answer = ask()
    return answer
