"""The console: presiding over a sitting."""
