"""Questions to people: listed, answered once from any client, and never left behind."""

from __future__ import annotations

import asyncio
from typing import Any

from support.models.messages_api import Answer, Call, MessagesApi
from support.scenarios.story import shape
from support.servers.witness import Witness

WHICH = {"text": "Which table?", "choices": [{"label": "sales.csv"}, {"label": "orders.csv"}]}
ASK = Call("ask_user", {"questions": [WHICH]})


async def _asked(witness: Witness, api: MessagesApi, *after: Answer | str) -> tuple[str, str, str]:
    """A run that waits for an answer: session, run, question."""
    api.script(Answer("Let me ask.", ASK), *after)
    sid = await witness.session()
    run = await witness.prompt(sid, "Look at the table")
    event = await witness.sees("question_request", run_id=run, state="pending")
    return sid, run, str(event.payload["id"])


async def _answer(witness: Witness, qid: str, body: dict[str, Any]) -> Any:
    answer = await witness.http("POST", witness.path(f"/questions/{qid}"), body)
    assert answer.status == 200, answer
    return answer.json()["resolved"]


async def test_of_many_answers_at_once_one_wins_and_everybody_hears_of_it(scene: Witness, api: MessagesApi) -> None:
    sid, run, qid = await _asked(scene, api, "Thank you.")
    second = await Witness.attend(scene.http, name="second")
    assert [one["id"] for one in await second.get("/questions")] == [qid]
    bodies = [{"answers": [{"choices": [label]}]} for label in ("sales.csv", "orders.csv") * 10]
    resolved = await asyncio.gather(*(_answer(scene, qid, body) for body in bodies))
    assert sorted(resolved) == [False] * 19 + [True]
    chosen = bodies[resolved.index(True)]["answers"][0]["choices"][0]
    await scene.ended(run)
    for client in (scene, second):
        said = await client.sees("question_notification", id=qid)
        assert (said.payload["answered"], said.payload["withdrawn"]) == (True, False) and said.payload["by"]
    assert f"→ {chosen}" in str(api.bodies[-1]["messages"][-1])
    assert shape(await scene.messages(sid))[-1] == ("assistant", "end_turn")
    await second.leave()


async def test_a_question_waits_while_nobody_is_there_and_is_found_again(scene: Witness, api: MessagesApi) -> None:
    _, run, qid = await _asked(scene, api, "Then I guess.")
    cursor = next(event.id for event in reversed(scene.events) if event.id is not None)
    await scene.leave()
    await scene.watch(cursor)
    (pending,) = await scene.get("/questions")
    assert (pending["id"], pending["questions"][0]["choices"][1]["label"]) == (qid, "orders.csv")
    assert await _answer(scene, qid, {"cancel": True})
    await scene.ended(run)
    assert "does not want to answer" in str(api.bodies[-1]["messages"][-1])
    assert not await _answer(scene, qid, {"cancel": True}), "it is settled"


async def test_an_answer_that_does_not_fit_changes_nothing(scene: Witness, api: MessagesApi) -> None:
    _, run, qid = await _asked(scene, api)
    bodies: list[dict[str, Any]] = [
        {},
        {"answers": []},
        {"answers": [{"choices": ["other.csv"]}]},
        {"answers": [{"choice": "sales.csv"}]},
    ]
    for body in bodies:
        answer = await scene.http("POST", scene.path(f"/questions/{qid}"), body)
        assert (answer.status, answer.json()["reason"]) == (400, "bad_request"), answer
    assert len(await scene.get("/questions")) == 1
    assert await _answer(scene, qid, {"answers": [{"text": "the newest"}]})
    await scene.ended(run)
    missing = await scene.http("POST", scene.path("/questions/none"), {"cancel": True})
    assert missing.status == 404


async def test_a_cancelled_run_takes_its_question_along(scene: Witness, api: MessagesApi) -> None:
    sid, run, qid = await _asked(scene, api)
    assert await scene.cancel(sid) == [run]
    said = await scene.sees("question_notification", id=qid)
    assert (said.payload["answered"], said.payload["withdrawn"]) == (False, True)
    (terminal,) = await scene.ended(run)
    assert terminal["state"] == "cancelled"
    assert await scene.get("/questions") == []
    assert not await _answer(scene, qid, {"answers": [{"choices": ["sales.csv"]}]})
