"""The files of a public key infrastructure that `kubeadm init phase certs` lays out, by the flags that name them.

Kubernetes: cmd/kubeadm/app/constants/constants.go.
"""

CERTIFICATES = {
    "client-ca-file": "ca.crt",
    "kubelet-client-certificate": "apiserver-kubelet-client.crt",
    "kubelet-client-key": "apiserver-kubelet-client.key",
    "proxy-client-cert-file": "front-proxy-client.crt",
    "proxy-client-key-file": "front-proxy-client.key",
    "requestheader-client-ca-file": "front-proxy-ca.crt",
    "service-account-key-file": "sa.pub",
    "service-account-signing-key-file": "sa.key",
    "tls-cert-file": "apiserver.crt",
    "tls-private-key-file": "apiserver.key",
}
"""Flag -> file in certificatesDir."""
ETCD_CERTIFICATES = {
    "etcd-cafile": "etcd/ca.crt",
    "etcd-certfile": "apiserver-etcd-client.crt",
    "etcd-keyfile": "apiserver-etcd-client.key",
}
"""The same for the flags of a local etcd."""
