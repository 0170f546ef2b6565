"""What a reply says where the documents don't answer the question, and no model is asked."""

# Of a search, which looks at words.
NOTHING_FOUND = "I found nothing in your documents that answers this."
NO_TEXT = "No text was found in your documents, so nothing in them can answer this."
NOTHING_IN_PICTURES = (
    "Only the text in pictures is searched. I found nothing in yours that answers this."
)
NO_TEXT_IN_PICTURES = "Only the text in pictures is searched, and none was found in yours."

# Of a question-answering model that has read what was found.
NOT_THERE = "This is not in your documents."


def refuse(*, has_text: bool, only_pictures: bool) -> str:
    """Of documents in which some text was read or not, all of them pictures or not."""
    if only_pictures:
        return NOTHING_IN_PICTURES if has_text else NO_TEXT_IN_PICTURES
    return NOTHING_FOUND if has_text else NO_TEXT
