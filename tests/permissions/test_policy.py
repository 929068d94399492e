"""Who may do what, on a Hub and without one: the table once more, in other words."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from jupyter_crush.config import Config
from jupyter_crush.permissions.policy import RULES, Action, Policy
from jupyter_crush.permissions.principal import Principal
from jupyter_crush.wire import Session


def policy(owner: str | None, **lists: tuple[str, ...]) -> Policy:
    return Policy(Config(data_dir=Path("/nowhere"), owner=owner, **lists))  # type: ignore[arg-type]


def who(name: str) -> Principal:
    return Principal(name, name.title())


def session(author: str | None) -> Session:
    return Session(id="s", title="", created_at=0, updated_at=0, author_id=author)


LISTS = {"prompters": ("ana", "ben", "cleo"), "approvers": ("ana", "ben"), "viewers": ("ana", "ben", "cleo", "dan")}
CALLERS = {name: who(name) for name in ("ana", "ben", "cleo", "dan", "eve")}
CALLERS["code"] = Principal("ana", "Ana", "kernel")
DIRECTS = "ana ben cleo code"
MAY: dict[Action, str] = {
    "view": "ana ben cleo dan code",
    "attend": "ana ben cleo dan code",
    "lend documents": DIRECTS,
    "look into kernels": DIRECTS,
    "prompt": DIRECTS,
    "cancel": DIRECTS,
    "arrange": DIRECTS,
    "edit session": DIRECTS,
    "review": DIRECTS,
    "configure": "ana ben cleo",
    "choose mode": "ana ben cleo",
    "loosen mode": "ana ben",
    "act unasked": "ana ben code",
    "deny": "ana ben code",
    "approve": "ana ben",
    "revoke grant": "ana ben code",
    "decline": DIRECTS,
    "answer": "ana ben cleo",
    "delete": DIRECTS,
    "restore": DIRECTS,
    "manage others' sessions": "ana code",
}
"""On Ana's server, where Ben may approve, Cleo prompt and Dan look; ``code`` is a kernel of Ana's."""


@pytest.mark.parametrize("action", get_args(Action))
def test_each_action_is_for_those_whom_the_table_names(action: Action) -> None:
    shared = policy("ana", **LISTS)
    assert [name for name, caller in CALLERS.items() if shared.allows(caller, action)] == MAY[action].split()


def test_the_table_has_each_action_once() -> None:
    assert tuple(RULES) == get_args(Action)


@pytest.mark.parametrize(
    ("owner", "name", "author", "may"),
    [
        ("ana", "ana", "cleo", True),
        ("ana", "cleo", "cleo", True),
        ("ana", "cleo", "ana", False),
        ("ana", "ben", "ana", False),
        ("ana", "cleo", None, False),
        ("ana", "dan", "dan", False),
        (None, "cleo", "ana", False),
        (None, "cleo", "cleo", True),
        (None, "ben", "ana", True),
    ],
)
def test_a_session_is_its_authors_and_its_owners_to_delete(
    owner: str | None, name: str, author: str | None, may: bool
) -> None:
    asked = policy(owner, **LISTS)
    assert asked.allows(who(name), "delete", session(author)) is may
    assert asked.allows(who(name), "restore", session(author)) is may


@pytest.mark.parametrize("action", get_args(Action))
def test_the_server_itself_may_nothing(action: Action) -> None:
    assert policy(None).allows(who("dan"), action) and not policy(None).allows(None, action)


def test_what_is_no_action_is_not_allowed() -> None:
    assert not policy(None).allows(who("dan"), "fly")  # type: ignore[arg-type]


@pytest.mark.parametrize("origin", ["kernel", "command", "agent", "schedule"])
def test_who_is_no_person_prompts_and_does_not_approve(origin: str) -> None:
    caller = Principal("ana", "Ana", origin)  # type: ignore[arg-type]
    may = policy(None).may(caller)
    assert caller.kind != "person" and (may.view, may.prompt, may.approve, may.configure) == (True, True, False, False)
