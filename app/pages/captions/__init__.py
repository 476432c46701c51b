"""The face of those who write captions."""
