"""What these tests share: people with browsers, replies written step by step, keys, axe."""
