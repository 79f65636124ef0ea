"""What Tocsin does at a SCIM service, and what it makes of one that answers badly."""

from __future__ import annotations

import re
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.contain.connectors.path import values_at
from tocsin.contain.connectors.scim import KEPT_LIST_US
from tocsin.errors import ConnectorFailed
from unit.contain.scim_server import EMPLOYEE, ENTERPRISE, ERROR, Server, suspend, told, user


def active(server: Server, name: str) -> Any:
    return next(one for one in server.users if one["userName"] == name).get("active")


def test_cut_read_back_and_restored() -> None:
    server = Server()
    scim = server.connector()
    act = suspend("dupont")
    before = scim.before(act)
    assert before == {"active": True, "id": "id-dupont"}
    scim.apply(act)
    assert scim.verify(act)["state"] == "dead"
    assert active(server, "martin") is True
    assert not scim.verify_reverted(act, before)
    scim.revert(act, before)
    assert scim.verify_reverted(act, before)
    assert active(server, "dupont") is True


def test_one_that_was_inactive_stays_so() -> None:
    server = Server(users=[user("dupont", active=False)])
    scim = server.connector()
    before = scim.before(suspend("dupont"))
    scim.revert(suspend("dupont"), before)
    assert active(server, "dupont") is False
    assert scim.verify_reverted(suspend("dupont"), before)


def test_a_cut_is_three_requests_once_it_is_warm() -> None:
    server = Server()
    scim = server.connector()
    scim.warm()
    scim.before(suspend("dupont"))
    server.asked.clear()
    for step in (scim.before, scim.apply, scim.verify):
        step(suspend("dupont"))
    assert server.asked == ["GET /scim/Users/id-dupont", "PATCH /scim/Users/id-dupont", "GET /scim/Users/id-dupont"]
    assert server.tokens == 1


@pytest.mark.parametrize(("filters", "says"), [(True, True), (False, True), (False, False)])
def test_a_filter_is_not_believed(filters: bool, says: bool) -> None:
    """A provider that gives everybody whatever is asked must not get the first of them cut."""
    server = Server(users=[user(f"u{n}") for n in range(250)] + [user("dupont")], filters=filters, says_it_filters=says)
    scim = server.connector()
    scim.apply(suspend("dupont"))
    assert [one["userName"] for one in server.users if not one["active"]] == ["dupont"]


def test_where_nothing_is_filtered_the_name_is_tried_as_id_first() -> None:
    server = Server(users=[user("dupont", id="dupont")], says_it_filters=False)
    assert server.connector().before(suspend("dupont"))["active"] is True
    assert server.scim_paths == ["/ServiceProviderConfig", "/Users/dupont"]


def test_an_id_that_is_somebody_elses_name_is_not_taken_for_it() -> None:
    server = Server(users=[user("martin", id="dupont"), user("dupont", id="7")], says_it_filters=False)
    server.connector().apply(suspend("dupont"))
    assert active(server, "martin") is True
    assert active(server, "dupont") is False


@pytest.mark.parametrize("name", ["nobody", "", "..", "a/b?c#d", 'x" or userName pr', "\\", "é" * 300, "\0", "a\nb"])
def test_of_none_none_is_cut(name: str) -> None:
    server = Server()
    with pytest.raises(ConnectorFailed) as failed:
        server.connector().before(suspend(name))
    assert "no account has this name" in str(failed.value)
    assert not name or name not in str(failed.value) or len(name) < 3
    assert all(one["active"] for one in server.users)


def test_of_two_none_is_cut() -> None:
    server = Server(users=[user("dupont", id="1"), user("dupont", id="2")])
    with pytest.raises(ConnectorFailed, match="2 accounts"):
        server.connector().apply(suspend("dupont"))
    assert all(one["active"] for one in server.users)


def test_user_names_have_no_case_other_attributes_do() -> None:
    server = Server(users=[user("DuPont", id="dupont", person="ab")], says_it_filters=False)
    assert server.connector().before(suspend("dupont"))["active"] is True
    with pytest.raises(ConnectorFailed):
        server.connector(match=EMPLOYEE).before(suspend("AB"))


def test_an_id_that_changed_hands_is_looked_up_again() -> None:
    server = Server()
    scim = server.connector()
    scim.before(suspend("dupont"))
    server.users[0]["userName"], server.users[1]["userName"] = "martin", "dupont"
    assert scim.before(suspend("dupont"))["id"] == "id-martin"


@given(
    owners=st.lists(st.sampled_from(["", "97", "98", "99"]), max_size=9),
    asked=st.lists(st.sampled_from(["97", "98", "99"])),
)
def test_the_accounts_of_a_person_are_the_same_whether_the_provider_filters_or_is_read_as_a_whole(
    owners: list[str], asked: list[str]
) -> None:
    users = [user(f"u{n}", person=person) for n, person in enumerate(owners)]
    filters = Server(users=users, page=2).connector()
    is_read = Server(users=users, page=2, says_it_filters=False).connector()
    for person in asked:
        assert filters.accounts_of(person) == is_read.accounts_of(person)


def test_a_provider_that_does_not_filter_is_read_once_in_ten_minutes() -> None:
    server, at = Server(users=[user("a", person="99"), user("b", person="98")], says_it_filters=False), [0]
    scim = server.connector(now=lambda: at[0])
    assert (scim.accounts_of("99"), scim.accounts_of("98"), scim.accounts_of("97")) == (["a"], ["b"], [])
    assert server.asked.count("GET /scim/Users") == 1
    server.users.append(user("c", person="99"))
    at[0] = KEPT_LIST_US - 1
    assert scim.accounts_of("99") == ["a"]
    at[0] = KEPT_LIST_US
    assert scim.accounts_of("99") == ["a", "c"]


def test_a_list_that_could_not_be_read_is_not_kept() -> None:
    server = Server(users=[user("a", person="99")], says_it_filters=False)
    scim = server.connector()
    scim.warm()
    server.answers = [told(500, {})]
    with pytest.raises(ConnectorFailed):
        scim.accounts_of("99")
    assert scim.accounts_of("99") == ["a"]


def test_every_account_of_a_person() -> None:
    server = Server(users=[user("a", person="99"), user("b", person="98"), user("c", person="99"), user("d")])
    assert server.connector().accounts_of("99") == ["a", "c"]
    assert server.connector().accounts_of("") == []
    assert server.connector(person="").accounts_of("99") == []


def test_a_provider_without_active_is_unknown() -> None:
    server = Server(users=[user("dupont", active=None)])
    assert server.connector().verify(suspend("dupont"))["state"] == "unknown"


def test_one_that_says_yes_and_does_nothing_is_found() -> None:
    server = Server(liar=True)
    scim = server.connector()
    scim.apply(suspend("dupont"))
    assert scim.verify(suspend("dupont"))["state"] == "alive"


def test_a_token_is_kept_until_it_expires() -> None:
    clock = [1_000_000]
    server = Server()
    scim = server.connector(now=lambda: clock[0])
    scim.before(suspend("dupont"))
    scim.before(suspend("martin"))
    assert server.tokens == 1
    clock[0] += 3_580_000_000
    scim.before(suspend("dupont"))
    assert server.tokens == 2


def test_a_token_that_is_refused_is_replaced_once() -> None:
    server = Server()
    scim = server.connector()
    scim.warm()
    server.valid = "revoked"
    assert scim.before(suspend("dupont"))["active"] is True
    assert server.tokens == 2
    server.answers = [told(401, {}), told(401, {})]
    with pytest.raises(ConnectorFailed, match=r"does not let Tocsin do it \(401\)"):
        scim.before(suspend("dupont"))


def test_no_token_no_cut() -> None:
    server = Server()
    server._token = lambda request: told(401, {"error": "invalid_client"})  # type: ignore[method-assign]
    with pytest.raises(ConnectorFailed, match="token endpoint answered 401"):
        server.connector().before(suspend("dupont"))


def test_a_provider_that_is_busy_is_waited_for_once() -> None:
    server = Server()
    scim = server.connector()
    scim.before(suspend("dupont"))
    busy = {"Retry-After": "1"}
    server.answers = [told(429, {}, **busy)]
    assert scim.before(suspend("dupont"))["active"] is True
    server.answers = [told(429, {}, **busy), told(429, {}, **busy)]
    with pytest.raises(ConnectorFailed) as failed:
        scim.before(suspend("dupont"))
    assert failed.value.retry_s == 1
    server.answers = [told(503, {}, **{"Retry-After": "120"})]
    with pytest.raises(ConnectorFailed) as failed:
        scim.before(suspend("dupont"))
    assert failed.value.retry_s == 120


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (httpx2.ReadTimeout("slow"), "nobody knows whether it did it"),
        (httpx2.ConnectError("refused"), "cannot be reached"),
        (httpx2.RemoteProtocolError("half"), "cannot be reached"),
        (told(500, {"schemas": ["x"], "detail": "dupont"}), "answered 500"),
        (told(403, {}), "does not let Tocsin"),
        (told(403, {"schemas": [ERROR], "status": "403", "detail": "dupont"}), "does not let Tocsin"),
        (told(400, {"schemas": [ERROR], "status": "400"}), "answered 400"),
        (told(302, {}, Location="http://elsewhere.test"), "answered 302"),
        (httpx2.Response(200, content=b'{"id": "id-dup', headers={"Content-Type": "application/json"}), "read"),
        (httpx2.Response(502, content=b"<html>dupont</html>"), "answered 502"),
    ],
)
def test_what_goes_wrong_is_said_without_the_name(answer: Any, words: str) -> None:
    server = Server()
    scim = server.connector()
    scim.before(suspend("dupont"))
    server.answers = [answer]
    with pytest.raises(ConnectorFailed) as failed:
        scim.before(suspend("dupont"))
    assert words in str(failed.value)
    assert "dupont" not in str(failed.value)
    assert "s3cret" not in str(failed.value)
    server.answers = [answer]
    with pytest.raises(ConnectorFailed, match=re.escape(words)):
        scim.apply(suspend("dupont"))


@pytest.mark.parametrize(
    "body", [[], "x", 7, None, {"Resources": "x"}, {"Resources": [1, None, {"id": None}]}, {"totalResults": "x"}]
)
def test_an_answer_of_any_shape_cuts_nobody(body: Any) -> None:
    server = Server()
    scim = server.connector()
    scim.warm()
    server.answers = [told(200, body)]
    with pytest.raises(ConnectorFailed):
        scim.before(suspend("dupont"))


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("userName", ["d"]),
        ("USERNAME", ["d"]),
        (EMPLOYEE, ["99"]),
        (EMPLOYEE.upper(), ["99"]),
        ("emails.value", ["a@x", "b@x"]),
        ("name.formatted", ["D"]),
        ("name", []),
        ("active", []),
        ("nothing.at.all", []),
        ("number", ["7"]),
    ],
)
def test_paths(path: str, values: list[str]) -> None:
    resource = {
        "userName": "d",
        "active": True,
        "number": 7,
        "name": {"formatted": "D"},
        "emails": [{"value": "a@x"}, {"value": "b@x"}, "c"],
        ENTERPRISE: {"employeeNumber": "99"},
    }
    assert values_at(resource, path) == values
