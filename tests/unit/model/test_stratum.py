"""The name of a stratum says whose account-weeks it holds, whatever directories and trails call things."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.model.stratum import of_home, of_role, role_and_home

texts = st.text(alphabet=st.one_of(st.sampled_from("@\\60*\n\x1f"), st.characters()), max_size=8)
named = texts.filter(bool)


@given(texts, named)
def test_a_name_tells_role_and_home_apart(role: str, home: str) -> None:
    assert role_and_home(of_role(role)) == (role, "")
    assert role_and_home(of_home(role, home)) == (role, home)


@given(st.tuples(texts, texts), st.tuples(texts, texts))
def test_no_two_strata_have_one_name(one: tuple[str, str], other: tuple[str, str]) -> None:
    """Promise: a role that is called `60@dpi` is not role 60 at home in dpi."""
    names = [of_home(*pair) if pair[1] else of_role(pair[0]) for pair in (one, other)]
    assert (names[0] == names[1]) == (one == other)


@pytest.mark.parametrize(
    ("role", "home", "name"), [("60", "dpi", "60@dpi"), ("a@b", "c\\d", r"a\@b@c\\d"), ("60@dpi", "", r"60\@dpi")]
)
def test_a_name_is_read_by_people_too(role: str, home: str, name: str) -> None:
    assert (of_home(role, home) if home else of_role(role)) == name


def test_what_is_no_name_is_a_role() -> None:
    """A calibration from before there were homes may hold one."""
    assert role_and_home("odd\\") == ("odd\\", "")
