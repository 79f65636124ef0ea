"""Rules as code: single-event Sigma rules, read into conditions. Nothing here reads a file or an event."""
