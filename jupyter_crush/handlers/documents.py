"""What tabs say: which documents they have open, and how the work went that they were asked to do in them. What kernels hold."""

from __future__ import annotations

from ..kernels.introspection.render import summary
from ..wire import (
    AnswerDocument,
    Change,
    ClaimDocument,
    DocumentWork,
    ListVariables,
    PutPresence,
    Resolved,
    VariableInfo,
)
from .call import Call


async def put_presence(call: Call, wid: str, *, body: PutPresence) -> None:
    """Say what one tab has open now.

    Said on each change and every 20 s; a tab that was not heard of for 150 s is not asked any more. No documents: the tab is gone.
    """
    workspace = call.workspace(wid)
    call.services.attached.put(wid, body, lambda request: workspace.announce(Change(type="created", payload=request)))


async def claim_document(call: Call, wid: str, request_id: str, *, body: ClaimDocument) -> DocumentWork:
    """Claim a request, and get the work.

    404: it was withdrawn, or claimed before; the tab does nothing then.
    """
    call.workspace(wid)
    return call.services.attached.claim(request_id, body)


async def answer_document(call: Call, wid: str, request_id: str, *, body: AnswerDocument) -> Resolved:
    """Say how a claimed request went. resolved is false when it came too late, or was answered before."""
    call.workspace(wid)
    return call.services.attached.answer(request_id, body)


async def list_variables(call: Call, wid: str, *, body: ListVariables) -> tuple[VariableInfo, ...]:
    """What the running kernel of a notebook holds: names, types, sizes.

    A POST, since something runs in the kernel: the fixed, documented code that only looks. 409: no Python kernel runs, or it is busy.
    """
    found = await call.workspace(wid).variables(body.notebook)
    return tuple(VariableInfo(name=one.name, kind=one.kind, summary=summary(one)) for one in found.variables)
