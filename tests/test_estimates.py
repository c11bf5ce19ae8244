"""An estimate raises an incident; the bill comes a day or two later. One incident, told once.

A morning is a word: `e300` the estimate finds $300 too much, `b280` the bill's rule finds $280 of the day before,
`l280` of the one before that, `=310/300` the bill is complete for the day and says $300 where the estimate was $310;
`-` nothing. The estimate looks at today, the bill at yesterday.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from finops.incidents.machine import Policy, decide
from finops.messages.compose import compose
from finops.messages.standing import billed
from finops.model import Billed, Decision, Finding, Incident, Severity, Window

DAY0 = date(2026, 11, 1)


def finding(
    rule: str, usd: str, day: date, severity: Severity = "page", workload: str = "search-api"
) -> Finding:
    return Finding(
        rule=rule, title="t", severity=severity, subject=workload, day=day, usd=Decimal(usd), summary="s",
        workload=workload, basis="estimated" if rule == "spend_spike_now" else "provisional",
    )  # fmt: skip


class Mornings:
    def __init__(self) -> None:
        self.known: dict[str, Incident] = {}
        self.planned: list[Window] = []
        self.decision = Decision()

    def morning(self, number: int, word: str) -> str:
        today, now = (
            DAY0 + timedelta(days=number),
            datetime(2026, 11, 1, 6, tzinfo=UTC) + timedelta(days=number),
        )
        found: list[Finding] = []
        outcomes: dict[str, Billed] = {}
        for part in word.split("+"):
            if part.startswith("e"):
                found.append(finding("spend_spike_now", part[1:], today))
            elif part.startswith("b"):
                found.append(finding("spend_spike", part[1:], today - timedelta(days=1)))
            elif part.startswith("l"):
                found.append(finding("spend_spike", part[1:], today - timedelta(days=2)))
            elif part.startswith("o"):
                found.append(finding("spend_spike", part[1:], today - timedelta(days=1), workload="other"))
            elif part.startswith("="):
                estimated, usd = part[1:].split("/")
                bill = Billed(through=today, usd=Decimal(usd), estimated_usd=Decimal(estimated))
                outcomes = {one.id: bill for one in self.known.values() if one.rule == "spend_spike_now"}
        evaluated = {"spend_spike_now": today, "spend_spike": today - timedelta(days=1)}

        def ask() -> Decision:
            known = tuple(self.known.values())
            return decide(known, found, evaluated, now, Policy(), self.planned, billed=outcomes)

        self.decision = ask()
        self.known |= {incident.id: incident for incident in self.decision.incidents}
        assert ask() == Decision(), "the same call on its own result decides nothing"
        return "+".join(f"{one.incident.rule[-3:]}:{one.reason}" for one in self.decision.notices) or "."

    def answered(self, state: str, until: int | None) -> None:
        """`until`: the number of the morning."""
        (one,) = self.known.values()
        end = None if until is None else datetime(2026, 11, 1, tzinfo=UTC) + timedelta(days=until)
        self.known[one.id] = one.model_copy(update={"state": state, "by": "ana", "until": end})
        if state == "planned" and end is not None:
            self.planned.append(Window(name=one.subject, until=end, by="ana"))


@pytest.mark.parametrize(
    ("mornings", "expected"),
    [
        pytest.param(
            "e300 b280 -+=310/300 - -", "now:opened . now:confirmed now:resolved .",
            id="the bill's finding belongs to it: no second page, figures when they are complete",
        ),
        pytest.param("e300 b280+=310/300", "now:opened now:confirmed", id="finding and figures at once"),
        pytest.param("e300 =310/300", "now:opened now:confirmed", id="about right: no rule need find it"),
        pytest.param("e300 =125/100", "now:opened now:confirmed", id="a quarter too high is about right"),
        pytest.param("e300 =126/100", "now:opened now:corrected", id="more is corrected"),
        pytest.param("e300 =100/200", "now:opened now:confirmed", id="too low was right to be told"),
        pytest.param("e300 =100/0", "now:opened now:corrected", id="nothing was billed"),
        pytest.param(
            "e300 b280+=600/300", "now:opened now:confirmed", id="far too high, but the bill's rule finds it as well"
        ),
        pytest.param(
            "e300 =600/100+e310", "now:opened now:corrected", id="corrected, though the estimate still finds it"
        ),
        pytest.param(
            "e300 =600/100 e310 e590 e600", "now:opened now:corrected . . now:reopened",
            id="just corrected: believed again when it doubles",
        ),
        pytest.param("e300 =600/100+e600", "now:opened now:escalated", id="corrected, but twice as much by now"),
        pytest.param("e300 e300 e300+b280 b280", "now:opened now:reminder now:reminder .", id="it goes on"),
        pytest.param(
            "- b280 e300+b280 b300+e400", ". ike:opened ike:reminder ike:reminder",
            id="told of the bill first: the estimate says the same",
        ),
        pytest.param("- b280 e560", ". ike:opened now:opened", id="unless it doubled since"),
        pytest.param("- b280+e300", ". ike:opened", id="both at once"),
        pytest.param("e300 o280", "now:opened ike:opened", id="another workload is another incident"),
        pytest.param(
            "e300 - - - =310/300", "now:opened . . now:resolved now:confirmed", id="over before the bill came"
        ),
        pytest.param(
            "e300 - - - =610/300", "now:opened . . now:resolved now:corrected", id="over before the bill corrects it"
        ),
        pytest.param(
            "e300 - - - b280 b290", "now:opened . . now:resolved ike:opened ike:reminder",
            id="over, and the bill finds a later day: news",
        ),
    ],
)  # fmt: skip
def test_estimate_and_bill(mornings: str, expected: str) -> None:
    play = Mornings()
    assert [play.morning(n, word) for n, word in enumerate(mornings.split())] == expected.split()


@pytest.mark.parametrize(
    ("state", "told", "after"),
    [
        pytest.param("acknowledged", "now:confirmed", "acknowledged", id="acknowledged: told in the thread"),
        pytest.param("snoozed", ".", "snoozed", id="snoozed: recorded"),
    ],
)
def test_a_confirmation_takes_no_answer_back(state: str, told: str, after: str) -> None:
    play = Mornings()
    play.morning(0, "e300")
    play.answered(state, None if state == "acknowledged" else 8)
    assert play.morning(1, "=310/300") == told
    (one,) = play.known.values()
    assert (one.state, one.by, one.billed is not None) == (after, "ana", True)


@pytest.mark.parametrize("state", ["snoozed", "planned"])
def test_a_correction_waits_for_the_end_of_a_silence(state: str) -> None:
    """It would end what was told without a word, and the next one would be told as new."""
    play = Mornings()
    play.morning(0, "e300")
    play.answered(state, 2)
    assert play.morning(1, "=600/100") == "."
    (one,) = play.known.values()
    assert (one.state, one.billed) == (state, None)
    assert play.morning(2, "=600/100") == "now:corrected"


def test_a_silence_that_was_heard_of_is_over() -> None:
    """What is told again has neither an answer nor the end of one."""
    play = Mornings()
    play.morning(0, "e300")
    play.answered("snoozed", 2)
    assert [play.morning(1, "e300"), play.morning(2, "e300")] == [".", "now:reminder"]
    (one,) = play.known.values()
    assert (one.state, one.by, one.until) == ("open", None, None)


def test_what_the_bill_finds_of_a_day_that_it_corrected_is_told_once() -> None:
    """Two checks of one morning: the bill corrects the day, then it is restated and the hours are worse."""
    play = Mornings()
    assert [play.morning(0, "e300"), play.morning(1, "=600/100")] == ["now:opened", "now:corrected"]
    assert [play.morning(1, "e700+b800"), play.morning(1, "e710+b800")] == ["ike:opened", "."]


def test_what_the_bill_found_before_it_began_again_neither_pages_nor_confirms() -> None:
    play = Mornings()
    told = [play.morning(n, word) for n, word in enumerate(["e300", "=600/100", "-", "e700"])]
    assert told == ["now:opened", "now:corrected", ".", "now:reopened"]
    found = [finding("spend_spike", "280", DAY0)]
    now = datetime(2026, 11, 4, 12, tzinfo=UTC)
    assert not decide(tuple(play.known.values()), found, {}, now, Policy()).notices


def test_a_correction_is_not_held_against_an_estimate_for_ever() -> None:
    play = Mornings()
    assert [play.morning(0, "e300"), play.morning(1, "=600/100")] == ["now:opened", "now:corrected"]
    assert play.morning(8, "e310") == ".", "within the cooldown"
    assert play.morning(9, "e310") == "now:opened"


def test_a_later_day_of_a_late_bill_is_news_beside_the_day_that_the_estimate_told() -> None:
    """The bill was away for days and brings the told day and another one at once."""
    play = Mornings()
    assert [play.morning(n, "e300" if n == 0 else "-") for n in range(4)][-1] == "now:resolved"
    found = [finding("spend_spike", "280", DAY0), finding("spend_spike", "900", DAY0 + timedelta(days=5))]
    now = datetime(2026, 11, 7, 6, tzinfo=UTC)
    decision = decide(tuple(play.known.values()), found, {}, now, Policy())
    assert [(one.reason, one.incident.rule) for one in decision.notices] == [("opened", "spend_spike")]


def test_what_only_the_bill_still_finds_is_reminded_of() -> None:
    play = Mornings()
    told = [play.morning(n, "e300" if n == 0 else "b290+=310/300") for n in range(6)]
    assert told == ["now:opened", "now:confirmed", "now:reminder", ".", "now:reminder", "."]


def test_what_the_bill_told_first_stays_its_own_when_it_is_over() -> None:
    """Found again on the morning on which it ends, it is not found by the estimate's incident instead."""
    play = Mornings()
    assert play.morning(2, "b1200+e2500") == "now:opened+ike:opened"
    found = [finding("spend_spike", "1200", DAY0 + timedelta(days=1))]
    now = datetime(2026, 11, 6, 6, tzinfo=UTC)
    known = tuple(play.known.values())
    for day in (2, 3, 4, 4):
        decision = decide(known, found, {"spend_spike": DAY0 + timedelta(days=day)}, now, Policy())
        known = tuple(({one.id: one for one in known} | {one.id: one for one in decision.incidents}).values())
    assert decision == Decision()
    assert sorted((one.rule, one.state, one.peak_usd) for one in known) == [
        ("spend_spike", "resolved", Decimal(1200)), ("spend_spike_now", "open", Decimal(2500)),
    ]  # fmt: skip


def test_without_figures_the_rule_on_the_bill_confirms() -> None:
    """As in a replay, where nobody asks the ledger."""
    opened = decide(
        [], [finding("spend_spike_now", "300", DAY0)], {}, datetime(2026, 11, 1, 6, tzinfo=UTC), Policy()
    )
    later = decide(
        opened.incidents, [finding("spend_spike", "280", DAY0)], {}, datetime(2026, 11, 1, 18, tzinfo=UTC), Policy()
    )  # fmt: skip
    (notice,) = later.notices
    assert (notice.reason, billed(notice.incident)) == (
        "confirmed",
        "the bill through 2026-11-01 agrees with the estimate",
    )


@pytest.mark.parametrize(
    ("word", "headline", "summary"),
    [
        pytest.param("=310/300", "[BILLED] s", "billed $300.00 through 2026-11-02, estimated $310.00: 3.3% too high",
                     id="confirmed"),
        pytest.param("=290/300", "[BILLED] s", "billed $300.00 through 2026-11-02, estimated $290.00: 3.3% too low",
                     id="too low"),
        pytest.param("=610/300", "[CORRECTED] s",
                     "billed $300.00 through 2026-11-02, estimated $610.00: 103.3% too high", id="corrected"),
        pytest.param("=10/0", "[CORRECTED] s", "billed $0.00 through 2026-11-02, estimated $10.00",
                     id="no share of nothing"),
    ],
)  # fmt: skip
def test_the_error_of_the_estimate_is_said(word: str, headline: str, summary: str) -> None:
    play = Mornings()
    play.morning(0, "e300")
    play.morning(1, word)
    (message,) = compose(play.decision.notices, 5)
    assert message.headline.startswith(headline)
    assert billed(message.notices[0].incident) == summary


def sale(first: int, until: int) -> Window:
    """From the day of the first morning to the one before `until`."""
    ends = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(days=until)
    return Window(name="search-api", first_day=DAY0 + timedelta(days=first), until=ends, by="sale")


@pytest.mark.parametrize(
    ("first", "mornings", "expected"),
    [
        pytest.param(
            3, "- - - e300 l900 l900", ". . . . now:opened .", id="the bill's page of the day before"
        ),
        pytest.param(
            3, "- - - - b900 - - e900 b900+=900/900", ". . . . . . . now:opened now:confirmed",
            id="an estimate after it, though the bill's incident goes on in silence",
        ),
    ],
)  # fmt: skip
def test_a_silent_incident_swallows_nothing_that_nobody_planned(
    first: int, mornings: str, expected: str
) -> None:
    play = Mornings()
    play.planned = [sale(first, 6)]
    assert [play.morning(number, word) for number, word in enumerate(mornings.split())] == expected.split()


def test_of_a_rule_that_is_gone_the_bill_neither_speaks_nor_is_swallowed() -> None:
    play = Mornings()
    play.morning(3, "e300")
    (one,) = play.known.values()
    now = datetime(2026, 11, 6, 6, tzinfo=UTC)
    outcomes = {
        one.id: Billed(through=DAY0 + timedelta(days=4), usd=Decimal(300), estimated_usd=Decimal(310))
    }
    known, told = (one,), []
    for found in ([finding("spend_spike", "900", DAY0 + timedelta(days=4))], []):
        for _ in range(2):
            decision = decide(known, found, {}, now, Policy(), billed=outcomes, gone={"spend_spike_now"})
            known = tuple(
                ({each.id: each for each in known} | {each.id: each for each in decision.incidents}).values()
            )
            told.append({(notice.incident.rule, notice.reason) for notice in decision.notices})
    assert told == [{("spend_spike_now", "resolved"), ("spend_spike", "opened")}, set(), set(), set()]


def told(mornings: dict[int, list[Finding]]) -> dict[int, str]:
    """By the number of the morning, with the severity. What it says on mornings without a word is left out."""
    known: dict[str, Incident] = {}
    said = {}
    for number in range(max(mornings) + 1):
        today, now = (
            DAY0 + timedelta(days=number),
            datetime(2026, 11, 1, 6, tzinfo=UTC) + timedelta(days=number),
        )
        evaluated = {"spend_spike_now": today, "spend_spike": today - timedelta(days=1)}
        decision = decide(
            tuple(known.values()), mornings.get(number, []), evaluated, now, Policy(), billed={}
        )
        known |= {one.id: one for one in decision.incidents}
        for notice in decision.notices:
            said[number] = f"{notice.incident.rule[-3:]}:{notice.reason} {notice.incident.severity}"
    return said


def test_a_page_of_the_bill_is_told_where_the_estimate_was_told_as_less_and_is_over() -> None:
    warned = finding("spend_spike_now", "100", DAY0 + timedelta(days=3), "warn")
    page = finding("spend_spike", "100", DAY0 + timedelta(days=3))
    assert told({3: [warned], 7: [page]}) == {
        3: "now:opened warn",
        6: "now:resolved warn",
        7: "ike:opened page",
    }


def test_an_earlier_burst_is_not_told_again_through_an_estimate() -> None:
    page = finding("spend_spike_now", "100", DAY0 + timedelta(days=3))
    warned = finding("spend_spike_now", "100", DAY0 + timedelta(days=7), "warn")
    late = finding("spend_spike", "100", DAY0 + timedelta(days=3))
    assert told({3: [page], 7: [warned], 8: [late]}) == {
        3: "now:opened page", 6: "now:resolved page", 7: "now:reopened warn",
    }  # fmt: skip
