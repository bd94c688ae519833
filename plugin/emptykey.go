package plugin

import (
	"errors"
)

// errEmptyKey is told before anything is asked: etcd has no empty key.
var errEmptyKey = errors.New("the key is empty: etcd has no empty key")
