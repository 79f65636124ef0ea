"""Acts: the only room with effects outside. What is done is written down first, read back after, and can be undone."""
