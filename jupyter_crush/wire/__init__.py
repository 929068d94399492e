"""The vocabulary: everything that is said over HTTP, kept in the store, or published as an event.

The wire model *is* the domain model. A row of the store, the payload of an event and the body of an answer are the same
frozen Struct, so nothing is mapped by hand. ``labextension/src/wire.ts`` and ``GET openapi.json`` are generated from here.

Ids are opaque strings; times are integer milliseconds since the epoch (``*_at``); sizes are bytes unless a name says tokens.
"""

from .answers import (
    ORIGIN_HEADER as ORIGIN_HEADER,
)
from .answers import (
    PROTOCOL as PROTOCOL,
)
from .answers import (
    AgentStatus as AgentStatus,
)
from .answers import (
    Cancelled as Cancelled,
)
from .answers import (
    ConfigView as ConfigView,
)
from .answers import (
    ErrorBody as ErrorBody,
)
from .answers import (
    Health as Health,
)
from .answers import (
    May as May,
)
from .answers import (
    ModelInfo as ModelInfo,
)
from .answers import (
    PluginStatus as PluginStatus,
)
from .answers import (
    PromptCommand as PromptCommand,
)
from .answers import (
    Resolved as Resolved,
)
from .answers import (
    Snapshot as Snapshot,
)
from .changes import (
    CellChange as CellChange,
)
from .changes import (
    ChangedFile as ChangedFile,
)
from .changes import (
    ConflictBody as ConflictBody,
)
from .changes import (
    KeepChanges as KeepChanges,
)
from .changes import (
    RevertChanges as RevertChanges,
)
from .changes import (
    Reviewed as Reviewed,
)
from .changes import (
    Rewind as Rewind,
)
from .documents import (
    AnswerDocument as AnswerDocument,
)
from .documents import (
    CellEdit as CellEdit,
)
from .documents import (
    CellType as CellType,
)
from .documents import (
    ClaimDocument as ClaimDocument,
)
from .documents import (
    DeleteCell as DeleteCell,
)
from .documents import (
    DocumentCell as DocumentCell,
)
from .documents import (
    DocumentNotebook as DocumentNotebook,
)
from .documents import (
    DocumentRequest as DocumentRequest,
)
from .documents import (
    DocumentWork as DocumentWork,
)
from .documents import (
    InsertCell as InsertCell,
)
from .documents import (
    ListVariables as ListVariables,
)
from .documents import (
    MoveCell as MoveCell,
)
from .documents import (
    OpenDocument as OpenDocument,
)
from .documents import (
    PutPresence as PutPresence,
)
from .documents import (
    ReplaceCell as ReplaceCell,
)
from .documents import (
    SetOutputs as SetOutputs,
)
from .documents import (
    VariableInfo as VariableInfo,
)
from .entities import (
    PROMPT_CHARS as PROMPT_CHARS,
)
from .entities import (
    TERMINAL as TERMINAL,
)
from .entities import (
    ChangeType as ChangeType,
)
from .entities import (
    Context as Context,
)
from .entities import (
    FileChange as FileChange,
)
from .entities import (
    Finish as Finish,
)
from .entities import (
    FinishReason as FinishReason,
)
from .entities import (
    Grant as Grant,
)
from .entities import (
    Image as Image,
)
from .entities import (
    JsonObject as JsonObject,
)
from .entities import (
    Message as Message,
)
from .entities import (
    Origin as Origin,
)
from .entities import (
    Part as Part,
)
from .entities import (
    PermissionAction as PermissionAction,
)
from .entities import (
    PermissionMode as PermissionMode,
)
from .entities import (
    PermissionNotification as PermissionNotification,
)
from .entities import (
    PermissionRequest as PermissionRequest,
)
from .entities import (
    Reasoning as Reasoning,
)
from .entities import (
    Role as Role,
)
from .entities import (
    Run as Run,
)
from .entities import (
    RunKind as RunKind,
)
from .entities import (
    RunMode as RunMode,
)
from .entities import (
    RunState as RunState,
)
from .entities import (
    Session as Session,
)
from .entities import (
    Text as Text,
)
from .entities import (
    ToolCall as ToolCall,
)
from .entities import (
    ToolResult as ToolResult,
)
from .entities import (
    Usage as Usage,
)
from .entities import (
    Wire as Wire,
)
from .entities import (
    Workspace as Workspace,
)
from .events import (
    EVENT_TYPES as EVENT_TYPES,
)
from .events import (
    AgentEvent as AgentEvent,
)
from .events import (
    Change as Change,
)
from .events import (
    Client as Client,
)
from .events import (
    ConfigChanged as ConfigChanged,
)
from .events import (
    Event as Event,
)
from .events import (
    MessageDelta as MessageDelta,
)
from .events import (
    Payload as Payload,
)
from .events import (
    Resync as Resync,
)
from .events import (
    RunComplete as RunComplete,
)
from .events import (
    ToolProgress as ToolProgress,
)
from .events import (
    decode_event as decode_event,
)
from .events import (
    encode as encode,
)
from .events import (
    encode_event as encode_event,
)
from .events import (
    encode_snapshot as encode_snapshot,
)
from .questions import (
    Choice as Choice,
)
from .questions import (
    Question as Question,
)
from .questions import (
    QuestionAnswer as QuestionAnswer,
)
from .questions import (
    QuestionNotification as QuestionNotification,
)
from .questions import (
    QuestionRequest as QuestionRequest,
)
from .requests import (
    AnswerPermission as AnswerPermission,
)
from .requests import (
    AnswerQuestion as AnswerQuestion,
)
from .requests import (
    Attachment as Attachment,
)
from .requests import (
    Body as Body,
)
from .requests import (
    CancelRequest as CancelRequest,
)
from .requests import (
    CreateSession as CreateSession,
)
from .requests import (
    ForkSession as ForkSession,
)
from .requests import (
    MovePrompt as MovePrompt,
)
from .requests import (
    OpenWorkspace as OpenWorkspace,
)
from .requests import (
    PatchConfig as PatchConfig,
)
from .requests import (
    PatchSession as PatchSession,
)
from .requests import (
    PromptRequest as PromptRequest,
)
from .requests import (
    SummarizeSession as SummarizeSession,
)
