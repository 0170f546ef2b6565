"""What is said of documents without a model: exact words, and which of them support a sentence."""
