package render

import (
	"fmt"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/human"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// KeyVolume is how much of a list was read.
type KeyVolume struct {
	Keys  int
	Bytes int64
}

// Add counts the keys of a page.
func (v *KeyVolume) Add(items []report.KeyValue) {
	v.Keys += len(items)
	for _, kv := range items {
		v.Bytes += int64(len(kv.RawKey()) + len(kv.RawValue()))
	}
}

// String tells it for people: "12 keys (1.5 KiB)".
func (v KeyVolume) String() string {
	return fmt.Sprintf("%s (%s)", countedKeys(int64(v.Keys)), human.Bytes(v.Bytes))
}
