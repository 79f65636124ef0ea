"""Contain: what a rung asks for, as acts; connectors carry them out when `acts` calls."""
