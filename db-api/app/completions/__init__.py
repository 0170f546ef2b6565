"""What programs ask for: messages that they bring along, and one reply."""
