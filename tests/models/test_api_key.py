"""Where the key comes from: a text, a file that is nobody else's, a function, or a bearer token; and what is never said of it."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

import pytest

from jupyter_crush.errors import ModelAuthError
from jupyter_crush.models.anthropic import AnthropicModel, MessagesServer
from jupyter_crush.models.api_key import KeyFile, key_now
from support.models.messages_api import Fail, MessagesApi
from support.models.model_requests import asked, heard, text_of

KEY, OTHER = "sk-ant-canary-0123456789", "sk-ant-canary-another"


def write(path: Path, key: str) -> None:
    path.write_text(key + "\n")
    path.chmod(0o600)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write(tmp_path / "key", KEY)
    return tmp_path / "key"


def sent(api: MessagesApi, number: int) -> str:
    """The key that a request came with; the SDK chooses the header."""
    headers = api.requests[number].headers
    return headers.get("x-api-key") or headers["authorization"].removeprefix("Bearer ")


async def test_a_key_that_is_changed_in_its_file_is_used_at_once(file: Path) -> None:
    async with MessagesApi() as api:
        model = AnthropicModel(MessagesServer(api_key=KeyFile(file), base_url=api.url))
        await heard(model, asked("hi"))
        write(file, OTHER)
        await heard(model, asked("hi"))
        assert (sent(api, 0), sent(api, 1)) == (KEY, OTHER)
        aside = file.rename(file.with_name("aside"))  # noqa: ASYNC240  a file of this test
        with pytest.raises(ModelAuthError, match=r"cannot be read.*CrushApp\.api_key_file"):
            await heard(model, asked("hi"))
        assert len(api.requests) == 2, "the former key is not used in its place"
        write(aside, KEY)
        aside.rename(file)
        assert text_of(await heard(model, asked("hi")))
        assert sent(api, 2) == KEY
        await model.aclose()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o660, 0o644, 0o777, 0o610])
def test_a_file_that_others_may_read_or_change_is_refused(file: Path, mode: int) -> None:
    file.chmod(mode)
    with pytest.raises(ModelAuthError, match=rf"mode {mode:03o}.*chmod 600") as refused:
        key_now(KeyFile(file))
    assert KEY not in "".join(traceback.format_exception(refused.value))


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_file_of_one_s_own_is_read(file: Path, mode: int) -> None:
    file.chmod(mode)
    assert key_now(KeyFile(file)) == KEY


@pytest.mark.parametrize("content", [b"", b"\n", b"two\nlines", b"\xff\xfe", b"tab\tinside", b"x" * 20_000])
def test_a_file_that_holds_no_key_says_so(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(ModelAuthError, match="key"):
        key_now(KeyFile(file))


def test_a_folder_is_no_key(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with pytest.raises(ModelAuthError, match=r"CrushApp\.api_key_file"):
        key_now(KeyFile(tmp_path))


async def test_a_function_is_asked_before_each_request() -> None:
    keys = [KEY, KEY, OTHER]
    async with MessagesApi() as api:
        model = AnthropicModel(MessagesServer(api_key=lambda: keys.pop(0), base_url=api.url))
        for _ in range(3):
            await heard(model, asked("hi"))
        assert [sent(api, number) for number in range(3)] == [KEY, KEY, OTHER]
        await model.aclose()


async def test_a_function_that_fails_says_so_and_not_what_it_said() -> None:
    def broken() -> str:
        raise RuntimeError(f"the vault's answer was {KEY}")

    async with MessagesApi() as api:
        model = AnthropicModel(MessagesServer(api_key=broken, base_url=api.url))
        with pytest.raises(ModelAuthError, match="RuntimeError") as refused:
            await heard(model, asked("hi"))
        assert KEY not in "".join(traceback.format_exception(refused.value))
        assert not api.requests
        await model.aclose()


@pytest.mark.parametrize("given", [None, 7, b"bytes", "", "two\nlines", f"{KEY}\r\nx-evil: yes"])
def test_what_is_no_key_is_not_sent(given: Any) -> None:
    with pytest.raises(ModelAuthError, match="gave no key"):
        key_now(lambda: given)


async def test_a_token_is_sent_as_a_bearer_s_and_a_key_wins_over_it() -> None:
    async with MessagesApi() as api:
        for key in (None, KEY):
            model = AnthropicModel(MessagesServer(api_key=key, auth_token="token-canary", base_url=api.url))
            await heard(model, asked("hi"))
            await model.aclose()
        assert api.requests[0].headers["authorization"] == "Bearer token-canary"
        assert "x-api-key" not in api.requests[0].headers
        assert sent(api, 1) == KEY


async def test_a_server_that_repeats_the_token_does_not_bring_it_into_the_error() -> None:
    async with MessagesApi() as api:
        api.script(Fail(401, "authentication_error", "token-canary-0123456789 is not valid"))
        model = AnthropicModel(MessagesServer(auth_token="token-canary-0123456789", base_url=api.url))
        with pytest.raises(ModelAuthError) as refused:
            await heard(model, asked("hi"))
        assert "canary" not in str(refused.value)
        await model.aclose()


def test_nothing_of_a_key_is_in_what_they_print(file: Path) -> None:
    for key in (KEY, KeyFile(file), lambda: KEY):
        assert KEY not in repr(AnthropicModel(MessagesServer(api_key=key)))
    assert repr(KeyFile(file)) == f"KeyFile('{file}')"
