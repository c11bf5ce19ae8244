"""`finops alert`: whether whom we would tell is told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated

import typer

from finops.channels import Channel, Console, PagerDuty, named
from finops.commands.context import Context
from finops.commands.options import AsJson
from finops.errors import ConfigError, DeliveryError
from finops.model import Message, Value
from finops.reports import trial
from finops.rules.files import nearest

app = typer.Typer(help="Whom findings are told to: try it.", no_args_is_help=True)


class Tried(Value):
    """`error` is None when it was sent, or nothing was to be sent."""

    channel: str
    said: str
    error: str | None = None


@app.command("test", epilog="Example: finops alert test --kind page --channel slack")
def try_channels(
    ctx: typer.Context,
    channel: Annotated[str | None, typer.Option(help="Only this one, by name.")] = None,
    kind: Annotated[
        trial.Kind, typer.Option(help="Of message; `page` rings a pager, which is then told that it is over.")
    ] = "info",
    as_json: AsJson = False,
) -> None:
    """Send a message that is marked as a test through every channel, whatever it asks for, and say what happened.

    It has the layout of a real one and is recorded nowhere. Exits with 2 where a channel did not take it.
    """
    context: Context = ctx.obj
    as_json = as_json or context.json
    channels = _chosen(
        named(context.telling.channels or (Console(),), "stderr" if as_json else None), channel
    )
    message = trial.message(kind, context.now)
    tried = [_try(name, one, message, asked=channel is not None) for name, one in channels.items()]
    if as_json:
        typer.echo(json.dumps([one.model_dump() for one in tried], indent=2))
    for one in () if as_json else tried:
        typer.echo(f"{one.channel}: {one.error or one.said}", err=bool(one.error))
    if any(one.error for one in tried):
        raise typer.Exit(2)


def _chosen(channels: Mapping[str, Channel], wanted: str | None) -> Mapping[str, Channel]:
    if wanted is None:
        return channels
    if wanted not in channels:
        raise ConfigError(f"no channel {wanted!r}{nearest(wanted, channels)}; there is {', '.join(channels)}")
    return {wanted: channels[wanted]}


def _try(name: str, channel: Channel, message: Message, *, asked: bool) -> Tried:
    if message.digest and isinstance(channel, PagerDuty) and not asked:
        return Tried(channel=name, said="takes no digests; nothing was sent")
    try:
        ref = channel.send(message)
    except DeliveryError as exc:
        error = str(exc).removesuffix("; it is tried again")  # a test is not
        return Tried(channel=name, said="", error=error)
    except Exception as exc:  # noqa: BLE001  one channel that fails must not keep the others from being tried
        return Tried(channel=name, said="", error=f"{type(exc).__name__}: {exc}")
    return Tried(channel=name, said=f"sent{f', reference {ref}' if ref else ''}")
