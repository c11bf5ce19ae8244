"""`finops init`: from an account, or a directory of its bills, to a first configuration."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from finops.commands.context import Context
from finops.errors import ConfigError

app = typer.Typer()
TEMPLATE = Path(__file__).parent.parent / "data" / "cloudformation.yaml"
Export = Annotated[
    bool, typer.Option("--export", help="Print the Data Export to create, and the AWS CLI call for it.")
]

Policy = Annotated[
    bool, typer.Option("--policy", help="Print the IAM policy that finops.toml needs where finops runs.")
]
Member = Annotated[
    bool, typer.Option("--member", help="Print the IAM policy of the role in each account that is read.")
]
Template = Annotated[
    bool, typer.Option("--template", help="Print a CloudFormation template: export, role, metric stream.")
]


@app.command(epilog="Example: finops --home ~/bedrock init ~/bedrock/cur")
def init(
    ctx: typer.Context,
    directory: Annotated[
        str | None,
        typer.Argument(
            metavar="[DIRECTORY]",
            help="Of CUR files, or s3://BUCKET/PREFIX; the AWS account if left out.",
        ),
    ] = None,
    force: Annotated[bool, typer.Option(help="Replace a finops.toml that is there.")] = False,
    export: Export = False,
    bucket: Annotated[str | None, typer.Option(help="That --export writes to.")] = None,
    prefix: Annotated[str, typer.Option(help="In that bucket.")] = "bedrock",
    region: Annotated[str, typer.Option(help="Of that bucket.")] = "us-east-1",
    policy: Policy = False,
    member: Member = False,
    template: Template = False,
) -> None:
    """Look at a directory of Cost and Usage Reports, or at the AWS account, and write a commented finops.toml."""
    context: Context = ctx.obj
    if export:
        _export(context, bucket, prefix, region)
    elif policy or member:
        _policy(context, member)
    elif template:
        typer.echo(TEMPLATE.read_text(encoding="utf-8"), nl=False)
    elif directory is None:
        _from_account(context, force)
    else:
        _from_files(context, directory, force)


def _export(context: Context, bucket: str | None, prefix: str, region: str) -> None:
    from finops.setup import export

    to = export.Destination(bucket=bucket or "YOUR-BUCKET", prefix=prefix, region=region)
    if context.json:
        typer.echo(json.dumps(export.definition(to), indent=2))
        return
    typer.echo(f"# What it selects:\n{export.statement()}\n")
    typer.echo("# To create it, after a look, in the account that is billed. AWS delivers it within a day;")
    typer.echo(
        "# the bucket must let Data Exports write to it, as that of `finops init --template` does.\n"
        f"{export.command(to)}"
    )


def _policy(context: Context, member: bool) -> None:
    from finops import config
    from finops.setup import permissions

    if member:
        known = (context.home / config.FILE).exists()
        grants = permissions.member(agents=known and permissions.asks_agents(context.settings))
    else:
        grants = permissions.own(context.settings)
    typer.echo(json.dumps(permissions.policy(grants), indent=2))


def _from_account(context: Context, force: bool) -> None:
    from finops.aws import Access, Aws
    from finops.setup import account

    target = _target(context, force)
    aws = Aws(Access())
    found = account.look(aws, _progress)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(account.configuration(found), encoding="utf-8")
    for bill in found.bills:
        typer.echo(f"{bill.what}: {bill.place} ({bill.region})")
    typer.echo(f"regions with Bedrock traffic: {', '.join(found.regions) or 'none'}")
    for said in found.unknown:
        typer.echo(f"not known: {said}")
    typer.echo(f"{aws.calls.total():,} read-only requests to AWS, which bills nothing for them")
    typer.echo(f"wrote {target}\nnext: finops --home {_quoted(context.home)} doctor")


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"{text}\n")


def _from_files(context: Context, directory: str, force: bool) -> None:
    from finops.setup.directory import configuration, look
    from finops.sources import Reading
    from finops.sources.files.listing import is_s3

    target = _target(context, force)
    home = context.home.resolve()
    path = directory if is_s3(directory) else _below(home, _there(directory))
    seen = look(Reading(home=home, now=context.now), path)
    home.mkdir(parents=True, exist_ok=True)
    target.write_text(configuration(seen), encoding="utf-8")
    typer.echo(f"billing periods: {len(seen.periods)} ({seen.periods[0]} to {seen.periods[-1]})")
    typer.echo(f"the newest has {seen.lines:,} Bedrock lines, ${seen.usd:,.2f}")
    if not seen.lines:
        typer.echo("note: no line of it is Bedrock's; look at the filter of the export")
    for note in seen.notes:
        typer.echo(f"note: {note}")
    typer.echo(f"wrote {target}\nnext: finops --home {_quoted(context.home)} run")


def _quoted(home: Path) -> str:
    """As a shell reads it back."""
    return shlex.quote(str(home))


def _target(context: Context, force: bool) -> Path:
    from finops import config

    target = context.home / config.FILE
    if target.exists() and not force:
        raise ConfigError(f"{target}: is there already; --force replaces it")
    return target


def _there(directory: str) -> Path:
    from finops.sources.files.listing import meant_s3

    if meant := meant_s3(directory):
        raise ConfigError(f"init: {directory}: S3 addresses begin with s3://; give {meant}")
    path = Path(directory).resolve()
    if path.is_file():
        raise ConfigError(f"init: {path}: is a file; give its directory")
    if not path.is_dir():
        raise ConfigError(
            f"init: {path}: no such directory; give that of your CUR files, or s3://BUCKET/PREFIX"
        )
    return path


def _below(home: Path, directory: Path) -> str:
    return str(directory.relative_to(home) if directory.is_relative_to(home) else directory)
