"""What the directory, the wards and the schedules say: every FHIR resource of a trail's folder but the AuditEvents.

`decode` makes a typed resource of a line; one file a family (`people`, `places`, `care`, `duties`, `patients`) drafts
its rows with symbols for references; when everything has been read, `resolve` turns symbols into names and `merges`
says which references are one person.
"""

from __future__ import annotations

from tocsin.collect.directory.marks import marks_of
from tocsin.collect.directory.reader import DirectoryReader

__all__ = ["DirectoryReader", "marks_of"]
