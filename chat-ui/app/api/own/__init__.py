"""`/api`: the chats and documents of the token's session, for scripts that do what a person can.
Thin views over what the pages use."""
