"""What a person may have done in a chat instead of asking the model: `/calculator 12*(3+4)`, sent
as a message, is answered by the calculator.

A tool is one file here. Its name, with - for _, is the tool's. Its function `run` takes the text
behind the name, and `Parley` if it reads something there, and returns Markdown; it changes nothing.
The first line of its docstring is what lists of tools say. `app/toolbox` finds the files and bounds
what they do. An owner adds files of their own in TOOLS_DIR."""
