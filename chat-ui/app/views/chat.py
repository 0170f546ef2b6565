"""A chat with a page of its messages."""

from dataclasses import dataclass, field, replace
from uuid import UUID

from app.clients.document_types import Document
from app.clients.types import MODES, Chat, DeletedChat, MessagePage, Mode
from app.views.documents import offer_pictures, tick_new
from app.views.lists import ChatList
from app.views.messages import Composer, MessageView, view_messages
from app.views.problems import Problem
from app.views.recordings import RecordingsView
from app.views.room import Room


@dataclass(frozen=True)
class ChatView:
    """`chat.html`. `model` is who writes its replies, if that is known; `editing` is the message
    that is a form; `deleted` another chat that was deleted just now; with `stay`, restoring it
    leads back to this one; `notes` are about files that were uploaded just now, `document_bytes` is
    the most that one may have. `recordings` are None where nothing transcribes them."""

    chat: Chat
    chats: ChatList
    messages: list[MessageView]
    earlier: UUID | None
    newest: bool  # it ends where the chat ends, so one can write
    shown: bool  # it is the branch that the chat shows
    redirect_to_live: bool  # scriptless browsers are led to the live page while a reply is to come
    composer: Composer
    documents: list[Document]
    room: Room
    examples: list[str]
    document_bytes: int
    model: str | None = None
    problem: Problem | None = None
    editing: UUID | None = None
    deleted: DeletedChat | None = None
    stay: bool = False
    notes: list[Problem] = field(default_factory=list)
    recordings: RecordingsView | None = None

    in_place = True  # a script sends the form and shows what comes

    @property
    def action(self) -> str:
        """Where the form leads."""
        return f"/generate/{self.chat.id}"

    @property
    def upload(self) -> str:
        """Where files are uploaded to."""
        return f"/chats/{self.chat.id}/documents"

    @property
    def live(self) -> bool:
        """Whether a reply is still to come."""
        return any(view.reply and not view.reply.final for view in self.messages)


async def view_chat(
    chat: Chat,
    chats: ChatList,
    page: MessagePage,
    documents: list[Document],
    room: Room,
    examples: list[str],
    model: str | None,
    *,
    document_bytes: int,
    sees_pictures: bool = False,
    redirect_to_live: bool = True,
    composer: Composer | None = None,
    problem: Problem | None = None,
    editing: UUID | None = None,
    deleted: DeletedChat | None = None,
    stay: bool = False,
    notes: list[Problem],
    recordings: RecordingsView | None = None,
) -> ChatView:
    """A chat with one page of its messages. Where a model `sees_pictures`, they are offered,
    and those that came since the last message are ticked."""
    last = page.items[-1] if page.items else None
    offered = offer_pictures(documents, chat.id)
    composer = composer or Composer()
    ticked = tick_new(offered, chat.id, last) if composer.ticked is None else composer.ticked
    newest = page.shown and not page.later
    return ChatView(
        chat=chat,
        chats=chats,
        messages=await view_messages(page.items, ends=newest),
        earlier=page.earlier,
        newest=newest,
        shown=page.shown,
        redirect_to_live=redirect_to_live
        and not (problem or editing or deleted or notes or composer.prompt),
        composer=replace(
            composer,
            seen=last.id if last else None,
            mode=composer.mode or choose_mode(chat) if documents else None,
            offered=offered,
            ticked=ticked,
            sees_pictures=sees_pictures,
        ),
        documents=documents,
        room=room,
        examples=examples,
        document_bytes=document_bytes,
        model=model,
        problem=problem,
        editing=editing,
        deleted=deleted,
        stay=stay,
        notes=notes,
        recordings=recordings,
    )


def choose_mode(chat: Chat) -> Mode:
    """How the next message of a chat with documents is answered, unless its sender says more."""
    return next((mode for mode in MODES if mode == chat.mode), "documents")
