"""What a prompt asks for. Rules over its words, the plainest first; what no rule fits is declined with a list of what can be asked."""

from __future__ import annotations

import re
from collections.abc import Callable

from ..port import ModelRequest
from . import files, notebooks
from .explore import explore
from .fixing import fix
from .plan import Move, Plan, Scene, replay, scene_of
from .reading import failure
from .targets import named, paths

ABLE = """I am the offline demo: a small program of rules, not a language model. I can:

- look at a table (a CSV file), add cells about it to a notebook, run them and say what they show
- summarise a notebook, explain its error, and fix some errors by rule
- add a cell with code that you give me, or run a cell
- list, find, read and search files, and run a command that you give me literally, like: run `ls`

Set `ANTHROPIC_API_KEY` (or `CrushApp.base_url`) for a model that can do the rest."""

_DATA = re.compile(
    r"\b(data|dataset|csv|tsv|table|analy[sz]e|analysis|explor\w*|describe|plot|chart|graph|visuali[sz]e|columns?|rows?|"
    r"statistics|penguins?)\b"
)


def decide(request: ModelRequest) -> Move:
    """The next step. A pure function of the request."""
    scene = scene_of(request)
    if not scene.tools:
        return Move(_without_tools(scene, request))
    return replay(_plan(scene)(scene), scene.rounds)


def _plan(scene: Scene) -> Callable[[Scene], Plan]:
    prompt = scene.prompt.lower()
    rules: tuple[tuple[bool, Callable[[Scene], Plan]], ...] = (
        (files.command_in(scene.prompt) is not None, files.command),
        (_has(prompt, r"fix|repair|debug|correct|broken|failing|fails|solve"), fix),
        (
            _has(prompt, r"error|traceback|exception|what went wrong|why does .{0,80}fail") or _shows_error(scene),
            notebooks.explain,
        ),
        (_has(prompt, r"(add|insert|append|write|put|create)\b.{0,40}\bcell"), notebooks.add_cell),
        (_has(prompt, r"(run|execute)\b.{0,20}\bcell"), notebooks.run_cell),
        (_has(prompt, r"(run|execute|evaluate|what is)\b") and "`" in prompt, notebooks.run_code),
        (_has(prompt, r"(search|grep|look) for|where is .{0,80}(used|defined)"), files.search),
        (_has(prompt, r"find\b.{0,40}\b(files?|notebooks?)") or "*" in prompt, files.find),
        (_is_about_a_notebook(scene, prompt), notebooks.summarise),
        (_has(prompt, r"read|show|open|cat|what is in|what's in") and _names_a_file(scene), files.read),
        (_has(prompt, r"(list|show|which|what)\b.{0,20}\b(files|folders?|is here)"), files.list_folder),
        (_DATA.search(prompt) is not None or bool(named(scene, (".csv", ".tsv"))), explore),
        (_names_a_file(scene), files.read),
    )
    return next((plan for fits, plan in rules if fits), _decline)


def _has(prompt: str, pattern: str) -> bool:
    return re.search(rf"\b(?:{pattern})", prompt[:20_000]) is not None


def _shows_error(scene: Scene) -> bool:
    return any(failure(part.text) is not None for part in scene.attached) and not _DATA.search(scene.prompt.lower())


def _is_about_a_notebook(scene: Scene, prompt: str) -> bool:
    asked = _has(prompt, r"summar|what does|what is in|overview|explain|describe|tell me about")
    return asked and ("notebook" in prompt or any(path.endswith(".ipynb") for path in paths(scene.prompt)))


def _names_a_file(scene: Scene) -> bool:
    return any(not path.endswith(".ipynb") for path in paths(scene.prompt))


def _decline(scene: Scene) -> Plan:
    greeting = _has(scene.prompt.lower(), r"(?:hi|hello|hey|help|who are you|what can you|thanks?|thank you)\b")
    yield from ()
    return ABLE if greeting else f"I have no rule for this prompt, so I do not try.\n\n{ABLE}"


def _without_tools(scene: Scene, request: ModelRequest) -> str:
    """Side jobs of the agent: a title, a summary. Both only from what was said."""
    told = f"{' '.join(request.system)} {scene.prompt}".lower()
    asked = [message.text.strip() for message in request.messages if message.role == "user" and message.text.strip()]
    if "title" in told:
        words = re.sub(r"[`*_#\[\]<>]", "", asked[0] if asked else "").split()
        return " ".join(words[:7])[:60] or "New session"
    if "summar" in told:
        prompts = "\n".join(f"- {' '.join(text.split())[:200]}" for text in asked[-13:-1])
        return f"What was asked so far:\n\n{prompts}"
    return ABLE
