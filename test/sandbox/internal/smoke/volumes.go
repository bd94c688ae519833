package smoke

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

func (s *smoke) grow(ctx context.Context) error {
	patch := `{"spec":{"resources":{"requests":{"storage":"2Gi"}}}}`
	if _, err := s.kubectl(ctx, "patch", "pvc", "data-etcd-0", "-p", patch); err != nil {
		return err
	}
	return eventually(ctx, func() error {
		size, err := s.kubectl(ctx, "get", "pvc", "data-etcd-0", "-o", "jsonpath={.status.capacity.storage}")
		if err == nil && size != "2Gi" {
			err = fmt.Errorf("the claim has %s", size)
		}
		return err
	})
}

// release must come last: it deletes the etcd.
func (s *smoke) release(ctx context.Context) error {
	out, err := s.kubectl(ctx, "get", "pvc", "-o", "jsonpath={.items[*].spec.volumeName}")
	if err != nil {
		return err
	}
	volumes := strings.Fields(out)
	if len(volumes) != 3 {
		return fmt.Errorf("there are %d volumes, not 3", len(volumes))
	}
	if _, err := s.kubectl(ctx, "delete", "statefulset/etcd"); err != nil {
		return err
	}
	if _, err := s.kubectl(ctx, "delete", "pvc", "--all"); err != nil {
		return err
	}
	return eventually(ctx, func() error {
		for _, v := range volumes {
			out, err := s.kubectl(ctx, "get", "pv", v, "--ignore-not-found", "-o", "name")
			if err != nil {
				return err
			}
			if out != "" {
				return fmt.Errorf("volume %q is still there", v)
			}
			if _, err := os.Stat(filepath.Join(s.layout.Volumes(), v)); err == nil {
				return fmt.Errorf("the directory of volume %q is still there", v)
			}
		}
		return nil
	})
}
