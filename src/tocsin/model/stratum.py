"""Names of strata of account-weeks: of a role, and of a role at home in a service.

Role codes are free text of a directory and names of services that of a trail. So what parts the two is escaped where it
is part of a name: `60@dpi` is role 60 at home in dpi, `60\\@dpi` the role that is called 60@dpi.
"""

from __future__ import annotations

import re
from typing import Final

_NAME: Final = re.compile(r"((?:\\.|[^\\@])*)(?:@(.*))?", re.DOTALL)


def of_role(role: str) -> str:
    """The stratum of a role."""
    return re.sub(r"[\\@]", r"\\\g<0>", role)


def of_home(role: str, service: str) -> str:
    """The stratum of a role at home in a service."""
    return f"{of_role(role)}@{of_role(service)}"


def role_and_home(stratum: str) -> tuple[str, str]:
    """The reverse: the role and, if there is one, the service ("")."""
    parts = _NAME.fullmatch(stratum)
    if not parts:  # no name of ours: a calibration from before there were homes
        return stratum, ""
    role, home = (re.sub(r"\\(.)", r"\1", part or "", flags=re.DOTALL) for part in parts.groups())
    return role, home
