"""Inputs: source files with positions, importers, schemas, Pods."""
