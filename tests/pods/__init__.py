"""Tests of compiler/pods."""
