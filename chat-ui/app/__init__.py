"""chat-ui: Parley's pages, its streams, and the runner that processes the reply queue."""
