"""Notify: letters to the people concerned."""
