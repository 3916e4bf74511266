"""Rate limits: when the next request may be sent."""
