"""What is tried: each module here is a row of the table, or a few."""

from security.rows import (
    containers,
    cross_site,
    fuzz,
    headers,
    hostile,
    language_model,
    limits,
    matrix,
    sessions,
    starving,
    timing,
)
from security.rows.row import Row

__all__ = ["ROWS", "Row"]

# In the order of the scorecard. Rows that want a Parley with the same settings are neighbours:
# they share it.
ROWS = (
    Row(
        "matrix",
        "Every operation of chat-ui and db-api, with a stranger's ids, ids of nothing and malformed"
        " ones, by a stranger, by nobody and with wrong tokens: nothing is told, nothing changes",
        matrix.check,
    ),
    Row(
        "timing",
        "The time of an answer doesn't tell a stranger's id from one of nothing",
        timing.check,
    ),
    Row(
        "schemathesis",
        "Requests that Schemathesis makes from the OpenAPI documents, by all its checks",
        fuzz.check,
    ),
    Row("cross-site", "Forms of other sites are refused, branch by branch", cross_site.check),
    Row(
        "sessions",
        "A first name begins a new session; forged, expired and ended ones open nothing; deleting"
        " all data leaves nothing in any table or file",
        sessions.check,
    ),
    Row(
        "language-model",
        "lm-api: nothing without its key, no page, no field but those that we send",
        language_model.check,
    ),
    Row(
        "hostile",
        "Hostile texts in Chromium: as messages, while the model writes them, as titles, names,"
        " system prompts, documents, searches, exports. No request to another origin, no dialog,"
        " nothing that harmless texts don't have, nothing for the policy to stop, no 5xx",
        hostile.check,
    ),
    Row(
        "headers",
        "Policy, headers and cookies of every kind of answer, nginx's own among them; Mozilla"
        " Observatory's rules, at least 100 under TLS",
        headers.check,
    ),
    Row(
        "limits",
        "What is too much is refused with 413 or 429, the limit, and when to try again",
        limits.check,
    ),
    Row("containers", "What a container can't do, tried on a Docker Engine", containers.check),
    *starving.make_rows(),
)
