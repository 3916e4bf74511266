"""The wire format: request descriptions, JSON, and decoding into models. No I/O."""
