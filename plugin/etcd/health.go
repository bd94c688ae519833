package etcd

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// AddHealth adds the active alarm to a status. It reads it from the member's /health, which needs no user when
// authentication is on and Status and AlarmList do (server/etcdserver/api/etcdhttp/health.go). /health has only one
// alarm, and not the member that raised it.
func AddHealth(ctx context.Context, s *report.Status, client *http.Client) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://etcd/health", nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	var said struct{ Health, Reason string }
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<16)).Decode(&said); err != nil {
		return fmt.Errorf("/health returned %s without JSON: %w", resp.Status, err)
	}
	alarm, raised := strings.CutPrefix(said.Reason, "ALARM ")
	if raised {
		s.Alarm = alarm
		s.WritesRefused = s.WritesRefused || refusesWrites(alarm)
	}
	return nil
}
