"""Numbers that are well formed and belong to nobody: RPPS in 99, FINESS in 00, INS of the test branch."""

import numpy as np

from tocsin_range.arrays import Ints

RPPS = "https://rpps.esante.gouv.fr"
FINESS = "https://finess.esante.gouv.fr"
INS_TEST = "urn:oid:1.2.250.1.213.1.4.10"
"""The branch of the INS kept for tests; no person carries a number of it."""


def luhn_digit(number: str) -> str:
    """The check digit that makes `number` + digit pass Luhn's test."""
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def rpps(rank: int) -> str:
    """The RPPS of the `rank`-th fictitious professional: 11 digits, the first two 99, the last Luhn's."""
    body = f"99{rank:08d}"
    return body + luhn_digit(body)


def finess(rank: int) -> str:
    """The FINESS of the `rank`-th fictitious establishment, in the department 00 that does not exist."""
    body = f"00{rank:06d}"
    return body + luhn_digit(body)


def ins(sex: Ints, year: Ints, month: Ints, country: Ints, order: Ints) -> Ints:
    """INS numbers (13 digits, key 97 - N mod 97) of people born in department 99, which is no department."""
    body = ((((sex * 100 + year % 100) * 100 + month) * 100 + 99) * 1000 + country) * 1000 + order
    return np.asarray(body * 100 + (97 - body % 97), dtype=np.int64)
