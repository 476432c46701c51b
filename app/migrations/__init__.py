"""The tables' history: one set of migrations for both databases."""
