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

// probing is where etcd tells its peers its clock (server/etcdserver/api/rafthttp/http.go, ProbingPrefix).
const probing = "/raft/probing"

// clock is how far a member's clock is ahead of ours.
type clock struct {
	ahead time.Duration
	give  time.Duration // how much that may be wrong, either way
}

// readClock asks a member's peer port for its clock as the other members do all the time.
func readClock(ctx context.Context, conn net.Conn) (clock, error) {
	defer func() { _ = conn.Close() }()
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://etcd"+probing, nil)
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
		return clock{}, fmt.Errorf("%s answers %s and no clock", probing, resp.Status)
	}
	return clock{ahead: answer.Now.Sub(sent.Add(took / 2)), give: took / 2}, nil
}

// clock is what the Date of an answer tells: it is cut to the second, so on average half a second is missing.
func (s scrape) clock() (clock, bool) {
	if s.date.IsZero() {
		return clock{}, false
	}
	const cut = time.Second / 2
	return clock{ahead: s.date.Add(cut).Sub(s.at), give: cut + s.took/2}, true
}
