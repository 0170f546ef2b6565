"""What a person may have done in a chat instead of asking the model: `/calculator 12*(3+4)`, sent
as a message, is answered by the calculator.

A tool reads nothing but its input, and its limits keep it from holding up the event loop."""

from app.tools.calculator import calculate


def call_tool(message: str) -> str | None:
    """What the tool answers that this message calls, as Markdown; None if it calls none."""
    name, _, expression = message.strip().partition(" ")
    return calculate(expression.strip()) if name == "/calculator" else None
