"""One small client per upstream resource. Only this package speaks HTTP to other services."""
