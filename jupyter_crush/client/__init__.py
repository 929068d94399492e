"""Talk to the agent of a Jupyter server from Python: ``Client`` blocks, ``AsyncClient`` awaits.

    with Client() as client:
        workspace = client.open()
        session = workspace.create_session("A question")
        run = workspace.wait(workspace.prompt(session.id, "What is in this folder?"))
        print(run.text)

The answers are the frozen models of ``jupyter_crush.wire``; every error is a ``ClientError`` whose message says what to do.
"""

from .asynchronous import AsyncClient as AsyncClient
from .blocking import Client as Client
from .blocking_workspace import Workspace as Workspace
from .endpoint import Endpoint as Endpoint
from .endpoint import RunningServer as RunningServer
from .endpoint import find_endpoint as find_endpoint
from .endpoint import parse_endpoint as parse_endpoint
from .endpoint import running_servers as running_servers
from .errors import BadAnswer as BadAnswer
from .errors import CannotConnect as CannotConnect
from .errors import ClientError as ClientError
from .errors import NoServer as NoServer
from .errors import Refused as Refused
from .following import ends as ends
from .following import own_error as own_error
from .stream import Connected as Connected
from .stream import Idle as Idle
from .stream import Item as Item
from .stream import Lost as Lost
from .stream import Resynced as Resynced
from .transcript import Transcript as Transcript
from .workspace import AsyncWorkspace as AsyncWorkspace
