"""`python health.py PATH` succeeds if the service beside it answers a GET of PATH by 200.

The same file is in chat-ui and in db-api. It uses a bare socket: importing an HTTP client would
cost ten times the check itself.
"""

import os
import socket
import sys

with socket.create_connection(("127.0.0.1", int(os.environ.get("PORT") or 80)), 4) as peer:
    peer.sendall(f"GET {sys.argv[1]} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
    status = peer.recv(64).partition(b"\r\n")[0].decode()
if " 200 " not in status:
    sys.exit(f"{sys.argv[1]} answered {status}")
