"""The exam: what a thief takes before each rung, and what honest work costs, on fictitious regions; the truth is known.

A region is made from its seed, its past teaches a calibration, then the same judged weeks are folded again and again
from a copy of what the past left: once without any thief (false alarms, look-alikes), then once for each *set* of
thefts, one of a kind. So two hundred thefts of a kind need no region in which every tenth account is stolen.

Nothing here is used to make the judge: seeds of the exam are 5,001 and up, and 4,901 for the short one.
"""
