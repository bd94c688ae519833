package render

import (
	"fmt"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/human"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// KeyVolume is the number and size of the keys read so far.
type KeyVolume struct {
	Keys  int
	Bytes int64
}

// Add adds the keys of a page.
func (v *KeyVolume) Add(items []report.KeyValue) {
	v.Keys += len(items)
	for _, kv := range items {
		v.Bytes += int64(len(kv.RawKey()) + len(kv.RawValue()))
	}
}

// String returns the volume for people: "12 keys (1.5 KiB)".
func (v KeyVolume) String() string {
	return fmt.Sprintf("%s (%s)", countedKeys(int64(v.Keys)), human.Bytes(v.Bytes))
}
