"""The benches: what a machine can bear, measured beside the least that it could cost."""
