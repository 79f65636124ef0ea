"""Linked episodes are one incident, whatever their order; an id once given stays."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.model.incident import Incident, Link, incident_id
from tocsin.triage import Crowd, grouped, links_of
from unit.triage.drawn import episode, trace

EPISODES = [episode(f"account-{i}", i) for i in range(8)]
PAIRS = st.lists(st.tuples(st.sampled_from(EPISODES), st.sampled_from(EPISODES)), max_size=8)
PLACES = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 40), st.integers(0, 3), st.integers(0, 3)), max_size=8)


def link(a, b) -> Link:
    first, second = sorted((a.id, b.id))
    return Link(first=first, second=second, kind="device", words="one device")


def assigned(incidents: list[Incident]) -> dict[str, str]:
    return {episode.id: incident.id for incident in incidents for episode in incident.episodes}


@given(PAIRS, st.randoms(use_true_random=False))
def test_the_order_of_episodes_and_links_means_nothing(pairs, random) -> None:
    links = [link(a, b) for a, b in pairs if a is not b]
    shuffled, mixed = [*EPISODES], [*links]
    random.shuffle(shuffled)
    random.shuffle(mixed)
    assert grouped(EPISODES, links, {}) == grouped(shuffled, mixed, {})


@given(PAIRS)
def test_each_episode_is_in_one_incident(pairs) -> None:
    found = grouped(EPISODES, [link(a, b) for a, b in pairs if a is not b], {})
    assert sorted(one.id for incident in found for one in incident.episodes) == sorted(one.id for one in EPISODES)
    assert len({incident.id for incident in found}) == len(found)


@given(PAIRS, PAIRS, st.integers(1, 8))
def test_an_id_that_was_given_stays_when_episodes_join(before, after, known) -> None:
    """What was found earlier, with fewer episodes and links, keeps its ids or says which one it became."""
    first = EPISODES[:known]
    old = [link(a, b) for a, b in before if a is not b]
    given_before = assigned(grouped(first, old, {}))
    later = grouped(EPISODES, [*old, *(link(a, b) for a, b in after if a is not b)], given_before)
    now = assigned(later)
    absorbed = {name: incident.id for incident in later for name in incident.absorbed}
    for name, incident in given_before.items():
        assert now[name] in (incident, absorbed.get(incident))


@given(PAIRS, PAIRS)
def test_an_incident_never_falls_apart_by_itself(before, after) -> None:
    given_before = assigned(grouped(EPISODES, [link(a, b) for a, b in before if a is not b], {}))
    now = assigned(grouped(EPISODES, [link(a, b) for a, b in after if a is not b], given_before))
    for one in EPISODES:
        for other in EPISODES:
            if given_before[one.id] == given_before[other.id]:
                assert now[one.id] == now[other.id]


@settings(max_examples=60)
@given(PLACES, st.randoms(use_true_random=False))
def test_links_do_not_depend_on_the_order_of_traces(drawn, random) -> None:
    traces = {
        (account, day): trace(f"a{account}", day, devices=[device], networks=[f"n{network}"])
        for account, day, device, network in drawn
    }
    shuffled = list(traces.values())
    random.shuffle(shuffled)
    assert links_of(traces.values(), Crowd()) == links_of(shuffled, Crowd())


def test_of_two_that_are_one_the_older_keeps_its_id() -> None:
    a, b, c = EPISODES[:3]
    given_before = {a.id: "INC-aaaaaaaaaa", b.id: "INC-bbbbbbbbbb"}
    (incident,) = grouped([c, b, a], [link(a, b), link(b, c)], given_before)
    assert incident.id == "INC-aaaaaaaaaa"
    assert incident.absorbed == ("INC-bbbbbbbbbb",)
    assert incident.opened_at == a.opened_at


def test_what_no_link_holds_any_more_is_held_and_said() -> None:
    a, b = EPISODES[:2]
    (incident,) = grouped([a, b], [], {a.id: "INC-aaaaaaaaaa", b.id: "INC-aaaaaaaaaa"})
    assert [one.kind for one in incident.links] == ["kept"]


def test_a_new_incident_is_named_by_its_first_episode() -> None:
    (incident,) = grouped(EPISODES[:1], [], {})
    assert incident.id == incident_id([EPISODES[0].id])
