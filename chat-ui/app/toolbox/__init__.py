"""Finds the tools that a message may call, and calls them: those of `app/tools`, and an owner's in
TOOLS_DIR."""

from app.toolbox.tool import Tool
from app.toolbox.toolbox import Toolbox, find_tools

__all__ = ["Tool", "Toolbox", "find_tools"]
