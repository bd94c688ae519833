@rem kubectl runs this from the PATH to complete "kubectl etcd", with the words after "etcd".
@kubectl-etcd __complete %* 2>NUL
