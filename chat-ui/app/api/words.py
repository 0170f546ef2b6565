"""What a program is told of what the rest of chat-ui refuses, too: words, and which field it is."""

from app.errors import FIELDS, REFUSALS

MESSAGES = {
    "token-refused": "The token is unknown, revoked or has expired. Make a new one in Parley's"
    " settings.",
    "session-ended": "The session that this token acts for has ended.",
    "unavailable": "The database is unavailable. Try again in a moment.",
    "not-found": "There is nothing at this address.",
    "wrong-method": "This address doesn't accept that method.",
    "unknown-host": "Parley doesn't answer to this name. Whoever runs it has to set PUBLIC_URL.",
    "invalid-input": "The request can't be taken.",
    "key-reused": "This key came with another request before. Send a new one.",
    "branch-moved": "The chat doesn't lead through the message in `seen` any more.",
    "reply-unfinished": "The reply is still being written.",
    "nothing-to-continue": "The reply is complete: it can be regenerated, not continued.",
    "queue-full": "The reply queue is full.",
    "limit-messages": "This session's messages of this minute are used up.",
    "limit-tokens": "This session's tokens of this minute are used up, or reserved by what is being"
    " written.",
    "limit-program-messages": "This token's messages of this minute are used up.",
    "limit-program-tokens": "This token's tokens of this minute are used up, or reserved by what is"
    " being written.",
    "limit-session-replies": "This session is still waiting for as many replies as it may.",
    "limit-chats": "This session's chats of this minute are used up.",
    "limit-chat-replies": "This session is still waiting for as many replies as it may.",
    "limit-streams": "This session waits for, or watches, as many replies as it may.",
    "limit-searches": "This session is searching as much as it may.",
    "limit-all-searches": "Too many searches are waiting.",
    "limit-exports": "An export of this session is still being sent.",
    "message-too-large": "A message is too large.",
    "chats-full": "The session has no room left. Delete chats.",
    "file-too-large": "The file is over the limit of {limit} bytes.",
    "documents-full": "The session's documents may have {limit} bytes. Delete some.",
    "storage-full": "There is no room for more documents.",
    "file-kind-refused": "This is no document: PDF, text, Markdown, JPEG, PNG or sound.",
    "upload-failed": "The file was cut off on its way. Send it again.",
    "form-too-large": "The fields beside the files are too large.",
    "no-file": "There is no file in the form.",
}
CODES = {
    "token-refused": "invalid_api_key",
    "session-ended": "invalid_api_key",
    "not-found": "not_found",
    "key-reused": "idempotency_key_reused",
    "branch-moved": "branch_moved",
    "reply-unfinished": "reply_unfinished",
    "nothing-to-continue": "nothing_to_continue",
    "message-too-large": "request_too_large",
    "form-too-large": "request_too_large",
    "file-too-large": "file_too_large",
    "chats-full": "no_room",
    "documents-full": "no_room",
    "storage-full": "no_room",
    "file-kind-refused": "unsupported_file",
    "upload-failed": "upload_failed",
    "no-file": "invalid_value",
}
# What is wrong with a field, by the end of the kind.
REASONS = {
    "missing": "is empty",
    "too-long": "is longer than {limit} characters",
    "control-characters": "has control characters",
    "out-of-range": "is from {least} to {most}",
    "invalid": "names what is no picture of this chat, or too many",
}
# A kind of InvalidInput begins with the person's word for the field.
PARAMS = {
    **{word: name for name, word in FIELDS.items()},
    "name": "name",
    "prompt": "prompt",
    "key": "client_key",
}


def find_words(kind: str, facts: dict[str, int | str]) -> tuple[str, str | None]:
    """What to say of it, and the field that it is about, if it is about one."""
    if kind not in REFUSALS:
        return MESSAGES.get(kind, kind).format(**facts), None
    word = next(word for word in PARAMS if kind.startswith(f"{word}-"))
    reason = REASONS[kind.removeprefix(f"{word}-")].format(**facts)
    return f"{PARAMS[word]} {reason}.", PARAMS[word]
