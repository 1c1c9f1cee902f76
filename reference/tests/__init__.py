"""Unit tests of the reference verifier: python -m unittest discover -s tests -t . (in reference/)."""
