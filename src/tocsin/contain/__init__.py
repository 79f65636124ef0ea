"""Contain: a rung of the ladder, and every account of a person, become acts. What cannot be cut or proven is named."""
