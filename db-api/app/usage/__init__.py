"""What sessions and addresses have used of what they may: the rules are in `limits.py`."""
