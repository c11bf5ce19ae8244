"""Messages as a person sees them: Slack's blocks and mails as pages, and pages as pictures. `make pictures`.

Slack's look is imitated with what its blocks say: enough to judge order, length and line breaks, in light and
dark, on a screen and on a phone. Needs a Chromium (`apt install chromium`).
"""

from __future__ import annotations

import html
import re
import subprocess
import sys
from base64 import b64encode
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory
from typing import Any

from channel_samples import all_samples
from test_golden import page

from finops.channels.slack.blocks import payload
from finops.messages import charts
from finops.model import Message

WIDTHS = {"wide": 760, "narrow": 390}
STYLE = (Path(__file__).parent / "pictures.css").read_text(encoding="utf-8")


def slack_page(message: Message, theme: str) -> str:
    sent = payload(message, buttons=bool(message.notices), dashboard_url="https://finops.example.com")
    (attachment,) = sent["attachments"]
    inner = "".join(map(block, attachment["blocks"]))
    picture = charts.png(message.notices[0].incident.finding) if len(message.notices) == 1 else None
    shown = f'<img src="data:image/png;base64,{b64encode(picture).decode()}">' if picture else ""
    top = "".join(map(block, sent["blocks"]))
    return (
        f'<!doctype html><meta charset="utf-8"><style>{STYLE}</style><body class="{theme}"><div class="message">'
        f'<div class="face">f</div><div><b>finops</b> <span class="app">APP</span> <span class="dim">07:12</span>'
        f'{top}<div class="attachment" style="border-color:{attachment["color"]}">{inner}</div>{shown}</div></div>'
    )


def block(one: dict[str, Any]) -> str:
    match one["type"]:
        case "header":
            return f"<h1>{html.escape(one['text']['text'])}</h1>"
        case "section":
            fields = "".join(f"<div>{mrkdwn(field['text'])}</div>" for field in one.get("fields", ()))
            beside = face(one["accessory"]) if "accessory" in one else ""
            text = f"<p>{beside}{mrkdwn(one['text']['text'])}</p>" if "text" in one else ""
            return text + (f'<div class="fields">{fields}</div>' if fields else "")
        case "context":
            return f'<p class="dim">{" ".join(mrkdwn(part["text"]) for part in one["elements"])}</p>'
        case "actions":
            return f'<div class="actions">{"".join(map(face, one["elements"]))}</div>'
        case kind:
            raise ValueError(f"no picture of a block of the type {kind}")


def face(button: dict[str, Any]) -> str:
    return f'<button class="{button.get("style", "")}">{html.escape(button["text"]["text"])}</button>'


def mrkdwn(text: str) -> str:
    """The little of it that our layouts use; `&lt;` and its like are HTML already."""
    text = re.sub(r"<(https://[^>|]*)>", r'<a href="#">\1</a>', text)
    text = re.sub(r"```(.*?)```", r"<pre>\1</pre>", text, flags=re.DOTALL)
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", text)
    text = re.sub(r"(?<!\w)\*([^*\n]+)\*(?!\w)", r"<b>\1</b>", text)
    return re.sub(r"\n(?![^<]*</pre>)", "<br>", text)


def mail_page(message: Message, theme: str) -> str:
    """Its own page; the theme is the browser's, and the picture is put where the mail has it."""
    shown = page(message)
    picture = charts.png(message.notices[0].incident.finding) if len(message.notices) == 1 else None
    if picture:
        shown = re.sub(r"cid:[^\"]*", f"data:image/png;base64,{b64encode(picture).decode()}", shown)
    dark = re.search(r"@media \(prefers-color-scheme: dark\) \{(.*?)\n  \}", shown, flags=re.DOTALL)
    return shown.replace("</style>", f"{dark[1]}</style>") if theme == "dark" and dark else shown


def photograph(chromium: str, source: str, target: Path, width: int) -> None:
    """Cropped to what is there, in the background's colour."""
    from PIL import Image, ImageChops

    with TemporaryDirectory() as scratch:
        file = Path(scratch) / "page.html"
        file.write_text(source, encoding="utf-8")
        subprocess.run(
            [
                chromium, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                f"--user-data-dir={scratch}/profile", "--force-device-scale-factor=1.5",
                f"--window-size={width},2600", f"--screenshot={target}", file.as_uri(),
            ],
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip
    with Image.open(target) as shot:
        plain = Image.new(shot.mode, shot.size, shot.getpixel((shot.width - 1, shot.height - 1)))
        box = ImageChops.difference(shot, plain).getbbox()
        if box:
            shot.crop((0, 0, shot.width, min(shot.height, box[3] + 24))).quantize(128).save(
                target, optimize=True
            )


def main(directory: Path, names: list[str]) -> None:
    chromium = which("chromium") or which("chromium-browser") or which("google-chrome")
    if chromium is None:
        sys.exit("pictures: no Chromium here; apt install chromium")
    directory.mkdir(parents=True, exist_ok=True)
    samples = all_samples()
    for name in names or [one for one in samples if one not in ("flood", "long")]:
        for layout, draw in (("slack", slack_page), ("email", mail_page)):
            for theme in ("light", "dark"):
                for size, width in WIDTHS.items():
                    target = directory / f"{layout}-{name}-{theme}-{size}.png"
                    photograph(chromium, draw(samples[name], theme), target, width)
        sys.stderr.write(f"{name}: {len(WIDTHS) * 4} pictures in {directory}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
