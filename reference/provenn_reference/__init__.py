"""A verifier of provenn's proofs, written from docs/protocol.md and docs/format.md alone."""
