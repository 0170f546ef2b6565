"""Finds the words of a passage that answer a question. It runs as a process of its own, which opens
no files of people and needs nothing of the reader's; nor does the reader need its libraries."""

import os

# Read when it is loaded: onnxruntime would report to its maker how it is used.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
