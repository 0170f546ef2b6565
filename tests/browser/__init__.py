"""Parley as people meet it: Debian's Chromium, through nginx, on the real stack and model."""
