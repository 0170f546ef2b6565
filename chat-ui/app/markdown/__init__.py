"""Markdown as a language model writes it, turned into safe HTML on the server.

`render` is for a whole text, `StreamingMarkdown` for one that is still being written. Both cut the
text into the same top-level blocks and render each block on its own, so their results are equal.
"""

from app.markdown.marks import fill_marks, place_marks
from app.markdown.render import is_rendered, render
from app.markdown.streaming import StreamingMarkdown

__all__ = ["StreamingMarkdown", "fill_marks", "is_rendered", "place_marks", "render"]
