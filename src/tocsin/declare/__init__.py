"""Declare: what is due, to whom, by when; drafts that a person signs and files."""
