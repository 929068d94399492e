"""What the server says about itself."""

from __future__ import annotations

import msgspec

from .._version import __version__
from ..wire import Health
from .call import Call


async def health(call: Call) -> Health:  # noqa: ARG001  nobody in particular asks
    """That the server extension answers, and which protocol it speaks."""
    return Health(version=__version__)


async def openapi(call: Call) -> msgspec.Raw:
    """This document."""
    # Imported when asked for: nobody else pays for making schemas.
    from .openapi import document  # noqa: PLC0415
    from .routes import ROUTES  # noqa: PLC0415

    return document(ROUTES, call.services.base_url, call.services.config.limits)
