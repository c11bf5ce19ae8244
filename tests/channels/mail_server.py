"""A mail server on loopback, with a certificate of its own where it is to encrypt."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

HOST = "127.0.0.1"


class Mailbox:
    """What arrived. `answers` are said to commands in place of an agreement, such as {"RCPT": "550 no"}."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.answers: dict[str, str] = {}
        self.port = 0

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        envelope.mail_from = address
        return self.answers.get("MAIL", "250 OK")

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        answer = self.answers.get(address) or self.answers.get("RCPT", "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if answer := self.answers.get("DATA"):
            return answer
        self.mails.append(BytesParser(EmailMessage, policy=default).parsebytes(envelope.content))
        self.recipients.append(envelope.rcpt_tos)
        return "250 OK"

    async def handle_QUIT(self, server: Any, session: Any, envelope: Any) -> str:
        return self.answers.get("QUIT", "221 Bye")


class _AnyPort(Controller):
    """It knocks on its own door after starting, at the port that it was given."""

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def running(
    *, certificate: Path | None = None, tls: bool = False, login: str | None = None
) -> Iterator[Mailbox]:
    """`tls`: encrypted from the first byte; else a certificate is for STARTTLS. `login`: the only password."""
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)

    def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
        right = isinstance(given, LoginPassword) and given.password.decode() == login
        return AuthResult(success=right, handled=False)

    box = Mailbox()
    options: dict[str, Any] = {"authenticator": authenticate, "auth_required": True} if login else {}
    if context is not None and not tls:
        options |= {"tls_context": context, "require_starttls": True}
    server = _AnyPort(box, HOST, 0, ssl_context=context if tls else None, **options)
    server.start()
    try:
        box.port = server.port
        yield box
    finally:
        server.stop(no_assert=True)


def make_certificate(path: Path) -> Path:
    """Self-signed for the loopback address; the file holds the key too."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime(2020, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=36500))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path
