"""Pooling: windows summed up without weights, in one, two and three dimensions."""
