"""What the lessons import: the engine, the checks and the explorers."""
