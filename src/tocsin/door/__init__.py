"""Identity has one door, in and out. Past it, patients are keyed references."""
