"""The engine of every long run: plan, storage, progress, metrics and tables."""
