"""E-mail over SMTP: plain text and HTML side by side, the picture inside, an incident as one thread.

A repeated message bears the same Message-ID, so that mail readers show it once.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Annotated, ClassVar, Literal

from pydantic import Field, SecretStr

from finops.channels.audience import Audience
from finops.channels.email.html import html
from finops.channels.plain import plain
from finops.errors import DeliveryError
from finops.messages import charts
from finops.messages.text import one_line
from finops.model import Message

ADDRESS = r"^[^\s@<>()\[\]\\,;:\"]+@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$"
PORTS = {"starttls": 587, "tls": 465, "none": 25}
LOOPBACK = ("localhost", "127.0.0.1", "::1")
TIMEOUT_SECONDS = 30.0
UNFIT = (552, 554)  # too large, or taken for spam: no setting mends it
UNFOLDED = 200  # characters: a headline and its name

Mailbox = Annotated[str, Field(pattern=ADDRESS)]


class Email(Audience):
    """`security` is `starttls` (port 587), `tls` (465) or `none` (25), which is for a relay that is trusted and
    takes no password. A server's certificate is verified against the machine's authorities, or those of
    `SSL_CERT_FILE`."""

    secrets: ClassVar[Mapping[str, str]] = {"password": "FINOPS_SMTP_PASSWORD"}
    kind: Literal["email"] = "email"
    host: str
    port: int | None = None
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password: SecretStr | None = None
    sender: Mailbox
    to: Annotated[tuple[Mailbox, ...], Field(min_length=1)]
    timeout_seconds: float = TIMEOUT_SECONDS

    def lacking(self) -> str | None:
        if self.user and not self.password:
            return f"email has the user {self.user} and no password; set FINOPS_SMTP_PASSWORD"
        if self.user and self.security == "none" and self.host not in LOOPBACK:
            return 'email would send a password in the open; set `security = "starttls"` or "tls"'
        return None

    def send(self, message: Message) -> str | None:
        """Returns the Message-ID, to which later messages of the incident refer."""
        mail = compose(message, self.sender, self.to)
        left = [one for one in self.to if one in message.left] or list(self.to)
        with answered(self.host), self.connected() as server:
            refused = server.send_message(mail, self.sender, left)
        if refused:
            raise _not_all(self.host, {one: code for one, (code, _) in refused.items()})
        return str(mail["Message-ID"])

    @contextmanager
    def connected(self) -> Iterator[smtplib.SMTP]:
        """Encrypted and logged in as the settings say."""
        context = ssl.create_default_context()
        port = self.port or PORTS[self.security]
        server = (
            smtplib.SMTP_SSL(self.host, port, timeout=self.timeout_seconds, context=context)
            if self.security == "tls"
            else smtplib.SMTP(self.host, port, timeout=self.timeout_seconds)
        )
        with _closing(server):
            if self.security == "starttls":
                server.starttls(context=context)
            if self.user and self.password:
                server.login(self.user, self.password.get_secret_value())
            yield server


def _not_all(host: str, refused: Mapping[str, int]) -> DeliveryError:
    """The others were told, and are not told again. Another try is for those whose fault SMTP calls passing."""
    passing = tuple(sorted(one for one, code in refused.items() if code < 500))
    said = f"{host} refused {', '.join(f'{one} ({code})' for one, code in sorted(refused.items()))}"
    for_good = "" if len(passing) == len(refused) else "; mend `to`"
    again = f"; it is tried again for {', '.join(passing)}" if passing else ""
    return DeliveryError(f"{said}{for_good}{again}", retry=bool(passing), left=passing)


@contextmanager
def _closing(server: smtplib.SMTP) -> Iterator[None]:
    """What the server says to QUIT changes nothing about a mail that it took."""
    try:
        yield
    finally:
        with suppress(OSError, smtplib.SMTPException):
            server.quit()
        server.close()


@contextmanager
def answered(host: str) -> Iterator[None]:
    """SMTP's faults as sentences: 4xx and a server that is not there are tried again."""
    try:
        yield
    except smtplib.SMTPAuthenticationError as exc:
        fix = "check `user` and FINOPS_SMTP_PASSWORD"
        raise DeliveryError(
            f"{host} refused the login ({exc.smtp_code}); {fix}", retry=False, mend=True
        ) from exc
    except smtplib.SMTPNotSupportedError as exc:
        raise DeliveryError(
            f"{host}: {one_line(str(exc))}; check `security` and `port`", retry=False, mend=True
        ) from exc
    except smtplib.SMTPRecipientsRefused as exc:
        codes = {code for code, _ in exc.recipients.values()}
        said = f"{host} refused {', '.join(sorted(exc.recipients))} ({', '.join(map(str, sorted(codes)))})"
        passing = any(code < 500 for code in codes)
        raise DeliveryError(f"{said}; check `to` and `user`", retry=passing, mend=not passing) from exc
    except smtplib.SMTPResponseException as exc:
        said = f"{host}: {exc.smtp_code} {_words(exc.smtp_error)}"
        passing, unfit = exc.smtp_code < 500, exc.smtp_code in UNFIT
        raise DeliveryError(f"{said}; ask who runs it", retry=passing, mend=not (passing or unfit)) from exc
    except ssl.SSLCertVerificationError as exc:
        fix = "check `host`, or name your own authority in SSL_CERT_FILE"
        raise DeliveryError(
            f"{host}: its certificate is not trusted: {exc.verify_message}; {fix}", retry=False, mend=True
        ) from exc
    except (OSError, smtplib.SMTPException) as exc:
        raise DeliveryError(
            f"no answer of {host}: {one_line(str(exc))}; it is tried again", retry=True
        ) from exc


def _words(said: bytes | str) -> str:
    return one_line(said.decode(errors="replace") if isinstance(said, bytes) else said)[:200]


def drawn(message: Message) -> bytes | None:
    """A mail without its picture is better than none."""
    if len(message.notices) != 1:
        return None
    try:
        return charts.png(message.notices[0].incident.finding)
    except Exception:  # noqa: BLE001  the text says the same, and the sparkline stands in
        return None


def compose(message: Message, sender: str, to: tuple[str, ...]) -> EmailMessage:
    """The headers hold no text that is not one line: `EmailMessage` refuses any other."""
    said = plain(message)
    domain = sender.rpartition("@")[2]
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address("finops", addr_spec=sender)
    mail["To"] = [Address(addr_spec=one) for one in to]
    mail["Subject"] = one_line(said.headline)
    mail["Message-ID"] = f"<{message.key}@{domain}>"
    if message.thread:
        mail["In-Reply-To"] = mail["References"] = message.thread
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content("\n".join([said.headline, "", *said.lines]) + "\n", cte="quoted-printable")
    picture = drawn(message)
    cid = f"chart-{message.key}@{domain}"
    page = html(message, picture=cid if picture else None)
    mail.add_alternative(page, subtype="html", cte="quoted-printable")
    if picture and (beside := mail.get_body(("html",))):
        beside.add_related(
            picture, "image", "png", cid=f"<{cid}>", disposition="inline", filename="chart.png"
        )
    if str(mail["Subject"]).isascii():  # which Python would fold before its first word
        mail.policy = SMTP.clone(max_line_length=UNFOLDED)
    return mail
