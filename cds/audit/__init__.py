"""The record of everything that happened: append-only, in a Merkle log, with signed checkpoints."""
