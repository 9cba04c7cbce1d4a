"""Laboratories of the lectures: pure functions from state to figure, and the banks of questions."""
