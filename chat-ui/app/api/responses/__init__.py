"""`/v1/responses`: asked for, read again, continued, streamed, over HTTP and over a WebSocket."""
