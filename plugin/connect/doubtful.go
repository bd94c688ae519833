package connect

import (
	"errors"
	"fmt"
	"net"
	"os"
)

// doubtful is a connection to a member that a port-forward may not reach: the node connects only after the API server
// has accepted the connection. The first byte received shows that it was reached.
type doubtful struct {
	net.Conn
	target *target
}

// Read implements net.Conn.
func (d *doubtful) Read(b []byte) (int, error) {
	n, err := d.Conn.Read(b)
	if n > 0 {
		d.target.reached.Store(true)
	}
	return n, d.explain(err)
}

// Write implements net.Conn.
func (d *doubtful) Write(b []byte) (int, error) {
	n, err := d.Conn.Write(b)
	return n, d.explain(err)
}

// CloseWrite closes this side's half of the connection.
func (d *doubtful) CloseWrite() error {
	if half, ok := d.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// explain adds the reason to an error of a connection that never reached the member.
func (d *doubtful) explain(err error) error {
	ours := errors.Is(err, net.ErrClosed) || errors.Is(err, os.ErrDeadlineExceeded) // closed or timed out on this side
	if err == nil || ours || d.target.reached.Load() {
		return err
	}
	d.target.missed.Store(true)
	return fmt.Errorf("pod %q: %s", d.target.member.PodName, d.target.member.Server.Doubtful)
}

// unreached reports whether a port-forward failed to reach the member and none has reached it.
func (t *target) unreached() bool { return t.missed.Load() && !t.reached.Load() }
