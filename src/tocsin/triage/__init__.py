"""Triage: episodes that share a thief become incidents, each link with its reason and its numbers (pure)."""

from tocsin.triage.group import grouped
from tocsin.triage.links import links_of
from tocsin.triage.traces import Crowd, Trace, trace_of

__all__ = ["Crowd", "Trace", "grouped", "links_of", "trace_of"]
