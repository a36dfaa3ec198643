"""Parts of Go's standard library with which kube-apiserver parses its configuration."""
