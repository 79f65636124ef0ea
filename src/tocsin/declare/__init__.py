"""Declare: what is due to whom by when, and drafts of what is filed. Nothing is ever filed from here."""

from tocsin.declare.obligations import Due, Facts, due, obligations

__all__ = ["Due", "Facts", "due", "obligations"]
