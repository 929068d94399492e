"""Several providers at once: who answers for a name, whose key goes where, and what is offered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from traitlets import TraitError

from jupyter_crush.app import CrushApp
from jupyter_crush.errors import ModelAuthError, ModelNotFound
from jupyter_crush.models.catalog import Catalog, catalog_of, providers_from
from jupyter_crush.models.port import Model
from jupyter_crush.models.scripted import ScriptedModel
from jupyter_crush.plugins.loading import Plugin
from support.models.chat_api import ChatApi
from support.models.messages_api import MessagesApi
from support.models.model_requests import asked, heard, text_of

KEY = "sk-canary-1234567890"


def catalog_with(*providers: dict[str, Any], plugins: tuple[Plugin, ...] = (), **traits: Any) -> Catalog:
    return catalog_of(CrushApp(providers=list(providers), **traits).configured(), plugins)


async def answered(catalog: Catalog, name: str | None) -> str:
    model, info = catalog.find(name)
    return text_of(await heard(model, asked("hi", model=info.id)))


async def test_each_answers_for_its_own_names_and_gets_its_own_key_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "key"
    file.write_text("of-the-file")
    file.chmod(0o600)
    monkeypatch.setenv("LAB_KEY", "of-the-lab")
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "OPENAI_API_KEY"):
        monkeypatch.setenv(name, KEY)
    async with ChatApi() as local, ChatApi() as lab, MessagesApi() as gate:
        catalog = catalog_with(
            {"name": "local", "base_url": local.url, "models": ["qwen3:8b"]},
            {
                "name": "lab",
                "base_url": lab.url,
                "api_key_env": "LAB_KEY",
                "models": [{"id": "org/big", "context_window": 9_000}],
            },
            {
                "name": "gate",
                "kind": "anthropic",
                "base_url": gate.url,
                "api_key_file": str(file),
                "models": ["claude"],
            },
        )
        assert [(info.id, info.provider, info.context_window) for info in catalog.infos] == [
            ("local/qwen3:8b", "openai", None),
            ("lab/org/big", "openai", 9_000),
            ("gate/claude", "anthropic", None),
        ]
        names: tuple[str | None, ...] = (None, "lab/org/big", "gate/claude", "lab/unlisted")
        for chosen in names:
            assert await answered(catalog, chosen) == "ok"
        assert [body["model"] for body in (*local.bodies, *lab.bodies, *gate.bodies)] == [
            "qwen3:8b",
            "org/big",
            "unlisted",
            "claude",
        ]
        seen = [request.headers.get("authorization") for api in (local, lab, gate) for request in api.requests]
        assert seen == [None, "Bearer of-the-lab", "Bearer of-the-lab", "Bearer of-the-file"]
        open_gate = catalog_with({"name": "open", "kind": "anthropic", "base_url": gate.url, "models": ["claude"]})
        assert await answered(open_gate, None) == "ok"
        assert KEY not in str([request.headers for api in (local, lab, gate) for request in api.requests])
        await open_gate.aclose()
        await catalog.aclose()


async def test_without_models_named_it_offers_what_the_server_lists_the_first_by_default() -> None:
    async with ChatApi(models=("qwen3:8b", {"id": "small", "max_model_len": 8192})) as api:
        catalog = catalog_with({"name": "ollama", "base_url": api.url})
        assert not [*catalog.infos]
        catalog.prepare()
        await catalog.listed(5)
        assert [(info.id, info.name, info.context_window) for info in catalog.infos] == [
            ("ollama/qwen3:8b", "qwen3:8b (ollama)", None),
            ("ollama/small", "small (ollama)", 8192),
        ]
        assert await answered(catalog, None) == "ok"
        assert api.bodies[0]["model"] == "qwen3:8b"
        await catalog.aclose()


async def test_a_default_is_not_another_provider_s_because_the_first_one_s_server_is_down() -> None:
    async with ChatApi() as api:
        url = api.url
    catalog = catalog_with({"name": "local", "base_url": url}, {"name": "paid", "models": ["gpt-5"]})
    catalog.prepare()
    await catalog.listed(5)
    assert [info.id for info in catalog.infos] == ["paid/gpt-5"]
    with pytest.raises(ModelNotFound, match="Is the server running"):
        catalog.find()
    assert catalog.info() is None
    assert catalog.find("paid/gpt-5")[1].id == "paid/gpt-5"
    await catalog.aclose()


async def test_with_a_base_url_alone_the_server_s_models_are_offered_in_place_of_anthropic_s() -> None:
    async with ChatApi(models=("qwen3:8b",)) as api:
        catalog = catalog_of(CrushApp(base_url=api.url).configured(), ())
        catalog.prepare()
        await catalog.listed(5)
        assert [info.id for info in catalog.infos] == ["qwen3:8b"]
        await catalog.aclose()
    async with MessagesApi() as api:  # which lists none
        catalog = catalog_of(CrushApp(base_url=api.url).configured(), ())
        catalog.prepare()
        await catalog.listed(5)
        assert await answered(catalog, None) == "ok"
        await catalog.aclose()


def test_a_name_of_nobody_s_is_said() -> None:
    catalog = catalog_with({"name": "a", "models": ["x"]}, {"name": "b", "models": ["y"]})
    with pytest.raises(ModelNotFound, match=r"no model 'y' here. There are: a/x, b/y"):
        catalog.find("y")


def test_the_environment_s_keys_are_for_their_own_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "anthropic-" + KEY)
    config = CrushApp(
        providers=[
            {"name": "openai"},
            {"name": "claude", "kind": "anthropic"},
            {"name": "other", "base_url": "http://127.0.0.1:1"},
            {"name": "third", "kind": "anthropic", "base_url": "http://127.0.0.1:1"},
        ]
    ).configured()
    assert [one.api_key for one in config.providers] == [KEY, "anthropic-" + KEY, None, None]
    assert KEY not in repr(config)
    assert [one.provider for one in providers_from(config)] == ["openai", "anthropic", "openai", "anthropic"]


async def test_a_variable_that_was_not_set_is_named() -> None:
    catalog = catalog_with(
        {"name": "a", "base_url": "http://127.0.0.1:1", "api_key_env": "NO_SUCH_KEY", "models": ["x"]}
    )
    with pytest.raises(ModelAuthError, match="no NO_SUCH_KEY in the environment"):
        await answered(catalog, None)
    await catalog.aclose()


def test_an_entry_point_is_a_kind_and_is_then_not_there_by_itself() -> None:
    called = []

    def make(words: str = "") -> Model:
        called.append(words)
        return ScriptedModel()

    plugin = Plugin(provides="provider", name="parrot", origin="parrots", make=make)
    catalog = catalog_with({"name": "mine", "kind": "parrot", "options": {"words": "hi"}}, plugins=(plugin,))
    assert [info.id for info in catalog.infos] == ["mine/scripted"]
    assert called == ["hi"]
    with pytest.raises(ValueError, match=r"of kind 'owl'; there are: anthropic, openai, parrot"):
        catalog_with({"name": "mine", "kind": "owl"}, plugins=(plugin,))


def test_the_demo_is_there_when_it_is_wanted_alone() -> None:
    declared = {"name": "a", "models": ["x"]}
    assert [info.is_demo for info in catalog_with(declared).infos] == [False]
    assert [info.is_demo for info in catalog_with(declared, demo="always").infos] == [True]


@pytest.mark.parametrize(
    "wrong",
    [
        [{}],
        [{"name": "Has Space"}],
        [{"name": "a/b"}],
        [{"name": "a"}, {"name": "a"}],
        [{"name": "a", "base_url": "ftp://x"}],
        [{"name": "a", "api_key": "sk-text"}],
        [{"name": "a", "api_key_env": "A", "api_key_file": "b"}],
        [{"name": "a", "models": [{"name": "no id"}]}],
        [{"name": "a", "tpyo": 1}],
        "text",
    ],
)
def test_a_declaration_that_makes_no_sense_is_refused(wrong: Any) -> None:
    with pytest.raises(TraitError, match=r"CrushApp\.providers") as caught:
        CrushApp(providers=wrong)
    assert "sk-text" not in str(caught.value)


def test_the_declarations_are_in_nobody_s_settings() -> None:
    app = CrushApp(providers=[{"name": "a", "headers": {"x": KEY}}])
    app._prepare_config()
    assert KEY not in str(app.settings)
