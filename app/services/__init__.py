"""What we do: hold, load, ask the rule, record. No HTTP, commit, translation or slow work."""
