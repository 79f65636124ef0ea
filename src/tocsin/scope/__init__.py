"""Scope: whose data was exposed, what of it, how surely, and by whom."""

from tocsin.scope.episodes import episodes
from tocsin.scope.exposures import exposures_of
from tocsin.scope.sessions import sessions_by
from tocsin.scope.unnamed import unnamed_of

__all__ = ["episodes", "exposures_of", "sessions_by", "unnamed_of"]
