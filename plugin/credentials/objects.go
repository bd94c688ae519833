package credentials

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster/settings"
)

// readers bounds how many requests are in flight at once.
const readers = 8

// object is a Secret or a ConfigMap.
type object struct {
	kind            settings.Kind
	namespace, name string
}

func (o object) String() string {
	return fmt.Sprintf("%s %s/%s", strings.ToLower(string(o.kind)), o.namespace, o.name)
}

// content is the data of an object, or why it could not be read.
type content struct {
	object
	data map[string][]byte
	err  error
}

// at names a key of the object for display.
func (c content) at(key string) string { return fmt.Sprintf("key %q of %s", key, c.object) }

// read gets every object once, concurrently. It never lists: the verb get on each Secret is enough.
func read(ctx context.Context, kube kubernetes.Interface, wanted []object) map[object]content {
	slices.SortFunc(wanted, func(a, b object) int { return strings.Compare(a.String(), b.String()) })
	var mu sync.Mutex
	found := map[object]content{}
	var group errgroup.Group
	group.SetLimit(readers)
	for _, o := range slices.Compact(wanted) {
		group.Go(func() error {
			c := get(ctx, kube, o)
			mu.Lock()
			defer mu.Unlock()
			found[o] = c
			return nil
		})
	}
	_ = group.Wait() // each content has its own error
	return found
}

func get(ctx context.Context, kube kubernetes.Interface, o object) content {
	c := content{object: o}
	if o.kind == settings.ConfigMap {
		m, err := kube.CoreV1().ConfigMaps(o.namespace).Get(ctx, o.name, metav1.GetOptions{})
		if err != nil {
			c.err = fmt.Errorf("read %s: %w", o, err)
			return c
		}
		c.data = m.BinaryData
		if c.data == nil {
			c.data = map[string][]byte{}
		}
		for key, text := range m.Data {
			c.data[key] = []byte(text)
		}
		return c
	}
	s, err := kube.CoreV1().Secrets(o.namespace).Get(ctx, o.name, metav1.GetOptions{})
	if err != nil {
		c.err = fmt.Errorf("read %s: %w", o, err)
		return c
	}
	c.data = s.Data
	return c
}
