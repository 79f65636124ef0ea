"""The demo: the whole story on fictitious regions, with the truth beside the answer."""

from tocsin.main.demo.story import run_demo

__all__ = ["run_demo"]
