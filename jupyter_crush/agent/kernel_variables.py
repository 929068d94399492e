"""The variables of notebooks' kernels, for people who name them, as the tool shows them to the agent."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from ..errors import Forbidden
from ..files.location import Location
from ..files.paths import locate
from ..kernels.introspection.request import Variables, variables
from ..kernels.kernels import Kernels
from ..tools.read_variables import ReadVariables
from ..tools.toolsets import Toolsets


class KernelVariables(Struct, frozen=True, kw_only=True):
    """Looks at them where the administrator allows the tool."""

    location: Location
    kernels: Kernels
    toolsets: Toolsets

    async def of(self, notebook: str, names: Sequence[str] | None = None) -> Variables:
        """Those of a notebook's running kernel. Raises CrushError."""
        if ReadVariables.name not in self.toolsets.names:
            raise Forbidden(f"The administrator does not allow {ReadVariables.name} here.")
        return await variables(self.kernels, locate(notebook, self.location.root, self.location.prefix).api, names)
