"""Networks and addresses: which may leave a region, and which contain which. Pure."""

from __future__ import annotations

import ipaddress
from typing import Final

NARROWEST: Final = {4: 24, 6: 48}
"""What the trail's column `network` is: IPv4 /24, IPv6 /48."""
BROADEST: Final = {4: 20, 6: 40}
"""A broader network from another region would match half of one's own accounts: it is refused."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def address_of(text: str) -> Address | None:
    """An address that may be shared; None for a machine's name and for what has a meaning at home only."""
    try:
        found = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    return None if _is_at_home(found) else found


def network_of(text: str) -> Network | None:
    """The network a trail's `network` column names, or that of an address; None as for `address_of`."""
    try:
        found = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return None
    if _is_at_home(found.network_address):
        return None
    return found.supernet(new_prefix=NARROWEST[found.version]) if found.prefixlen > NARROWEST[found.version] else found


def is_narrow(network: Network) -> bool:
    """Whether a network is narrow enough to say something."""
    return network.prefixlen >= BROADEST[network.version]


def holds(network: Network, other: Network | Address) -> bool:
    """Whether a network holds another or an address; never across versions."""
    if network.version != other.version:
        return False
    if isinstance(other, ipaddress.IPv4Address | ipaddress.IPv6Address):
        return other in network
    return other.subnet_of(network)  # type: ignore[arg-type]


_AT_HOME: Final = tuple(
    ipaddress.ip_network(one)
    for one in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", "fe80::/10")
)
"""Private use (RFC 1918, 4193), behind a carrier's translation (RFC 6598), on one link (RFC 4291)."""


def _is_at_home(address: Address) -> bool:
    if address.is_loopback or address.is_multicast or address.is_unspecified:
        return True
    return any(holds(network, address) for network in _AT_HOME)
