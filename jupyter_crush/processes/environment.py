"""What a child process gets to see of the server's environment: what programs need to run, and no secret."""

from __future__ import annotations

import re
from collections.abc import Mapping

KEPT = re.compile(
    r"""PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_\w+|TZ|TERM|COLORTERM|COLUMNS|LINES|TMPDIR|TEMP|TMP|PWD|DISPLAY|EDITOR|PAGER
    |XDG_\w+|VIRTUAL_ENV|CONDA_\w+|MAMBA_\w+|PYTHON\w*|PIP_\w+|UV_\w+|LD_LIBRARY_PATH|LIBRARY_PATH|CPATH|PKG_CONFIG_PATH|JAVA_HOME
    |R_\w+|JULIA_\w+|CUDA_\w+|OMP_\w+|MKL_\w+|OPENBLAS_\w+|NUMEXPR_\w+|MPLBACKEND|MPLCONFIGDIR|NODE_PATH|NODE_EXTRA_CA_CERTS|GIT_(?!ASKPASS)\w+
    |SSL_CERT_FILE|SSL_CERT_DIR|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|SOURCE_DATE_EPOCH|CI|NO_COLOR|JUPYTER_(?:CONFIG|DATA|RUNTIME)_DIR|JUPYTER_PATH""",
    re.VERBOSE,
)
SECRET = re.compile(
    r"TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|API_?KEY|ACCESS_?KEY|PRIVATE|AUTH|_PAT$|INDEX_URL", re.IGNORECASE
)
"""Names that are never handed on, whatever they begin with. Index URLs may carry a password."""


def child_environment(server: Mapping[str, str]) -> dict[str, str]:
    """An allowlist of ``server``'s variables; a name that sounds like a secret is left out even if it is on the list."""
    return {name: value for name, value in server.items() if KEPT.fullmatch(name) and not SECRET.search(name)}
