"""What happens in one chat, for all who watch it through this copy."""

from uuid import UUID

from app.clients.messages import MessagesClient
from app.clients.updates import ChatUpdate, ReplyUpdate
from app.watching.chat_state import ChatState
from app.watching.follower import Follower
from app.watching.notifier import Notifier
from app.watching.presenter import PlainPresenter, Presenter
from app.watching.snapshot import Snapshot
from app.watching.watchers import Watchers

SHOWN_SECONDS = 1.0  # between two looks at whether all has been rendered


class Feed:
    """Joins the four that do the work: `follower` asks db-api, `state` merges that with what the
    runner here says, `presenter` renders snapshots of it, and `watchers` are woken."""

    def __init__(
        self,
        messages: MessagesClient,
        notifier: Notifier,
        session: UUID,
        chat: UUID,
        *,
        plain: bool = False,
    ) -> None:
        self.session, self.chat = session, chat
        self.state = ChatState()
        self.watchers = Watchers(notifier)
        presents = PlainPresenter if plain else Presenter
        self.presenter = presents(self.state, self.watchers)
        self.follower = Follower(messages, session, chat, self.state, self.presenter.present)

    @property
    def snapshot(self) -> Snapshot:
        """What is shown now."""
        return self.presenter.snapshot

    @property
    def ended(self) -> bool:
        """Whether nothing is left to come."""
        return self.state.ended

    @property
    def dismissed(self) -> bool:
        """Whether this copy is about to stop, so that its watchers go to another one."""
        return self.watchers.dismissed

    async def open(self, since: int) -> None:
        """Fetches what comes after `since` and begins to follow; raises what db-api raises."""
        await self.follower.open(since)
        await self._show_all()
        self.follower.start()

    def begin(self, update: ChatUpdate, since: int, *, pause: float) -> None:
        """As `open`, with what was stored just now; to follow there is time for after a pause, or
        at the end, if the runner here writes all that is unfinished."""
        self.follower.begin(update, since)
        self.follower.start(pause if self.state.all_written_here else 0)

    async def reach_back(self, since: int, last: UUID | None = None) -> None:
        """Makes sure that everything after `since` is shown, and `last` known if there is one."""
        await self.follower.reach_back(since, last)
        await self._show_all()

    async def wait(self, snapshot: Snapshot, seconds: float) -> bool:
        """Until another snapshot than this one is shown, or the watchers are sent away; False if
        that takes too long."""
        if self.snapshot is not snapshot or self.dismissed:
            return True
        return await self.watchers.wait(seconds)

    def attach_writer(self, update: ReplyUpdate) -> None:
        """The runner in this process begins to write this reply."""
        self.state.attach_writer(update)
        self._present_written(update)

    def detach_writer(self, reply: UUID) -> None:
        """The runner in this process no longer writes this reply."""
        self.state.detach_writer(reply)

    def publish(self, update: ReplyUpdate) -> None:
        """What the runner in this process has stored."""
        self.state.apply(update)
        self._present_written(update)

    def close(self) -> None:
        """Nobody watches any more."""
        self.follower.close()

    def _present_written(self, update: ReplyUpdate) -> None:
        if update.reply.id in self.state.messages:
            self.presenter.present()
            if not self.state.unfinished:
                self.follower.settle()

    async def _show_all(self) -> None:
        while not self.dismissed and not self.presenter.complete:
            await self.wait(self.snapshot, SHOWN_SECONDS)
