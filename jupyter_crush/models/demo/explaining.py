"""What common errors mean, in words for people who do not know them."""

from __future__ import annotations

from .plan import code, quoted
from .reading import Failure

_MEANINGS = {
    "NameError": "a name is used that nothing has defined so far: a typing error, a missing import, or a cell that has not run yet",
    "KeyError": "a key or a column is looked up that is not there",
    "IndexError": "a position is looked up that is beyond the end",
    "AttributeError": "an object has no attribute or method of that name: a typing error, or an object of another type than expected",
    "TypeError": "an operation or a function got a value of a type that it cannot work with",
    "ValueError": "a value has the right type but cannot be used",
    "ZeroDivisionError": "something is divided by zero: the divisor is empty or 0 in this case",
    "ModuleNotFoundError": "a package is imported that is not installed in this kernel, or its name is misspelt",
    "ImportError": "a module is there, but not the name that is imported from it",
    "FileNotFoundError": "there is no file at that path, seen from the folder the kernel runs in",
    "SyntaxError": "Python cannot read the code: a sign is missing or stands in the wrong place",
    "IndentationError": "the lines are not indented as Python expects",
    "KeyboardInterrupt": "the execution was stopped",
    "MemoryError": "there was not enough memory",
    "RecursionError": "a function calls itself without end",
    "AssertionError": "a condition that must hold does not hold",
    "PermissionError": "the file or folder may not be used by this user",
    "UnicodeDecodeError": "a file is not in the encoding it was read with; try another one, such as latin-1",
    "StopIteration": "an iterator was asked for more than it has",
}


def meaning(error: Failure) -> str:
    """One sentence about an error."""
    said = f"{code(error.name)}: {code(error.message)}" if error.message else code(error.name)
    known = _MEANINGS.get(error.name)
    return f"{said}. That means that {known}." if known else f"{said}. I have no rule about this kind of error."


def line_at_fault(traceback: str) -> str | None:
    """The line that IPython's arrow points to, deepest in the person's own cell."""
    marked = [line for line in traceback.splitlines() if line.lstrip().startswith(("--->", "---->", "-->"))]
    for line in marked:
        _, _, rest = line.lstrip().lstrip("-").removeprefix(">").strip().partition(" ")
        if rest.strip():
            return rest.strip()
    return None


def explained(error: Failure) -> str:
    """An error in words, with the line it came from when the traceback shows it."""
    text = meaning(error)
    at = line_at_fault(error.traceback)
    return f"{text}\n\nIt came from this line:\n\n{quoted(at, 400)}" if at else text
