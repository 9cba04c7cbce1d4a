"""The grading run: untrusted notebooks in a cage, a trusted judge outside of it, one writer to the gradebook."""
