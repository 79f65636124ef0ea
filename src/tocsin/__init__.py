"""Tocsin: the alarm bell of shared health platforms."""

__version__ = "0.1.0"
