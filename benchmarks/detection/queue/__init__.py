"""The analyst's queue measured: who stands on it in weeks without thieves and with, beside what it promises.

    python -m benchmarks.detection.queue [--regions N]

Fictitious regions of 500 accounts: three weeks teach; of those that follow four whole ones are judged, honest and with
a theft of each behaviour. Choices (how the stake is split, how a peak becomes an e-value) were made on the seeds 9000
to 9003.
"""
