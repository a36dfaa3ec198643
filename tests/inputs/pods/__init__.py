"""Tests of compiler/inputs/pods."""
