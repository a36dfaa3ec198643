"""Maintainers: name what is undecided for a Kubernetes version; see docs/adding-a-version.md."""
