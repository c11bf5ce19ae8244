"""When people are told, and when they are not: mornings of one rule, one letter and one amount each.

`p300` is a finding of $300 that pages, `w` warns, `i` informs; `-` a complete day without a finding;
`x` a day without data; `@3:w900` what day 3 is found to have been, restated or late.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from finops.incidents.machine import Policy, decide
from finops.model import Decision, Finding, Incident, Notice, Severity, Window

DAY0 = date(2026, 11, 1)
SEVERITY: dict[str, Severity] = {"p": "page", "w": "warn", "i": "info"}


def day(number: int) -> date:
    return DAY0 + timedelta(days=number)


def six_oclock(number: int) -> datetime:
    """The morning after that day."""
    return datetime(2026, 11, 1, 6, tzinfo=UTC) + timedelta(days=number + 1)


def finding(text: str, on: int, subject: str = "search-api", rule: str = "spend_spike") -> Finding:
    return Finding(
        rule=rule,
        title="Spend jumped",
        severity=SEVERITY[text[0]],
        subject=subject,
        day=day(on),
        usd=Decimal(text[1:]) if text[1:] else None,
        summary=f"{subject} cost ${text[1:]}",
        workload=subject.split(" / ")[0],
    )


class Mornings:
    """Findings of one rule, a day at a time, as the pipeline would bring them."""

    def __init__(self, policy: Policy | None = None) -> None:
        self.policy = policy or Policy()
        self.known: dict[str, Incident] = {}
        self.planned: list[Window] = []

    def morning(self, number: int, word: str) -> Decision:
        found = []
        for part in word.split("+"):
            if part.startswith("@"):
                late, text = part[1:].split(":")
                found.append(finding(text, int(late)))
            elif part not in ("-", "x"):
                found.append(finding(part, number))
        evaluated = {} if word == "x" else {"spend_spike": day(number)}
        return self.decide(found, evaluated, six_oclock(number))

    def decide(self, found: Sequence[Finding], evaluated: dict[str, date], now: datetime) -> Decision:
        decision = decide(tuple(self.known.values()), found, evaluated, now, self.policy, self.planned)
        self.known |= {incident.id: incident for incident in decision.incidents}
        again = decide(tuple(self.known.values()), found, evaluated, now, self.policy, self.planned)
        assert again == Decision(), "the same call on its own result decides nothing"
        return decision

    @property
    def only(self) -> Incident:
        (incident,) = self.known.values()
        return incident

    def answer(self, state: str, until: datetime | None = None) -> None:
        update = {"state": state, "until": until, "by": "ana"}
        self.known[self.only.id] = self.only.model_copy(update=update)
        if state == "planned" and until is not None:
            self.planned.append(Window(name=self.only.subject, until=until, by="ana"))


def told(decision: Decision) -> str:
    return "+".join(notice.reason for notice in decision.notices) or "."


@pytest.mark.parametrize(
    ("mornings", "expected"),
    [
        pytest.param("w100", "opened", id="a finding opens"),
        pytest.param("-", ".", id="nothing found, nothing told"),
        pytest.param("w100 w100 w100", "opened . .", id="a warning is not repeated daily"),
        pytest.param(
            " ".join(["w100"] * 8), "opened . . . . . . reminder", id="a warning reminds after a week"
        ),
        pytest.param("p100 p100 p100", "opened reminder reminder", id="a page reminds every day"),
        pytest.param(" ".join(["i9"] * 9), "opened . . . . . . . .", id="information is told once"),
        pytest.param("w100 p100 p100", "opened escalated reminder", id="worse severity escalates at once"),
        pytest.param("w100 w200", "opened escalated", id="dollars exactly doubled"),
        pytest.param("w100 w199.99", "opened .", id="a hair below double"),
        pytest.param("w100 w150 w199 w200", "opened . . escalated", id="doubled since the last message"),
        pytest.param(
            "w100 w200 w300 w400", "opened escalated . escalated", id="doubling counts from the last told"
        ),
        pytest.param("p300 w300 p300", "opened . reminder", id="a flap of severity is no escalation"),
        pytest.param("w w w", "opened . .", id="no dollars, no doubling"),
        pytest.param("w0 w0 w5", "opened . .", id="nothing doubles from zero"),
        pytest.param("w100 - - -", "opened . . resolved", id="resolves after three quiet days"),
        pytest.param(
            "w100 - - w100 - - -", "opened . . . . . resolved", id="a finding starts the quiet days anew"
        ),
        pytest.param(
            "w100 - x x x - -", "opened . . . . . resolved", id="days without data do not count as quiet"
        ),
        pytest.param("w100 x x x x x", "opened . . . . .", id="no data holds"),
        pytest.param(
            "w100 - - - w90", "opened . . resolved reopened", id="again within the cooldown re-opens"
        ),
        pytest.param(
            "w100 - - - x x x x x x x x w90",
            "opened . . resolved . . . . . . . . opened",
            id="a later one is new",
        ),
        pytest.param(
            "w100 - - - @0:w900", "opened . . resolved .", id="a restated day of a resolved one is old"
        ),
        pytest.param(
            "w100 - - @0:w100", "opened . . resolved", id="a known day found again still lets it resolve"
        ),
        pytest.param("w100 -+@0:w100 -+@0:w100", "opened . .", id="a known day is not told again"),
        pytest.param("p100 -+@0:p100 -+@0:p100", "opened . .", id="a day that is over does not remind"),
        pytest.param(
            "w100 w100+@0:p120 w90+@0:p120",
            "opened escalated .",
            id="a day that is over turns out to be a page",
        ),
        pytest.param("p100 w100+@0:p120", "opened .", id="a page that was told is no news when restated"),
        pytest.param("w100 -+@0:w250", "opened escalated", id="a known day that doubled escalates"),
        pytest.param("w100+@-1:w300", "opened", id="several days are one incident"),
        pytest.param("w10+w90", "opened", id="two lines of one day are one incident"),
        pytest.param(
            "w100 - - - @2:w400", "opened . . resolved reopened", id="a late bill for a quiet day is news"
        ),
    ],
)
def test_mornings(mornings: str, expected: str) -> None:
    play = Mornings()
    words = mornings.split()
    assert [told(play.morning(number, word)) for number, word in enumerate(words)] == expected.split()


@pytest.mark.parametrize(
    ("answer", "mornings", "expected"),
    [
        pytest.param(
            "acknowledged", "w100 w900 w900", ". . .", id="acknowledged is silent, also when it doubles"
        ),
        pytest.param(
            "acknowledged", "p100 p100", "escalated reminder", id="a higher severity takes the ack back"
        ),
        pytest.param("acknowledged", "- - -", ". . resolved", id="acknowledged resolves and says so"),
        pytest.param(
            "acknowledged", "- - - w100 w300", ". . resolved reopened escalated", id="re-opening clears it"
        ),
        pytest.param(
            "snoozed", "p900 p900 p900 p900", ". . escalated reminder", id="snoozed hears nothing until then"
        ),
        pytest.param(
            "snoozed", "w100 w100 w100 w100", ". . reminder .", id="still there when the snooze ends"
        ),
        pytest.param("snoozed", "- - - -", ". . resolved .", id="resolves as the snooze ends"),
        pytest.param(
            "snoozed", "w100 - - - -", ". . . resolved .", id="over when the snooze ends: no reminder"
        ),
        pytest.param(
            "planned", "w100 p900 w100 -", ". . . .", id="planned days are silent when the bill is late"
        ),
        pytest.param(
            "planned", "w100 w100 w100 w100", ". . . reminder", id="after the planned days it is told"
        ),
    ],
)
def test_answers(answer: str, mornings: str, expected: str) -> None:
    """The incident opened on day 0 with $100; a snooze or a plan ends with day 3, before its morning."""
    play = Mornings()
    play.morning(0, "w100")
    play.answer(answer, None if answer == "acknowledged" else datetime(2026, 11, 5, tzinfo=UTC))
    reasons = [told(play.morning(number, word)) for number, word in enumerate(mornings.split(), start=1)]
    assert reasons == expected.split()


@pytest.mark.parametrize("name", ["search-api", "search-api / sonnet"])
@pytest.mark.parametrize(
    ("mornings", "expected", "state"),
    [
        pytest.param("w100 p900", ". .", "planned", id="opens silently"),
        pytest.param("w100 x x w100", ". . . opened", "open", id="told when it outlasts the plan"),
        pytest.param("w100 - - - -", ". . . . .", "resolved", id="nobody was told, so no all-clear"),
    ],
)
def test_activity_announced_in_advance(name: str, mornings: str, expected: str, state: str) -> None:
    play = Mornings()
    play.planned = [Window(name="search-api", until=datetime(2026, 11, 4, tzinfo=UTC), by="ana")]
    reasons = []
    for number, word in enumerate(mornings.split()):
        found = [finding(word, number, subject=name)] if word not in "-x" else []
        evaluated = {} if word == "x" else {"spend_spike": day(number)}
        reasons.append(told(play.decide(found, evaluated, six_oclock(number))))
    assert reasons == expected.split()
    assert play.only.state == state


@pytest.mark.parametrize(
    ("mornings", "expected"),
    [
        pytest.param("- - p100 p900", ". . . .", id="begins in the window: silent"),
        pytest.param("w100 w100 p900 p900", "opened . . .", id="goes on already: silent in the window"),
        pytest.param("p100 - p900 - - -", "opened . . . . resolved", id="over after the window"),
        pytest.param("- - p100 p100 p100 p100", ". . . . opened reminder", id="outlasts the window: told"),
        pytest.param("p100 - - - - -", "opened . . resolved . .", id="quiet before the window: resolves"),
    ],
)
@pytest.mark.parametrize("of", ["workload", "team"])
def test_a_window_known_in_advance_never_pages(mornings: str, expected: str, of: str) -> None:
    """Planned are days 2 and 3; the morning of day 2 is that after it, when the bill has it."""
    play = Mornings()
    whose = {"name": "search-api"} if of == "workload" else {"team": "search"}
    play.planned = [
        Window(first_day=day(2), until=datetime(2026, 11, 5, tzinfo=UTC), by="finops.toml", **whose)
    ]
    reasons = []
    for number, word in enumerate(mornings.split()):
        found = [finding(word, number).model_copy(update={"team": "search"})] if word not in "-x" else []
        reasons.append(told(play.decide(found, {"spend_spike": day(number)}, six_oclock(number))))
    assert reasons == expected.split()


def test_a_plan_that_was_taken_back_is_its_own_subjects_alone() -> None:
    """Black Friday has one reason and one end for all."""
    play = Mornings()
    until = datetime(2026, 11, 30, tzinfo=UTC)
    sale = [
        Window(first_day=day(1), until=until, by="sale", name=name) for name in ("search-api", "checkout")
    ]
    play.planned = sale
    assert told(play.morning(1, "p900")) == "."
    play.planned = sale[1:]
    assert told(play.morning(2, "p900")) == "opened"


def test_a_plan_that_was_taken_back_leaves_another_one_standing() -> None:
    play = Mornings()
    file = Window(
        first_day=day(1), until=datetime(2026, 11, 25, tzinfo=UTC), by="finops.toml", name="search-api"
    )
    said = Window(until=datetime(2026, 11, 12, tzinfo=UTC), by="ana", name="search-api")
    play.planned = [file, said]
    assert told(play.morning(1, "p900")) == "."
    play.planned = [said]
    assert told(play.morning(2, "p900")) == "."
    assert (play.only.state, play.only.by) == ("planned", "ana")


def test_what_was_told_before_a_plan_that_was_taken_back_is_told_as_still_there() -> None:
    play = Mornings()
    assert told(play.morning(0, "w100")) == "opened"
    play.planned = [
        Window(
            first_day=day(1), until=datetime(2026, 11, 25, tzinfo=UTC), by="finops.toml", name="search-api"
        )
    ]
    assert told(play.morning(1, "p110")) == "."
    play.planned = []
    assert told(play.morning(2, "w100")) == "reminder"


def test_a_plan_that_was_taken_back_silences_nobody() -> None:
    play = Mornings()
    wrong = Window(
        first_day=day(1), until=datetime(2026, 11, 30, tzinfo=UTC), by="finops.toml", name="search-api"
    )
    play.planned = [wrong]
    assert told(play.morning(1, "p900")) == "."
    play.planned = [wrong.model_copy(update={"until": datetime(2026, 11, 25, tzinfo=UTC)})]
    assert told(play.morning(2, "p900")) == ".", "a shorter one is one as well"
    assert (play.only.state, play.only.until) == ("planned", datetime(2026, 11, 25, tzinfo=UTC))
    play.planned = []
    assert told(play.morning(3, "p900")) == "opened"


@pytest.mark.parametrize(
    ("mornings", "expected"),
    [
        pytest.param("- @0:p900+w100 w100", ". opened/page .", id="it opens as a page"),
        pytest.param(
            "w100 x @1:p110+w100 w100",
            "opened/warn . escalated/page .",
            id="it goes on as if looked at daily",
        ),
        pytest.param("p110 @0:p110+w100 w100", "opened/page . .", id="told already"),
    ],
)
def test_of_several_days_in_one_run_the_worst_is_told(mornings: str, expected: str) -> None:
    play = Mornings()
    said = []
    for number, word in enumerate(mornings.split()):
        notices = play.morning(number, word).notices
        said += [f"{one.reason}/{one.incident.severity}" for one in notices] or ["."]
    assert said == expected.split()
    assert play.only.severity == "warn"


def test_what_begins_again_in_a_window_and_outlasts_it_is_told_as_the_same_incident() -> None:
    play = Mornings()
    play.planned = [
        Window(first_day=day(5), until=datetime(2026, 11, 8, tzinfo=UTC), by="finops.toml", name="search-api")
    ]
    reasons = []
    for number, word in enumerate(["w100", "-", "-", "-", "-", "w100", "w100", "w100"]):
        found = [] if word == "-" else [finding(word, number)]
        reasons.append(told(play.decide(found, {"spend_spike": day(number)}, six_oclock(number))))
    assert reasons == ["opened", ".", ".", "resolved", ".", ".", ".", "reopened"]


@pytest.mark.parametrize(
    ("number", "told_"),
    [
        pytest.param(1, "opened", id="before"),
        pytest.param(2, ".", id="the first planned day"),
        pytest.param(3, ".", id="the last"),
        pytest.param(4, ".", id="the day after: hours of the last"),
        pytest.param(5, "opened", id="later"),
    ],
)
def test_the_hours_of_an_estimate_began_the_day_before(number: int, told_: str) -> None:
    """Planned are days 2 and 3; the finding is of the twenty-four hours to that day's morning."""
    window = Window(
        name="search-api", first_day=day(2), until=datetime(2026, 11, 5, tzinfo=UTC), by="finops.toml"
    )
    found = finding("p300", number, rule="spend_spike_now").model_copy(update={"basis": "estimated"})
    decision = decide([], [found], {}, six_oclock(number - 1), Policy(), [window])
    assert told(decision) == told_
    again = decide(decision.incidents, [found], {}, six_oclock(number - 1), Policy(), [window])
    assert again == Decision()


def test_another_team_is_not_planned() -> None:
    window = Window(team="ads", first_day=day(0), until=six_oclock(3), by="finops.toml")
    decision = decide([], [finding("p100", 0)], {}, six_oclock(0), Policy(), [window])
    assert told(decision) == "opened"


@pytest.mark.parametrize(
    ("severity", "mornings", "expected"),
    [
        pytest.param("p", 3, "opened reminder reminder", id="a page every day"),
        pytest.param("w", 9, "opened . . . . . . reminder .", id="a warning every week"),
        pytest.param("i", 9, "opened . . . . . . . .", id="information once"),
    ],
)
def test_a_condition_whose_day_stands_still_is_reminded_of(
    severity: str, mornings: int, expected: str
) -> None:
    """A source stopped: no new day comes, and the rule finds it on the last one, each morning."""
    play = Mornings()
    found, evaluated = [finding(severity, 0, "cur", "source_stale")], {"source_stale": day(0)}
    reasons = [told(play.decide(found, evaluated, six_oclock(number))) for number in range(mornings)]
    assert reasons == expected.split()


def test_a_check_of_an_old_day_reminds_of_nothing() -> None:
    play = Mornings()
    for number, word in enumerate(["p100", "p100"]):
        play.morning(number, word)
    late = six_oclock(3)
    assert play.decide([finding("p100", 0)], {"spend_spike": day(0)}, late) == Decision()


def test_a_rule_that_did_not_run_holds_only_its_own_incidents() -> None:
    play = Mornings()
    both = [finding("w100", 0), finding("w50", 0, rule="untagged_spend")]
    play.decide(both, {"spend_spike": day(0), "untagged_spend": day(0)}, six_oclock(0))
    for number in (1, 2, 3):
        play.decide([], {"spend_spike": day(number)}, six_oclock(number))
    assert {one.rule: one.state for one in play.known.values()} == {
        "spend_spike": "resolved",
        "untagged_spend": "open",
    }


@pytest.mark.parametrize(
    ("before", "said"),
    [
        pytest.param("open", "resolved", id="told: it ends with a word"),
        pytest.param("acknowledged", "resolved", id="acknowledged"),
        pytest.param("snoozed", ".", id="in a silence that was asked for"),
    ],
)
def test_incidents_of_a_rule_that_is_gone_end(before: str, said: str) -> None:
    play = Mornings()
    play.morning(0, "w100")
    play.answer(before, six_oclock(9) if before == "snoozed" else None)
    decision = decide(tuple(play.known.values()), [], {}, six_oclock(1), Policy(), gone={"spend_spike"})
    assert told(decision) == said
    (ended,) = decision.incidents
    assert ended.state == "resolved"
    assert (
        ended.finding.summary
        == "Nobody looks at it any longer: the rule spend_spike is switched off or gone."
    )
    assert decide(decision.incidents, [], {}, six_oclock(2), Policy(), gone={"spend_spike"}) == Decision()


def test_a_day_that_is_over_is_no_reminder_beside_a_planned_one() -> None:
    play = Mornings()
    play.planned = [
        Window(first_day=day(0), until=datetime(2026, 11, 2, tzinfo=UTC), by="finops.toml", name="search-api")
    ]
    words = ["w10", "p100+@0:w10", "@1:p100+@0:w10", "@1:p100"]
    assert [told(play.morning(number, word)) for number, word in enumerate(words)] == [
        ".",
        "opened",
        ".",
        ".",
    ]


def test_the_worst_new_day_leads_and_the_dearest_day_is_the_peak() -> None:
    play = Mornings()
    play.morning(3, "w80+@1:w300+@2:w10")
    assert (play.only.first_day, play.only.last_day) == (day(1), day(3))
    assert (play.only.peak_usd, play.only.finding.usd) == (Decimal(300), Decimal(80))
    play.decide(
        [finding("w900", 0)], {"spend_spike": day(0)}, six_oclock(3)
    )  # an earlier day, looked at later
    assert (play.only.first_day, play.only.last_day, play.only.peak_usd) == (day(0), day(3), Decimal(900))


def test_a_reopened_incident_keeps_its_id_and_loses_its_answer() -> None:
    play = Mornings()
    play.morning(0, "p1000")
    first = play.only
    play.answer("acknowledged")
    for number, word in enumerate(["-", "-", "-", "p200"], start=1):
        play.morning(number, word)
    again = play.only
    assert (again.id, again.first_day) == (first.id, first.first_day)
    assert (again.state, again.by, again.resolved_at, again.quiet_days) == ("open", None, None, 0)
    assert again.peak_usd == Decimal(200), "the next doubling is measured on this burst"


def test_a_day_of_the_time_before_stays_told_when_it_begins_again() -> None:
    """A bill that is restated finds the old day as well, on the morning of the new one and on the next."""
    play = Mornings()
    mornings = ["w1000", "-", "-", "-", "w100+@0:w1000", "w100+@0:w1000"]
    assert [told(play.morning(n, word)) for n, word in enumerate(mornings)] == [
        "opened", ".", ".", "resolved", "reopened", ".",
    ]  # fmt: skip
    assert play.only.peak_usd == Decimal(100)


def test_a_day_that_nobody_planned_is_told_also_beside_a_planned_one() -> None:
    """The bill was late: one check brings the page of day 1 and a lesser finding of the window, days 2 and 3."""
    play = Mornings()
    play.planned = [
        Window(first_day=day(2), until=datetime(2026, 11, 5, tzinfo=UTC), by="finops.toml", name="search-api")
    ]
    decision = play.morning(2, "w10+@1:p5000")
    (notice,) = decision.notices
    assert (notice.reason, notice.incident.severity, notice.incident.peak_usd) == ("opened", "page", 5000)
    assert (notice.incident.state, play.only.state) == ("open", "planned")
    assert [told(play.morning(n, word)) for n, word in [(3, "w10"), (4, "-"), (5, "-"), (6, "-")]] == [
        ".", ".", ".", "resolved",
    ]  # fmt: skip


def test_a_day_that_nobody_planned_is_told_also_days_after_a_planned_one() -> None:
    """A planned day was found first, in silence; the late bill then brings the page of the day before."""
    play = Mornings()
    play.planned = [
        Window(first_day=day(2), until=datetime(2026, 11, 5, tzinfo=UTC), by="finops.toml", name="search-api")
    ]
    assert told(play.morning(2, "w10")) == "."
    (notice,) = play.morning(3, "w20+@1:p5000").notices
    shown = notice.incident
    assert (notice.reason, shown.state, shown.severity, shown.peak_usd) == ("opened", "open", "page", 5000)
    assert (shown.finding.day, shown.first_day, shown.last_day) == (day(1), day(1), day(1))
    assert (play.only.state, play.only.last_day, play.only.notified_severity) == ("planned", day(3), "page")
    assert [told(play.morning(n, f"{word}+@1:p5000")) for n, word in enumerate(["w30", "-", "-", "-"], 4)] == [
        ".", ".", ".", "resolved",
    ]  # fmt: skip


def test_the_last_planned_day_ends_after_the_day_that_nobody_planned_was_told() -> None:
    """The third quiet day brings the page as well: over is told on the next one, not instead of it."""
    play = Mornings()
    play.planned = [
        Window(first_day=day(2), until=datetime(2026, 11, 4, tzinfo=UTC), by="finops.toml", name="search-api")
    ]
    assert [told(play.morning(n, word)) for n, word in enumerate(["w10", "-", "-", "@1:p900", "-"], 2)] == [
        ".", ".", ".", "opened", "resolved",
    ]  # fmt: skip


def test_what_a_plan_kept_silent_to_its_end_settles_planned_days_alone() -> None:
    play = Mornings()
    play.planned = [
        Window(first_day=day(2), until=datetime(2026, 11, 5, tzinfo=UTC), by="finops.toml", name="search-api")
    ]
    mornings = ["w10", "-", "-", "-", "@2:w10", "@1:p900", "@1:p900", "@1:p900"]
    said = [told(play.morning(n, word)) for n, word in enumerate(mornings, 2)]
    assert said == [".", ".", ".", ".", ".", "reopened", ".", "resolved"]


@pytest.mark.parametrize(
    ("mornings", "expected"),
    [
        pytest.param("- w100 w900 - w100 -", ". opened . . reminder .", id="it is no growth"),
        pytest.param(
            "- w100 -+@1:w150 w900+@1:w150 w120 -", ". opened . . reminder .", id="beside one of another day"
        ),
        pytest.param("- - w5000 - w100 w4000", ". . . . opened escalated", id="nor does it hide any"),
    ],
)
def test_dollars_of_a_planned_day_measure_no_other(mornings: str, expected: str) -> None:
    play = Mornings()
    play.planned = [
        Window(first_day=day(2), until=datetime(2026, 11, 5, tzinfo=UTC), by="finops.toml", name="search-api")
    ]
    assert [told(play.morning(n, word)) for n, word in enumerate(mornings.split())] == expected.split()
    assert play.only.peak_usd is not None
    assert play.only.peak_usd < Decimal(4001)


def test_a_planned_window_takes_no_acknowledgement_away() -> None:
    play = Mornings()
    play.morning(0, "w100")
    play.answer("acknowledged")
    play.planned = [
        Window(first_day=day(1), until=datetime(2026, 11, 4, tzinfo=UTC), by="finops.toml", name="search-api")
    ]
    assert [told(play.morning(n, "w100")) for n in range(1, 10)] == ["."] * 9
    assert (play.only.state, play.only.by) == ("acknowledged", "ana")


def test_a_new_incident_after_the_cooldown_has_its_own_id() -> None:
    play = Mornings()
    for number, word in enumerate(["w100", "-", "-", "-", *["x"] * 8, "w100"]):
        play.morning(number, word)
    assert sorted(one.state for one in play.known.values()) == ["open", "resolved"]


def test_most_dollars_come_first_in_any_order_of_findings() -> None:
    found = [finding("w5", 0, "b"), finding("w", 0, "d"), finding("p5", 0, "a"), finding("i70", 0, "c")]

    def order(findings: Sequence[Finding]) -> list[str]:
        notices: tuple[Notice, ...] = decide([], findings, {}, six_oclock(0), Policy()).notices
        return [notice.incident.subject for notice in notices]

    assert order(found) == order(found[::-1]) == ["c", "a", "b", "d"]


def test_ids_stay_apart_when_their_hashes_begin_alike() -> None:
    one = decide([], [finding("w5", 0)], {}, six_oclock(0), Policy()).incidents[0]
    other = one.model_copy(update={"subject": "another"})
    two = decide([other], [finding("w5", 0)], {}, six_oclock(0), Policy()).incidents[0]
    assert two.id.startswith(one.id)
    assert len(two.id) == len(one.id) + 1


def test_a_finding_on_a_partial_day_opens_without_evaluation() -> None:
    assert told(decide([], [finding("p500", 0)], {}, six_oclock(0), Policy())) == "opened"
