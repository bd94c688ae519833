package doctor

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"time"
)

// probingPath is the path under which etcd gives its peers its clock (server/etcdserver/api/rafthttp/http.go,
// ProbingPrefix).
const probingPath = "/raft/probing"

// clock is a member's clock compared with the local one.
type clock struct {
	ahead       time.Duration // negative if it is behind
	uncertainty time.Duration // plus or minus
}

// readClock reads a member's clock from its peer port, as the other members do continuously. It closes conn.
func readClock(ctx context.Context, conn net.Conn) (clock, error) {
	defer func() { _ = conn.Close() }()
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://etcd"+probingPath, nil)
	if err != nil {
		return clock{}, err
	}
	sent := time.Now()
	if err := req.Write(conn); err != nil {
		return clock{}, err
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), req)
	if err != nil {
		return clock{}, err
	}
	took := time.Since(sent)
	defer func() { _ = resp.Body.Close() }()
	var answer struct{ Now time.Time }
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.Now.IsZero() {
		return clock{}, fmt.Errorf("%s answers %s without a time", probingPath, resp.Status)
	}
	return clock{ahead: answer.Now.Sub(sent.Add(took / 2)), uncertainty: took / 2}, nil
}

// clock returns the clock from the Date of the answer. The Date is truncated to the second, so on average half a second
// is missing.
func (s scrape) clock() (clock, bool) {
	if s.date.IsZero() {
		return clock{}, false
	}
	const truncated = time.Second / 2
	return clock{ahead: s.date.Add(truncated).Sub(s.at), uncertainty: truncated + s.took/2}, true
}
