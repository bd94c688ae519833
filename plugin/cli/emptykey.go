package cli

import (
	"errors"
)

// ErrEmptyKey rejects an empty key before any request is sent: etcd has no empty key.
var ErrEmptyKey = errors.New("the key is empty: etcd has no empty key")
