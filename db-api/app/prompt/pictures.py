"""How the pictures of messages come into the prompt: as they are, or as the text in them.

Only the newest message that has some gives them as they are. Those before it give their text, as
all do to a model that sees none.
"""

from collections.abc import Sequence
from uuid import UUID

from app.messages.pictures import SentPicture
from app.prompt.passages import defuse
from app.prompt.schemas import PassagePart, PicturePart, PromptMessage, PromptPart, TextPart
from app.replies.schemas import Saw

# None: that is not known yet.
Given = Saw | None

UNREADABLE = (
    "A picture was sent with this message, {}. You can't see it, and no text was read in it."
)


def give_pictures(
    prompt: Sequence[PromptMessage], pictures: Sequence[SentPicture], saw: Given
) -> None:
    """Puts them before the text of their messages. As long as it isn't known how they are given,
    all of the newest are pictures."""
    own: dict[UUID | None, list[SentPicture]] = {}
    for picture in pictures:
        own.setdefault(picture.message_id, []).append(picture)
    newest = next((m for m in reversed(prompt) if m.message_id in own), None)
    for message in prompt:
        may_be_seen = message is newest and saw in ("picture", None)
        parts = [
            _give(picture, seen=may_be_seen and (picture.is_shown or saw is None))
            for picture in own.get(message.message_id, [])
        ]
        message.parts = [*parts, *message.parts]


def _give(picture: SentPicture, *, seen: bool) -> PromptPart:
    name = defuse(picture.name)
    if seen:
        return PicturePart(document=name, document_id=picture.document_id)
    if not picture.text.strip():
        return TextPart(text=UNREADABLE.format(name))
    return PassagePart(document=name, page=1, text=defuse(picture.text))
