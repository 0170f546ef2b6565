"""What a reply says where the documents don't answer the question, and no model writes. A search,
or a model that has read what was found, may have missed it: they say no more than they know."""

NOTHING_FOUND = "No sentence in your documents clearly answers this."
NO_TEXT = "No text was found in your documents, so nothing in them can answer this."
NOTHING_IN_PICTURES = (
    "Only the text in pictures is searched. No sentence in yours clearly answers this."
)
NO_TEXT_IN_PICTURES = "Only the text in pictures is searched, and none was found in yours."

OTHER_WORDS = "You may find more with words that your documents use."


def refuse(*, has_text: bool, only_pictures: bool, has_nearest: bool) -> str:
    """Of documents in which some text was read or not, all of them pictures or not. Where nearest
    passages are shown, the hint stands above them."""
    if not has_text:
        return NO_TEXT_IN_PICTURES if only_pictures else NO_TEXT
    nothing = NOTHING_IN_PICTURES if only_pictures else NOTHING_FOUND
    return nothing if has_nearest else f"{nothing} {OTHER_WORDS}"
