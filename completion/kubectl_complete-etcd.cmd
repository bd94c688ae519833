@rem kubectl runs this from the PATH to complete "kubectl etcd", with the words behind "etcd".
@kubectl-etcd __complete %* 2>NUL
