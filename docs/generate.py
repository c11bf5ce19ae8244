"""The parts of README.md and docs/ that repeat code, as Markdown. Cog puts them there: `make docs`."""

from __future__ import annotations

import json
import re
import types
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import typer.main
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from finops import metrics, pipeline
from finops.cli import app
from finops.config import Settings
from finops.metrics import Metric
from finops.rules.files import Rule, known_rules
from finops.setup import permissions
from finops.sources import Prices

SHARED = "attributed"  # a column that a view does not explain itself means what it means there
PLAIN = {
    str: "text",
    int: "integer",
    bool: "true or false",
    Decimal: "number",
    float: "number",
    Path: "path",
    date: "day",
}
SQL_TYPES = {
    "varchar": "text",
    "bigint": "integer",
    "hugeint": "integer",
    "integer": "integer",
    "double": "number",
}


def view_list() -> str:
    rows = [[f"[`{m.name}`](docs/views.md#{m.name})", m.title, m.grain] for m in all_metrics()]
    return _table(["view", "what", "one row is"], rows)


def views() -> str:
    columns = view_columns()
    return "\n".join(_view(metric, columns[metric.name]) for metric in all_metrics())


def _view(metric: Metric, columns: Mapping[str, tuple[str, str]]) -> str:
    table = _table(["column", "type", "meaning"], [[f"`{name}`", *told] for name, told in columns.items()])
    about = f"{metric.title}. {metric.doc}".strip()
    return f"## {metric.name}\n\n{about}\n\nOne row is: {metric.grain}.\n\n{table}"


def view_columns() -> dict[str, dict[str, tuple[str, str]]]:
    """Per view and column, as a ledger that holds nothing but list prices has them: type and meaning."""
    metrics = all_metrics()
    shared = next(metric.columns for metric in metrics if metric.name == SHARED)
    with TemporaryDirectory() as home:
        settings = Settings(sources=(Prices(),))
        pipeline.sync(Path(home), settings, datetime(2026, 1, 1, tzinfo=UTC))
        with pipeline.published(Path(home)) as con:
            found = {m.name: con.execute(f'describe "{m.name}"').fetchall() for m in metrics}
    return {
        metric.name: {
            name: (_sql_type(kind), metric.columns.get(name, shared.get(name, "")))
            for name, kind, *_ in found[metric.name]
        }
        for metric in metrics
    }


def all_metrics() -> list[Metric]:
    return sorted(metrics.shipped(), key=lambda metric: metric.name)


def _sql_type(kind: str) -> str:
    """Without precision, which DuckDB derives and its versions may derive otherwise."""
    word = re.sub(r"\([\d, ]+\)", "", kind).lower()
    return SQL_TYPES.get(word, word)


def rule_list() -> str:
    rows = [[f"[`{r.name}`](docs/rules.md#{r.name})", r.title, r.severity] for r in known_rules({})]
    return _table(["rule", "fires when", "severity"], rows)


def rule_book() -> str:
    return "\n".join(_rule(rule) for rule in known_rules({}))


def _rule(rule: Rule) -> str:
    again = (
        f" · judges the last {rule.days} days anew each time, since bills come late" if rule.days > 1 else ""
    )
    needs = f"needs {' and '.join(rule.needs)}" if rule.needs else "always runs"
    thresholds = _table(
        ["threshold", "default", "unit", "meaning"],
        [[f"`{name}`", _toml(p.value), p.unit, p.doc] for name, p in rule.params.items()],
    )
    return "\n\n".join(
        (
            f"## {rule.name}",
            f"**{rule.title}** · {rule.severity} · {needs}{again}",
            f"> {_named(rule.summary)}",
            f"Why: {rule.why}",
            f"Next: {_named(rule.next_step)}",
            thresholds + f"\nThe SQL: [`alerts/{rule.name}.sql`](../alerts/{rule.name}.sql)\n",
        )
    )


def _named(template: str) -> str:
    """`{hit_rate:.0%}` as *hit_rate*."""
    return _escaped(re.sub(r"\{(\w+)[^}]*\}", r"*\1*", template))


def command_list() -> str:
    rows = [
        [f"[`finops {name}`](docs/commands.md#finops-{name.replace(' ', '-')})", help_.partition("\n\n")[0]]
        for name, help_, _ in all_commands()
    ]
    return _table(["command", "what it does"], rows)


def commands() -> str:
    root = _options(typer.main.get_command(app).params)
    sections = [f"Before the command: `finops OPTIONS COMMAND`.\n\n{root}"]
    for name, help_, command in all_commands():
        example = str(command.epilog or "").removeprefix("Example: ")
        shown = f"```sh\n{example}\n```\n\n" if example else ""
        sections.append(f"## finops {name}\n\n{help_}\n\n{shown}{_options(command.params)}")
    return "\n".join(sections)


def all_commands() -> Iterator[tuple[str, str, Any]]:
    """Name, help and command of all that can be run, `rules show` after `rules`."""

    def walk(group: Any, before: str) -> Iterator[tuple[str, str, Any]]:
        for name, command in sorted(group.commands.items()):
            inner = hasattr(command, "commands")
            if not inner or command.invoke_without_command:
                yield f"{before}{name}", str(command.help or ""), command
            if inner:
                yield from walk(command, f"{before}{name} ")

    return walk(typer.main.get_command(app), "")


def _options(params: Iterable[Any]) -> str:
    rows = []
    for param in params:
        if getattr(param, "hidden", False) or "completion" in param.name:
            continue
        names = [param.metavar or param.name.upper()] if param.param_type_name == "argument" else param.opts
        default = "required" if param.required else f"`{param.default}`" if param.default else ""
        meaning = (param.help or "") + (f" Or `{param.envvar}`." if param.envvar else "")
        rows.append([", ".join(f"`{name}`" for name in names), meaning, default])
    return _table(["option", "meaning", "default"], rows) if rows else ""


def grants() -> str:
    """Every action that finops may need, and where."""
    everything = Settings.model_validate({
        "aws": {"role": "FinopsReader", "organization": True},
        "sources": [
            {"kind": "cur", "path": "s3://bills/prefix"},
            {"kind": "athena", "database": "billing", "table": "cur", "output": "s3://results/prefix"},
            {"kind": "inventory"},
        ],
        "channels": [{"kind": "sns", "topic_arn": "arn:aws:sns:us-east-1:111122223333:costs"}],
    })  # fmt: skip
    members = {grant.purpose for grant in permissions.member()}
    rows = (
        (
            grant.purpose,
            ", ".join(f"`{action}`" for action in grant.actions),
            "each account" if grant.purpose in members else "where finops runs",
        )
        for grant in permissions.own(everything)
    )
    return _table(["for", "actions", "where"], rows)


def settings(key: str) -> str:
    """Every key of one table of finops.toml, for each `kind` where there are several."""
    field = Settings.model_fields[key]
    models = list(_models(field.annotation))
    if not models:
        return _table(["key", "type", "default"], [_setting(key, field, {})])
    return "\n".join(_settings_table(key, get_origin(field.annotation), model) for model in models)


def _settings_table(key: str, container: Any, model: type[BaseModel]) -> str:
    kind = model.model_fields["kind"].default if "kind" in model.model_fields else ""
    head = {tuple: f"[[{key}]]", dict: f"[{key}.NAME]"}.get(container, f"[{key}]")
    title = f"### `{head}`" + (f' `kind = "{kind}"`' if kind else "")
    secrets = getattr(model, "secrets", {})
    rows = [_setting(name, field, secrets) for name, field in model.model_fields.items() if name != "kind"]
    about = " ".join((model.__doc__ or "").split())
    return "\n\n".join(part for part in (title, about, _table(["key", "type", "default"], rows)) if part)


def _setting(name: str, field: FieldInfo, secrets: Mapping[str, str]) -> list[str]:
    if name in secrets:
        return [f"`{name}`", f"secret: `{secrets[name]}`", ""]
    name = field.alias or name
    return [f"`{name}`", _type(field.annotation), "required" if field.is_required() else _toml(field.default)]


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def _type(annotation: Any) -> str:
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type(inner[0])
    if origin is Literal:
        return " or ".join(_toml(value) for value in inner)
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(_type(one) for one in inner if one is not types.NoneType))
    if origin is tuple:
        return f"list of {_type(inner[0])}"
    return "table" if origin is dict else PLAIN.get(annotation, "table")


def _toml(value: Any) -> str:
    """As finops.toml writes it; nothing for what is left out."""
    if value is None or value == {}:
        return ""
    if isinstance(value, Decimal):
        return f"`{value}`"
    plain = value if isinstance(value, bool | int | float | str | tuple | list) else str(value)
    return f"`{json.dumps(plain, default=float)}`"


def _table(head: list[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(map(_escaped, line)) + " |\n" for line in lines)


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "\\<")
