"""Facts about Kubernetes versions, and the formats and syntax of Kubernetes, etcd and Go. Independent of kasc."""
