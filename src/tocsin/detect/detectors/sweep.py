"""Sweep: walking through a register instead of looking somebody up.

Four traces of the same thing: strangers shown in result lists; neighbours (local numbers that differ by one, one after
the other); searches whose results are never opened; pages turned far down. What is listed is exposed: it is counted
as such and watched as such. Source: the enumeration patterns of OWASP OAT-011 (scraping) and of incident reports.
"""

from __future__ import annotations

import numpy as np

from tocsin.detect.detectors.units import first_in_session
from tocsin.detect.segments import Marked, running_max, running_sum
from tocsin.detect.view import Carry, View
from tocsin.model.event import ACTIONS

_SEARCH, _LIST = ACTIONS.index("search"), ACTIONS.index("list")
_ID_MODULUS = 4096


class Listed:
    """Unexplained patients shown in lists for the first time in the session.

    Example: lists, lists, stranger, lists again, lists -> 1, 2, 2, 2, 3
    Wrongly: a reception desk that searches by common names; a service whose first page lists everybody; a ward list
    that the directory does not explain.
    """

    name = "listed"
    family = "content"
    session_state = ("count",)
    account_state = ()

    def count(self, view: View, carry: Carry) -> np.ndarray:
        """Patients listed so far in the session."""
        flag = view.explained.fresh_listed & (view.explained.reason == 0)
        so_far = running_sum(flag, view.seg, carry.session["count"], view.first)
        carry.session["count"] = so_far[view.last]
        return so_far


class Neighbours:
    """Patients whose local number differs by one from that of the patient met just before.

    Example: stranger no 41, stranger no 42, stranger no 43, stranger no 7, known, stranger no 8 -> 0, 1, 2, 2, 2, 3
    Example: stranger no 4095, stranger no 0 -> 0, 1
    Wrongly: admissions of one morning have neighbouring numbers, and so have those whom a desk registers one after the
    other; twins; a migration in the order of the register.
    """

    name = "neighbours"
    family = "content"
    session_state = ("count", "last")
    account_state = ()

    def count(self, view: View, carry: Carry) -> np.ndarray:
        """Steps of one so far in the session."""
        new = view.explained.fresh | view.explained.fresh_listed
        numbered, held = Marked.at(new & (view.rows.id_low >= 0), view.seg), carry.session
        low = view.rows.id_low[numbered.places].astype(np.int64) + 1  # 0 means none yet
        before = numbered.previous(low, held["last"])
        step = (low - before) % _ID_MODULUS
        so_far = numbered.sum((before > 0) & ((step == 1) | (step == _ID_MODULUS - 1)), held["count"])
        out = numbered.spread(so_far, held["count"], view.seg, view.first)
        carry.session = {"count": numbered.latest(so_far, held["count"]), "last": numbered.latest(low, held["last"])}
        return out


class SearchesUnopened:
    """Distinct searches of the session, less the patients opened in it.

    Example: searches, searches, expected, searches, searches -> 1, 2, 2, 2, 3
    Example: searches, searches again, searches -> 1, 1, 2
    Wrongly: a desk that only checks whether somebody is known; a field that tells every letter typed as a search.
    """

    name = "searches-unopened"
    family = "content"
    session_state = ("net", "most")
    account_state = ()

    def count(self, view: View, carry: Carry) -> np.ndarray:
        """The largest surplus of distinct searches so far."""
        asked = ((view.rows.action == _SEARCH) | (view.rows.action == _LIST)) & (view.rows.query_hash != 0)
        new = first_in_session(view, view.rows.query_hash, asked, carry)
        moves, held = Marked.at(new | view.explained.fresh, view.seg), carry.session
        net = moves.sum(new[moves.places].astype(np.int64) - view.explained.fresh[moves.places], held["net"])
        most = moves.max(np.maximum(net, 0), held["most"])
        out = moves.spread(most, held["most"], view.seg, view.first)
        carry.session = {"net": moves.latest(net, held["net"]), "most": moves.latest(most, held["most"])}
        return out


class Pages:
    """The furthest page of a result list turned in the session.

    Example: lists page 1, lists page 7, lists page 3, known -> 1, 7, 7, 7
    Wrongly: a search by a common name, a work list of several pages read to its end.
    """

    name = "pages"
    family = "content"
    session_state = ("most",)
    account_state = ()

    def count(self, view: View, carry: Carry) -> np.ndarray:
        """Page number so far."""
        page = np.clip(view.rows.page, 0, 1 << 20)
        most = running_max(page, view.seg, carry.session["most"], view.first)
        carry.session["most"] = most[view.last]
        return most
