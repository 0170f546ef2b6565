"""What these tests share: people with browsers, replies written by hand, keys, axe."""
