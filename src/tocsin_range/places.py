"""Machines and networks: a number for each, and the name that the trail gives it.

Networks come from ranges that reach nobody: 10/8 for establishments, 100.64/10 for homes (RFC 6598), 2001:db8::/32
for homes, mobiles and hosting (RFC 3849), 198.18/15 for places visited (RFC 2544), and the documentation ranges of
RFC 5737 for the private relays that many people use.
"""

import numpy as np

from tocsin_range.arrays import Ints
from tocsin_range.streams import mix

WORKSTATION, KIOSK, COMPUTER, MOBILE, SERVER = range(1, 6)
_DEVICE_NAMES = {WORKSTATION: "wks", KIOSK: "wks", COMPUTER: "pc", MOBILE: "mob", SERVER: "srv"}
_V6 = 1 << 62
_RELAYS = (203 << 24 | 0 << 16 | 113 << 8, 198 << 24 | 51 << 16 | 100 << 8, 192 << 24 | 0 << 16 | 2 << 8)


def device(kind: int, key: Ints, salt: int = 0) -> Ints:
    """Numbers of machines of a kind; equal keys are the same machine."""
    return ((mix(key, salt + kind) >> np.uint64(24)).astype(np.int64)) | np.int64(kind << 40)


def device_name(code: int) -> str:
    """How the trail names a machine. A kiosk has the name of a workstation: nothing says that it is shared."""
    return f"{_DEVICE_NAMES[code >> 40]}-{code & 0xFFFFFFFFFF:010x}"


def site(house: Ints, machine: Ints) -> Ints:
    """Address of a machine inside an establishment: a /24 each."""
    host = (mix(machine, 11) % np.uint64(250)).astype(np.int64) + 2
    return (10 << 24) + house * 256 + host


def home(town: Ints, key: Ints) -> Ints:
    """Address of a home connection: two thirds IPv4 from the town's pool, one third IPv6."""
    scatter = mix(key, 12)
    low = (scatter % np.uint64(4096)).astype(np.int64)
    four = (100 << 24 | 64 << 16) + (town % 1000) * 4096 + low
    wide = (scatter % np.uint64(65536)).astype(np.int64)
    six = _V6 | ((0x1000 + town) << 32) | (wide << 16) | 1
    return np.where((scatter >> np.uint64(40)) % np.uint64(3) == 0, six, four)


def mobile(key: Ints, line: Ints) -> Ints:
    """Address of a mobile connection: the operator of the line stays, the rest changes with each session."""
    operator = (mix(line, 13) % np.uint64(4)).astype(np.int64)
    wide = (mix(key, 14) % np.uint64(1 << 32)).astype(np.int64)
    return _V6 | ((0xA000 + operator) << 32) | wide


def visited(key: Ints) -> Ints:
    """Address of a place visited: a hotel, a colleague's practice, a train."""
    return (198 << 24 | 18 << 16) + (mix(key, 15) % np.uint64(1 << 17)).astype(np.int64)


def hosting(key: Ints) -> Ints:
    """Address of a private relay, one of three networks for everybody, or thrice as often of a rented server's own."""
    scatter = mix(key, 16)
    base = np.array(_RELAYS, dtype=np.int64)[(scatter % np.uint64(3)).astype(np.int64)]
    relay = base + ((scatter >> np.uint64(8)) % np.uint64(254)).astype(np.int64) + 1
    network = ((scatter >> np.uint64(16)) % np.uint64(4096)).astype(np.int64)
    rented = _V6 | ((0x2000 + network) << 32) | (1 << 16) | 1
    return np.where((scatter >> np.uint64(40)) % np.uint64(4) == 0, relay, rented)


def address_name(code: int) -> str:
    """An address in its usual notation."""
    if code & _V6:
        return f"2001:db8:{code >> 32 & 0xFFFF:x}:{code >> 16 & 0xFFFF:x}::{code & 0xFFFF:x}"
    return f"{code >> 24}.{code >> 16 & 255}.{code >> 8 & 255}.{code & 255}"
