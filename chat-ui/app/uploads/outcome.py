"""What is said of files on the page that their form leads to, with the message that was typed
before. The cookie keeps it until that page is shown, so that loading it again sends nothing again.
"""

import json

from starlette.datastructures import FormData
from starlette.requests import Request

from app.forms import read_id, read_mode, read_text
from app.uploads.upload import UploadReport
from app.views.messages import Composer
from app.views.problems import Problem

KEY = "uploaded"
MOST_BYTES = 2_000  # as JSON: browsers keep cookies of 4,096 bytes


def keep_outcome(request: Request, path: str, report: UploadReport) -> bool:
    """For the page at this path. False if it is too long; then nothing is kept."""
    request.session.pop(KEY, None)
    if not report.notes and not report.fields.get("prompt"):
        return True
    notes = [(note.kind, note.facts) for note in report.notes]
    fields = {name: read_text(report.fields, name) for name in ("prompt", "mode", "recording")}
    told = {"path": path, "notes": notes, "fields": fields}
    fits = len(json.dumps(told)) <= MOST_BYTES
    if fits:
        request.session[KEY] = told
    return fits


def take_outcome(request: Request) -> tuple[list[Problem], Composer | None]:
    """What is to be said on this page, once, and the message."""
    if request.session.get(KEY, {}).get("path") != request.url.path:
        return [], None
    told = request.session.pop(KEY)
    typed = read_typed(FormData(told["fields"]))
    return [Problem(kind, facts) for kind, facts in told["notes"]], typed if typed.prompt else None


def read_typed(form: FormData) -> Composer:
    """The message that was typed before files were attached."""
    recording = read_id(form, "recording")
    return Composer(read_text(form, "prompt"), mode=read_mode(form), recording=recording)
