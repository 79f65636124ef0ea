"""Derived data: parts written by the folds, questions asked of them. Rooms import `store.interface` only."""
