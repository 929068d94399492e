"""Which tools are built in: one toolset, like those that come from elsewhere."""

from __future__ import annotations

from typing import Any

from ..plugins.loading import BUILTIN
from .ask_user import AskUser
from .edit_file import EditFile
from .edit_notebook import EditNotebook
from .find_files import FindFiles
from .list_files import ListFiles
from .port import Tool
from .read_file import ReadFile
from .read_notebook import ReadNotebook
from .read_variables import ReadVariables
from .run_cell import RunCell
from .run_code import RunCode
from .run_command import RunCommand
from .search_text import SearchText
from .toolset import StaticToolset
from .update_plan import UpdatePlan
from .write_file import WriteFile


def builtin_tools() -> tuple[Tool[Any], ...]:
    """All of them, those that only look first."""
    return (
        ListFiles(),
        FindFiles(),
        SearchText(),
        ReadFile(),
        ReadNotebook(),
        ReadVariables(),
        WriteFile(),
        EditFile(),
        EditNotebook(),
        RunCell(),
        RunCode(),
        RunCommand(),
        AskUser(),
        UpdatePlan(),
    )


def builtin_toolset() -> StaticToolset:
    return StaticToolset(BUILTIN, builtin_tools())
