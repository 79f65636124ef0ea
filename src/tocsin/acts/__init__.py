"""Acts: the only room with effects. Plan, journal, act, verify, undo."""
