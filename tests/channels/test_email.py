from __future__ import annotations

import re
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from mail_server import HOST, make_certificate, running
from pydantic import SecretStr, ValidationError

from finops.channels import Email
from finops.channels.email.email import compose
from finops.errors import DeliveryError
from finops.model import Message

ME, YOU, OTHER, THIRD = (f"{name}@acme.example" for name in ("finops", "costs", "cto", "gone"))


def plainly(port: int, **more: Any) -> Email:
    given = {"host": HOST, "port": port, "security": "none", "sender": ME, "to": (YOU,), "timeout_seconds": 5}
    return Email.model_validate({**given, **more})


def body(mail: EmailMessage, subtype: str) -> str:
    part = mail.get_body((subtype,))
    assert part is not None
    return str(part.get_content())


def test_a_mail_has_both_bodies(samples: dict[str, Message]) -> None:
    with running() as box:
        plainly(box.port, to=(YOU, OTHER)).send(samples["page"])
    (mail,) = box.mails
    assert box.recipients == [[YOU, OTHER]]
    assert mail["Subject"] == samples["page"].headline
    assert "$2,710 on Tuesday 17 Nov" in body(mail, "plain")
    assert "$2,710 on Tuesday 17 Nov" in body(mail, "html")


def test_the_picture_is_inside(samples: dict[str, Message]) -> None:
    mail = compose(samples["page"], ME, (YOU,))
    (picture,) = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert f'src="cid:{picture["Content-ID"].strip("<>")}"' in body(mail, "html")
    assert picture.get_content().startswith(b"\x89PNG")
    assert picture.get_content_disposition() == "inline"


@pytest.mark.parametrize("name", ["bare", "grouped"])
def test_what_has_no_series_has_no_picture(name: str, samples: dict[str, Message]) -> None:
    mail = compose(samples[name], ME, (YOU,))
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/alternative", "text/plain", "text/html",
    ]  # fmt: skip


def test_an_incident_is_one_thread(samples: dict[str, Message]) -> None:
    with running() as box:
        first = plainly(box.port).send(samples["page"])
        again = plainly(box.port).send(samples["page"])
        plainly(box.port).send(samples["resolved"].model_copy(update={"thread": first}))
    opened, _, resolved = box.mails
    assert first == again == opened["Message-ID"], "a repeated message is the same one"
    assert opened["References"] is None
    assert resolved["References"] == resolved["In-Reply-To"] == first
    assert resolved["Message-ID"] != first


@pytest.mark.parametrize("name", ["hostile", "long", "flood"])
def test_hostile_text_adds_no_header_and_no_markup(name: str, samples: dict[str, Message]) -> None:
    mail = compose(samples[name], ME, (YOU,))
    raw = mail.as_bytes()
    assert set(mail.keys()) == {
        "From", "To", "Subject", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type",
    }  # fmt: skip
    assert max(map(len, raw.splitlines())) <= 998
    html = body(mail, "html")
    for bad in ("<!channel>", "<https:", "\x1b", "\u202e"):
        assert bad not in html
    assert not re.search(r"(?i)<(script|iframe|form|link|base)", html)
    assert not re.search(r'(?i)src="(?!cid:)', html), "nothing is fetched"
    assert not re.search(r'(?i)href="(?!https://)', html)


def test_encrypted_and_logged_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, samples: dict[str, Message]
) -> None:
    certificate = make_certificate(tmp_path / "mail.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    more = {"user": "finops", "password": SecretStr("s3cret")}
    with running(certificate=certificate, login="s3cret") as box:
        assert plainly(box.port, security="starttls", **more).send(samples["page"])
    with running(certificate=certificate, tls=True) as secure:
        assert plainly(secure.port, security="tls").send(samples["page"])
    assert (len(box.mails), len(secure.mails)) == (1, 1)


def test_a_wrong_password_is_for_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, samples: dict[str, Message]
) -> None:
    certificate = make_certificate(tmp_path / "mail.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with running(certificate=certificate, login="right") as box:
        channel = plainly(box.port, security="starttls", user="finops", password=SecretStr("s3cret"))
        with pytest.raises(DeliveryError, match="check `user` and FINOPS_SMTP_PASSWORD") as caught:
            channel.send(samples["page"])
    assert not caught.value.retry
    assert "s3cret" not in str(caught.value)


def test_a_certificate_of_nobody_is_not_trusted(tmp_path: Path, samples: dict[str, Message]) -> None:
    certificate = make_certificate(tmp_path / "mail.pem")
    with (
        running(certificate=certificate) as box,
        pytest.raises(DeliveryError, match=r"certificate is not trusted.*SSL_CERT_FILE") as caught,
    ):
        plainly(box.port, security="starttls").send(samples["page"])
    assert not caught.value.retry
    assert box.mails == []


@pytest.mark.parametrize(
    ("answers", "retry", "text"),
    [
        pytest.param({"RCPT": "550 no such user"}, False, f"refused {YOU} \\(550\\)", id="no such user"),
        pytest.param({"RCPT": "450 greylisted"}, True, "450", id="greylisted"),
        pytest.param({"MAIL": "553 who are you"}, False, "553 who are you", id="sender refused"),
        pytest.param({"DATA": "452 disk full"}, True, "452 disk full", id="disk full"),
        pytest.param({"DATA": "554 spam"}, False, "554 spam", id="spam"),
    ],
)
def test_refusals(answers: dict[str, str], retry: bool, text: str, samples: dict[str, Message]) -> None:
    with running() as box:
        box.answers = answers
        with pytest.raises(DeliveryError, match=text) as caught:
            plainly(box.port).send(samples["page"])
    assert caught.value.retry is retry
    assert caught.value.mend is (not retry and text != "554 spam")


@pytest.mark.parametrize(
    ("answers", "left", "text"),
    [
        pytest.param({OTHER: "550 gone"}, (), "cto@acme.example (550); mend `to`", id="gone"),
        pytest.param({OTHER: "450 greylisted"}, (OTHER,), f"it is tried again for {OTHER}", id="greylisted"),
        pytest.param(
            {OTHER: "450 greylisted", THIRD: "550 gone"}, (OTHER,), "mend `to`; it is tried again", id="both"
        ),
    ],
)
def test_who_was_not_told_is_named_and_told_alone(
    answers: dict[str, str], left: tuple[str, ...], text: str, samples: dict[str, Message]
) -> None:
    with running() as box:
        box.answers = answers
        channel = plainly(box.port, to=(YOU, OTHER, THIRD))
        with pytest.raises(DeliveryError, match=re.escape(text)) as caught:
            channel.send(samples["page"])
        assert (caught.value.retry, caught.value.left) == (bool(left), left)
        if left:
            box.answers = {}
            channel.send(samples["page"].model_copy(update={"left": left}))
    assert [YOU in told for told in box.recipients] == [True, False][: len(box.recipients)], "told once"
    assert box.recipients[1:] == ([list(left)] if left else [])


@pytest.mark.parametrize("answer", ["421 too busy", "500 what?"])
def test_what_is_said_to_goodbye_changes_nothing(answer: str, samples: dict[str, Message]) -> None:
    with running() as box:
        box.answers = {"QUIT": answer}
        assert plainly(box.port).send(samples["page"])
    assert len(box.mails) == 1


def test_a_server_without_encryption_is_refused(samples: dict[str, Message]) -> None:
    with running() as box, pytest.raises(DeliveryError, match="check `security` and `port`") as caught:
        plainly(box.port, security="starttls").send(samples["page"])
    assert not caught.value.retry


def test_nobody_listens(samples: dict[str, Message]) -> None:
    with pytest.raises(DeliveryError, match=r"no answer of 127\.0\.0\.1") as caught:
        plainly(1).send(samples["page"])
    assert caught.value.retry


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("a@b.example\nBcc: all@acme.example", id="a header"),
        pytest.param("a@b.example,c@d.example", id="two"),
        pytest.param("Costs <a@b.example>", id="a name"),
        pytest.param("nobody", id="no domain"),
        pytest.param("a@b.example>", id="a bracket"),
    ],
)
def test_no_address(address: str) -> None:
    for field in ({"sender": address}, {"to": (address,)}):
        with pytest.raises(ValidationError):
            plainly(25, **field)


@pytest.mark.parametrize(
    ("more", "lacking"),
    [
        pytest.param({"user": "finops"}, "FINOPS_SMTP_PASSWORD", id="no password"),
        pytest.param(
            {"user": "finops", "password": "x", "host": "mail.acme.example"}, "in the open", id="in the open"
        ),
        pytest.param({}, None, id="a relay that asks nobody"),
    ],
)
def test_what_is_lacking(more: dict[str, Any], lacking: str | None) -> None:
    said = plainly(25, **more).lacking()
    assert said is None if lacking is None else lacking in str(said)
