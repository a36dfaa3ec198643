"""Maintainers: record what a kube-apiserver binary does; see docs/adding-a-version.md."""
