"""Who may do what, on a Hub and without one."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_crush.config import Config
from jupyter_crush.permissions.policy import Policy


def policy(owner: str | None, **lists: tuple[str, ...]) -> Policy:
    return Policy(Config(data_dir=Path("/nowhere"), owner=owner, **lists))  # type: ignore[arg-type]


LISTS = {"prompters": ("ana", "ben", "cleo"), "approvers": ("ana", "ben"), "viewers": ("*",)}


@pytest.mark.parametrize(
    ("owner", "who", "author", "may"),
    [
        ("ana", "ana", "cleo", True),
        ("ana", "cleo", "cleo", True),
        ("ana", "cleo", "ana", False),
        ("ana", "ben", "ana", False),
        ("ana", "cleo", None, False),
        ("ana", "dan", "dan", False),
        ("ana", None, None, False),
        (None, "cleo", "ana", False),
        (None, "cleo", "cleo", True),
        (None, "ben", "ana", True),
    ],
)
def test_a_session_is_its_authors_and_its_owners_to_delete(
    owner: str | None, who: str | None, author: str | None, may: bool
) -> None:
    assert policy(owner, **LISTS).may_delete(who, author) is may


def test_nobody_is_the_owner_where_none_is_known() -> None:
    assert policy("ana").is_owner("ana") and not policy("ana").is_owner("ben")
    assert not policy(None).is_owner("ana") and not policy(None).is_owner(None)


def test_the_server_itself_holds_no_role() -> None:
    everyone = policy(None)
    assert everyone.may_view("dan") and everyone.may_prompt("dan") and everyone.may_approve("dan")
    assert not (everyone.may_view(None) or everyone.may_prompt(None) or everyone.may_approve(None))
