"""AWS, read-only: one session, every account and region it may reach, and what asking has cost.

Endpoints, credentials and proxies are botocore's own business: its environment variables and profiles work.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property, partial
from typing import Annotated, Any, NamedTuple

from pydantic import Field

from finops import __version__
from finops.errors import SourceError
from finops.model import Value

AccountId = Annotated[str, Field(pattern=r"^\d{12}$")]
# botocore waits up to 20 s between two attempts, so minutes of throttling pass
PATIENT_ATTEMPTS = 12
MOST_SAID = 400  # characters of AWS's own words that are repeated; a broken proxy answers with a page
FIXES = {  # AWS's code for a refusal: what to do about it
    "AccessDenied": "allow this action to the role that finops runs as (docs/aws.md has the policy)",
    "AccessDeniedException": "allow this action to the role that finops runs as (docs/aws.md has the policy)",
    "UnauthorizedOperation": "allow this action to the role that finops runs as (docs/aws.md has the policy)",
    "ExpiredToken": "renew the credentials (`aws sso login`, or a fresh session), then run it again",
    "ExpiredTokenException": "renew the credentials (`aws sso login`, or a fresh session), then run it again",
    "InvalidClientTokenId": "these credentials are of no user; check AWS_PROFILE or the environment",
    "UnrecognizedClientException": "the region is not enabled for this account; take it out of [aws] regions",
    "Throttling": "AWS asked us to slow down for minutes; run it again later",
    "ThrottlingException": "AWS asked us to slow down for minutes; run it again later",
    "NoSuchBucket": "check the bucket's name",
    "InvalidObjectState": "it is archived; restore it (`aws s3api restore-object`), or point `path` at what is not",
    "PermanentRedirect": "set `region` in [[sources]] to the bucket's own",
    "AuthorizationHeaderMalformed": "set `region` in [[sources]] to the bucket's own",
    "IllegalLocationConstraintException": "set `region` in [[sources]] to the bucket's own",
    "InvalidAccessKeyId": "these credentials are of no user; check AWS_PROFILE or the environment",
    "RequestTimeTooSkewed": "set this machine's clock: it is minutes off",
    "SlowDown": "AWS asked us to slow down for minutes; run it again later",
}


class Access(Value):
    """Which accounts and regions are read, and as whom.

    No accounts: the credentials' own, or with `organization` every active one. Another account than the
    credentials' own is read through its `role` of that name, with `external_id` if it asks for one.
    `cache_gib` bounds the copies of S3 objects below --home.
    """

    profile: str | None = None
    accounts: tuple[AccountId, ...] = ()
    organization: bool = False
    regions: tuple[str, ...] = ()  # none: the session's own
    role: str | None = None
    external_id: str | None = None
    cache_gib: Annotated[Decimal, Field(ge=0)] = Decimal(10)


class Target(NamedTuple):
    account_id: str
    region: str


class AwsError(SourceError):
    """AWS refused or was not reached. `code` is AWS's own, or botocore's name for the fault."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class Aws:
    """Connections per [aws]. Safe to use from several threads. `attempts`: of each request; AWS_MAX_ATTEMPTS wins."""

    def __init__(self, access: Access, attempts: int = PATIENT_ATTEMPTS) -> None:
        self.access = access
        self._retries = {"mode": "standard", "total_max_attempts": attempts}
        self.calls: Counter[tuple[str, str]] = Counter()  # (service, operation) -> requests sent
        self.charges: dict[str, Decimal] = {}  # what AWS bills by the piece -> USD
        self._clients: dict[tuple[str, str | None, str | None], Any] = {}
        self._roles: dict[str, Any] = {}  # sessions by role ARN: a role is assumed once for all its clients
        self._lock = threading.RLock()

    def client(
        self, service: str, region: str | None = None, account: str | None = None, role_arn: str | None = None
    ) -> Any:
        """A boto3 client in that region, of that account or role; the session's own where none is given."""
        if account is not None and role_arn is None and account != self.account:
            role_arn = self.role_of(account)
        key = (service, region, role_arn)
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._connect(*key)
            return self._clients[key]

    @cached_property
    def account(self) -> str:
        """The account that the session's credentials belong to."""
        with explained("asking who we are (sts:GetCallerIdentity)"):
            return str(self.client("sts").get_caller_identity()["Account"])

    def role_of(self, account: str) -> str:
        if not self.access.role:
            raise SourceError(
                f"aws: account {account} is not the credentials' own ({self.account}); "
                'set `role = "..."` in [aws] to the name of a role there that finops may assume'
            )
        return f"arn:{self.partition}:iam::{account}:role/{self.access.role}"

    @property
    def partition(self) -> str:
        return str(self._session.get_partition_for_region(self.regions[0]))

    @property
    def regions(self) -> tuple[str, ...]:
        own = self._session.region_name
        if not (self.access.regions or own):
            raise SourceError('aws: no region is configured; set `regions = ["us-east-1", ...]` in [aws]')
        return self.access.regions or (own,)

    def regions_of(self, service: str) -> tuple[str, ...]:
        """Every region where AWS has the service, switched on for this account or not."""
        partition = self.partition
        return tuple(sorted(self._session.get_available_regions(service, partition_name=partition)))

    def accounts(self) -> tuple[str, ...]:
        """Those that are read, in order."""
        if self.access.accounts:
            return self.access.accounts
        if not self.access.organization:
            return (self.account,)
        found = self.pages("organizations", "list_accounts", "Accounts")
        return tuple(sorted(account["Id"] for account in found if account.get("State") == "ACTIVE"))

    def targets(self) -> list[Target]:
        return [Target(account, region) for account in self.accounts() for region in self.regions]

    def pages(
        self,
        service: str,
        operation: str,
        member: str,
        *,
        region: str | None = None,
        account: str | None = None,
        **arguments: Any,
    ) -> list[Any]:
        """All items of a paged answer: every page is asked for, an empty one too."""
        with explained(f"{service}:{operation} in {account or 'our account'} {region or ''}".rstrip()):
            pages = self.client(service, region, account).get_paginator(operation).paginate(**arguments)
            return [item for page in pages for item in page.get(member, [])]

    def charge(self, what: str, usd: Decimal) -> None:
        """Note what AWS bills for what was just asked."""
        with self._lock:
            self.charges[what] = self.charges.get(what, Decimal(0)) + usd

    @cached_property
    def _session(self) -> Any:
        import boto3  # a fifth of a second, which commands that never ask AWS do not pay
        from botocore.exceptions import ProfileNotFound

        try:
            return _quick(boto3.Session(profile_name=self.access.profile))
        except ProfileNotFound as exc:
            raise SourceError(f"aws: {exc}; check `profile` in [aws] and ~/.aws/config") from exc

    def _connect(self, service: str, region: str | None, role_arn: str | None) -> Any:
        from botocore.config import Config

        if role_arn is not None and role_arn not in self._roles:
            self._roles[role_arn] = self._assumed(role_arn)
        session = self._session if role_arn is None else self._roles[role_arn]
        config = Config(
            retries=None if "AWS_MAX_ATTEMPTS" in os.environ else self._retries,
            connect_timeout=10,
            read_timeout=60,
            max_pool_connections=32,
            user_agent_extra=f"finops/{__version__}",
        )
        client = session.client(service, region_name=region or self.regions[0], config=config)
        client.meta.events.register("before-send", self._count)
        return client

    def _count(self, request: Any, event_name: str, **_: Any) -> None:
        service, operation = event_name.split(".")[1:]
        with self._lock:
            self.calls[service, operation] += 1

    def _assumed(self, role_arn: str) -> Any:
        """A session of that role. Its credentials are renewed by themselves before they end."""
        import boto3
        from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
        from botocore.session import get_session

        own = self._session
        arguments: dict[str, Any] = {"RoleSessionName": "finops"}
        if self.access.external_id:
            arguments["ExternalId"] = self.access.external_id
        fetcher = AssumeRoleCredentialFetcher(
            client_creator=partial(own._session.create_client, region_name=self.regions[0]),
            source_credentials=own.get_credentials(),
            role_arn=role_arn,
            extra_args=arguments,
        )
        session = get_session()
        loader = own._session.get_component(
            "data_loader"
        )  # which has read the models of AWS's services already
        session.register_component("data_loader", loader)
        session._credentials = DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")
        session.set_config_variable("region", self.regions[0])
        return _quick(boto3.Session(botocore_session=session))


def _quick(session: Any) -> Any:
    """botocore looks up the local zone for every instant: nine tenths of the time of a day of metrics."""
    from botocore.utils import parse_timestamp

    def instant(value: Any) -> datetime:
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
        parsed: datetime = parse_timestamp(value)
        return parsed

    parsers = session._session.get_component("response_parser_factory")
    parsers.set_parser_defaults(timestamp_parser=instant)
    return session


@contextmanager
def explained(doing: str) -> Iterator[None]:
    """Turn botocore's faults into a sentence: what was asked, what AWS said, what to do."""
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError

    try:
        yield
    except NoCredentialsError as exc:
        raise AwsError(
            f"aws: {doing}: no credentials found; set AWS_PROFILE or `profile` in [aws], or run with a role attached",
            "NoCredentials",
        ) from exc
    except NoRegionError as exc:
        raise AwsError(
            f'aws: {doing}: no region; set AWS_REGION or `regions = ["us-east-1"]` in [aws]', "NoRegion"
        ) from exc
    except ClientError as exc:
        code = str(exc.response.get("Error", {}).get("Code", "Unknown"))
        said = " ".join(str(exc.response.get("Error", {}).get("Message", "")).split())[:MOST_SAID].rstrip(".")
        fix = FIXES.get(code, "run it again; if it stays, `finops doctor` looks closer")
        raise AwsError(f"aws: {doing}: {code}: {said}; {fix}", code) from exc
    except BotoCoreError as exc:
        said = " ".join(str(exc).split())[:MOST_SAID]
        fix = "check the network and the endpoint, then run it again"
        raise AwsError(f"aws: {doing}: {said}; {fix}", type(exc).__name__) from exc
