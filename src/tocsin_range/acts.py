"""Acts: what accounts do, one record an event (and patient), before any of it is written as FHIR."""

from typing import Final

import numpy as np

from tocsin_range.arrays import Records
from tocsin_range.names import words

SIGN_IN, SIGN_IN_FAILED, SIGN_OUT, READ, SEARCH, QUERY, CREATE, UPDATE, EXPORT, ENROL = range(10)
"""SEARCH finds people (its patients are listed); QUERY asks for the data of one patient; ENROL adds a second factor."""

RESOURCES: Final = words("""
    Patient RelatedPerson Encounter Appointment DocumentReference Binary Observation DiagnosticReport
    MedicationRequest MedicationStatement CarePlan ServiceRequest Immunization Condition Procedure Coverage Claim Task
""")
RESOURCE: Final = {name: rank for rank, name in enumerate(RESOURCES)}
PURPOSES: Final = ("TREAT", "ETREAT", "PATADMIN", "HOPERAT", "BTG")
PURPOSE: Final = {name: rank for rank, name in enumerate(PURPOSES)}

ACT: Final = np.dtype(
    [
        ("at", np.int64),
        ("account", np.int32),
        ("service", np.int16),
        ("kind", np.int8),
        ("resource", np.int8),
        ("patient", np.int32),
        ("request", np.int64),
        ("session", np.int64),
        ("opened", np.int64),  # start of the session: short-lived tokens turn over from here
        ("device", np.int64),
        ("address", np.int64),
        ("assurance", np.int8),
        ("purpose", np.int8),
        ("text", np.int32),  # place in the day's list of query texts; -1: made from the patient
        ("outcome", np.int8),
        ("theft", np.int16),  # -1 for all that is honest; never written to the trail
    ]
)


def blank(count: int) -> Records:
    """`count` honest acts, still to be filled."""
    rows: Records = np.zeros(count, dtype=ACT)
    rows["text"] = -1
    rows["theft"] = -1
    rows["patient"] = -1
    return rows
