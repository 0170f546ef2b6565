"""A chat is a tree: reading a page of one branch, and choosing the branch that is shown."""
