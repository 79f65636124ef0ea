"""The CNIL's initial notification of a breach (GDPR art. 33), as a draft. A named person checks, signs and files it."""

from tocsin.declare.cnil_initiale.draft import TEMPLATE, draft

__all__ = ["TEMPLATE", "draft"]
