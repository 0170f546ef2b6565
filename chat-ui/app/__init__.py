"""chat-ui: Parley's pages, its streams, and the runner that works replies off."""
