"""What must hold whatever the days bring: any findings, any answers, days without data, plans, estimates and bills.

The machine below keeps its own, simpler account of what happened, and compares.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from finops.incidents.machine import Policy, decide
from finops.incidents.silence import heard
from finops.model import Billed, Decision, Finding, Incident, Severity, Window

DAY0 = date(2026, 11, 1)
POLICY = Policy()
SUBJECTS = ("a", "b")
BILL, ESTIMATE, OTHER = "spend_spike", "spend_spike_now", "untagged_spend"
RULES = (BILL, ESTIMATE, OTHER)
FOUND = st.lists(
    st.tuples(
        st.sampled_from(RULES),
        st.sampled_from(SUBJECTS),
        st.sampled_from(("info", "warn", "page")),
        st.integers(0, 8),  # days back
        st.integers(1, 1000),
    ),
    max_size=4,
)


def is_over(story: list[str]) -> bool:
    """By its last word: what ended before its bill came is confirmed all the same, which begins nothing."""
    words = [word for word in story if word != "confirmed"]
    return words[-1:] in ([], ["resolved"], ["corrected"])


class Machine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, Incident] = {}
        self.planned: list[Window] = []
        self.taken_back: set[str] = set()  # what may be told only when it is found again
        self.answered_anew: set[str] = set()  # acknowledged or snoozed by who had planned it
        self.number = 0
        self.history: dict[str, list[str]] = {}  # what was told of each incident, in order

    @property
    def day(self) -> date:
        return DAY0 + timedelta(days=self.number)

    @property
    def now(self) -> datetime:
        return datetime(2026, 11, 1, 6, tzinfo=UTC) + timedelta(days=self.number + 1)

    @property
    def active(self) -> dict[tuple[str, str], Incident]:
        return {(one.rule, one.subject): one for one in self.known.values() if one.state != "resolved"}

    def decide(
        self, found: list[Finding], evaluated: dict[str, date], billed: dict[str, Billed] | None
    ) -> Decision:
        before = dict(self.known)
        decision = decide(
            tuple(before.values()), found, evaluated, self.now, POLICY, self.planned, billed=billed
        )
        self.known |= {incident.id: incident for incident in decision.incidents}
        again = decide(
            tuple(self.known.values()), found, evaluated, self.now, POLICY, self.planned, billed=billed
        )
        assert again == Decision(), "the same call on its own result decides nothing"
        self.check_notices(decision, before)
        return decision

    def check_notices(self, decision: Decision, before: dict[str, Incident]) -> None:
        told = Counter(notice.incident.id for notice in decision.notices)
        assert all(count == 1 for count in told.values()), "one word an incident and run"
        for notice in decision.notices:
            incident, past = notice.incident, before.get(notice.incident.id)
            assert incident.state not in ("snoozed", "planned"), "who asked for silence has it"
            if incident.rule == OTHER and notice.reason in ("opened", "reopened", "escalated"):
                unasked = not self.is_planned(incident.finding) or incident.id in self.answered_anew
                assert unasked, "what was planned is told to nobody"
            story = self.history.setdefault(incident.id, [])
            if notice.reason == "opened":
                assert not story, "opened is told once"
            elif notice.reason == "reopened":
                assert past is not None
                assert is_over(story), "it was over, or never told"
                assert (incident.state, incident.by, incident.until) == ("open", None, None), (
                    "nobody answered for it"
                )
            else:
                assert story, "later news is of what was told"
            if notice.reason in ("resolved", "corrected"):
                assert incident.state == "resolved"
            if notice.reason == "resolved":
                assert story[-1] != "resolved", "over is told once"
                assert incident.quiet_days >= POLICY.resolve_after_quiet_days, "no flapping"
            if notice.reason in ("confirmed", "corrected"):
                assert past is not None
                assert past.billed is None
                assert incident.billed is not None
            if past is not None and past.state == "acknowledged" and notice.reason == "escalated":
                assert incident.severity != past.notified_severity, (
                    "an acknowledgement yields to severity alone"
                )
            story.append(notice.reason)

    @rule(
        found=FOUND,
        blind=st.sets(st.sampled_from(RULES)),
        outcome=st.sampled_from([None, "right", "wrong", "later"]),
    )
    def morning(
        self, found: list[tuple[str, str, Severity, int, int]], blind: set[str], outcome: str | None
    ) -> None:
        """Rules that are `blind` have no data: they find nothing, and their incidents hold."""
        findings = [self.finding(*one) for one in found if one[0] not in blind]
        evaluated = {rule: self.day for rule in RULES if rule not in blind}
        held = {key: one for key, one in self.active.items() if key[0] in blind}
        before, fresh = dict(self.known), self.expected_pages(findings)
        decision = self.decide(findings, evaluated, self.bill(outcome))
        told = {(one.incident.rule, one.incident.subject): one.reason for one in decision.notices}
        self.taken_back -= {self.active[key].id for key in self.surprising(findings) & self.active.keys()}
        for key in fresh:
            assert told.get(key) in ("opened", "reopened", "escalated"), "a page is never lost"
        self.check_pages_of_the_bill(findings, before)
        for key, incident in held.items():
            if key[0] != ESTIMATE:  # which the bill may confirm, correct or end
                after = self.known[incident.id]
                assert after.state in (incident.state, "open"), "no data resolves nothing"
                assert key not in told, "no data tells nothing"
        for notice in decision.notices:
            if notice.reason in ("opened", "reopened") and notice.incident.rule == BILL:
                self.check_no_second_page(notice.incident, before)

    def check_no_second_page(self, incident: Incident, before: dict[str, Incident]) -> None:
        if any(one.state != "resolved" and one.id == incident.id for one in before.values()):
            return  # it began first, in silence
        rivals = [one for one in before.values() if (one.rule, one.subject) == (ESTIMATE, incident.subject)]
        for one in rivals:
            since = (one.reopened_at or one.opened_at).date() - timedelta(days=1)
            assert one.state == "resolved" or incident.last_day < since, (
                "the bill pages for no told estimate again"
            )

    def check_pages_of_the_bill(self, findings: list[Finding], before: dict[str, Incident]) -> None:
        """By its own incident or by the estimate's, of subjects that nobody answered for and that never ended."""
        for finding in findings:
            if finding.rule != BILL or finding.severity != "page" or self.is_planned(finding):
                continue
            past = [one for one in before.values() if one.rule != OTHER and one.subject == finding.subject]
            if any(one.state in ("resolved", "snoozed") or one.by == "ana" for one in past):
                continue
            heard = [
                one for one in self.known.values() if one.rule != OTHER and one.subject == finding.subject
            ]
            assert any(one.notified_severity == "page" for one in heard), "a page of the bill is never lost"

    def expected_pages(self, findings: list[Finding]) -> set[tuple[str, str]]:
        """Of the rule that has nothing to do with estimates: pages about new days that nobody planned."""
        settled = {
            one.subject: one.last_day
            for one in sorted(self.known.values(), key=lambda one: one.last_day)
            if one.rule == OTHER and one.state == "resolved" and one.notified_at is not None
        }
        pages = set()
        for finding in findings:
            key, active = (finding.rule, finding.subject), self.active.get((finding.rule, finding.subject))
            if finding.rule != OTHER or finding.severity != "page" or self.is_planned(finding):
                continue
            if active is None and finding.day > settled.get(finding.subject, date.min):
                pages.add(key)
            if active is not None and finding.day > (active.settled_day or date.min) and self.worse(active):
                pages.add(key)
        return pages

    def worse(self, active: Incident) -> bool:
        """Whether a page is news to whoever was told of it."""
        silenced = active.state == "snoozed" and active.until is not None and self.now < active.until
        return not silenced and active.notified_severity != "page"

    def surprising(self, findings: list[Finding]) -> set[tuple[str, str]]:
        return {(one.rule, one.subject) for one in findings if not self.is_planned(one)}

    def is_planned(self, finding: Finding) -> bool:
        return any(
            finding.subject == window.name
            and (window.first_day or date.min) <= finding.day < window.until.date()
            for window in self.planned
        )

    def finding(self, rule_: str, subject: str, severity: Severity, back: int, usd: int) -> Finding:
        return Finding(
            rule=rule_, title="t", severity=severity, subject=subject, day=self.day - timedelta(days=back),
            usd=Decimal(usd), summary="s", workload=subject, basis="estimated" if rule_ == ESTIMATE else None,
        )  # fmt: skip

    def bill(self, outcome: str | None) -> dict[str, Billed] | None:
        if outcome is None:
            return None
        if outcome == "later":
            return {}
        usd = Decimal(100 if outcome == "right" else 10)
        bill = Billed(through=self.day, usd=usd, estimated_usd=Decimal(100))
        return {one.id: bill for one in self.known.values() if one.rule == ESTIMATE}

    @rule(days=st.integers(1, 4))
    def wait(self, days: int) -> None:
        self.number += days

    @precondition(lambda self: self.active)
    @rule(
        pick=st.integers(0, 5),
        state=st.sampled_from(["acknowledged", "snoozed", "planned"]),
        days=st.integers(1, 6),
    )
    def answer(self, pick: int, state: str, days: int) -> None:
        active = sorted(self.active.values(), key=lambda incident: incident.id)
        one = active[pick % len(active)]
        until = None if state == "acknowledged" else self.now + timedelta(days=days)
        for other in active:
            if other.id == one.id or (state == "planned" and other.subject == one.subject):
                update: dict[str, object] = {"state": state, "by": "ana", "until": until}
                self.answered_anew |= {other.id} if other.state == "planned" else set()
                if state == "acknowledged":
                    update |= heard(other, self.now)
                    self.history.setdefault(other.id, []).append(state)
                self.known[other.id] = other.model_copy(update=update)
        if state == "planned" and until is not None:
            self.planned.append(Window(name=one.subject, until=until, by="ana"))

    @precondition(lambda self: self.planned)
    @rule(pick=st.integers(0, 5))
    def take_back(self, pick: int) -> None:
        del self.planned[pick % len(self.planned)]
        self.taken_back |= {one.id for one in self.known.values() if one.state == "planned"}

    @rule(
        subjects=st.sets(st.sampled_from(SUBJECTS), min_size=1),
        first=st.integers(-2, 4),
        days=st.integers(1, 5),
    )
    def announce(self, subjects: set[str], first: int, days: int) -> None:
        """Of several at once with one reason and one end."""
        begins = self.day + timedelta(days=first)
        ends = begins + timedelta(days=days)
        until = datetime(ends.year, ends.month, ends.day, tzinfo=UTC)
        for subject in sorted(subjects):
            self.planned.append(Window(name=subject, first_day=begins, until=until, by="finops.toml"))

    @invariant()
    def one_active_incident_a_subject(self) -> None:
        active = [(one.rule, one.subject) for one in self.known.values() if one.state != "resolved"]
        assert len(active) == len(set(active))

    @invariant()
    def what_is_planned_was_told_nothing_new(self) -> None:
        for one in self.known.values():
            if one.state == "resolved":
                assert (one.until, one.resolved_at is not None) == (None, True)
            if one.notified_at is None and one.id not in self.taken_back:
                assert is_over(self.history.get(one.id, [])) or one.state in ("planned", "resolved"), (
                    "told or silent"
                )


TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=200, stateful_step_count=25, deadline=None)
