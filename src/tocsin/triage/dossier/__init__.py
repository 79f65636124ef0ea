"""Dossier: the incident on one page, in French, every number with the id of what it rests on."""

from tocsin.triage.dossier.content import dossier
from tocsin.triage.dossier.page import TEMPLATE, page

__all__ = ["TEMPLATE", "dossier", "page"]
