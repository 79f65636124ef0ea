"""The CLUE-LDS protocol: real accesses to a file server, injected thieves, records opened before the alarm.

load.py        zip -> NumPy columns, the split in time, the eligible accounts
touches.py     who touched which path and folder when; who is whose colleague
stream.py      one account's events in order, with what each of them is: new, unexplained, of which session
attacks.py     A1 to A7: what a thief would add to the stream
detectors.py   D0, D11a, D12: a running statistic per event; a further detector is one more entry
threshold.py   leave one account out
trail.py       streams as Tocsin's own tables: events, and the explanations as facts
product.py     Tocsin's own judge on them: learned from the fit days, its weight at each event
protocol.py    every run of every attack, and how many records each detector let go
published.py   the table to reproduce
table.py       the table obtained, beside it
bars.py        what Tocsin's judge has to reach, and whether it does
"""
