"""Fictitious regions with the answer known: a stranger to Tocsin that knows only the trail contract."""
