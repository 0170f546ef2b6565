"""What a reply says where the documents don't answer the question, and no model writes. A search,
or a model that has read what was found, may have missed it: they say no more than they know."""

NOTHING_FOUND = "No sentence in your documents clearly answers this."
NO_TEXT = "No text was found in your documents, so nothing in them can answer this."
NOTHING_IN_PICTURES = (
    "Only the text in pictures is searched. No sentence in yours clearly answers this."
)
NO_TEXT_IN_PICTURES = "Only the text in pictures is searched, and none was found in yours."


def refuse(*, has_text: bool, only_pictures: bool) -> str:
    """Of documents in which some text was read or not, all of them pictures or not."""
    if only_pictures:
        return NOTHING_IN_PICTURES if has_text else NO_TEXT_IN_PICTURES
    return NOTHING_FOUND if has_text else NO_TEXT
