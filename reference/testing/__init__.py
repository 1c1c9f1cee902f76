"""What breaks keys and proofs on purpose: for tests, conformance cases and the comparison with the C++ verifier."""
