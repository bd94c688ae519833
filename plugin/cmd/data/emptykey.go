package data

import (
	"errors"
)

// ErrEmptyKey is told before anything is asked: etcd has no empty key.
var ErrEmptyKey = errors.New("the key is empty: etcd has no empty key")
