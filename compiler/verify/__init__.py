"""What a real etcd holds, against what the storage manifest says."""
