package connect

import (
	"errors"
	"fmt"
	"net"
	"os"
)

// doubtful is a connection to a member that a port-forward may never reach. Whether it did shows with the first word that
// comes back: the node connects after the API server has accepted the connection.
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

// CloseWrite ends this side's half of the connection.
func (d *doubtful) CloseWrite() error {
	if half, ok := d.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// explain says why the connection was refused, as far as that is known.
func (d *doubtful) explain(err error) error {
	ours := errors.Is(err, net.ErrClosed) || errors.Is(err, os.ErrDeadlineExceeded) // this side ended it
	if err == nil || ours || d.target.reached.Load() {
		return err
	}
	d.target.missed.Store(true)
	return fmt.Errorf("pod %q: %s", d.target.member.PodName, d.target.member.Server.Doubtful)
}

// unreached reports whether nothing is known of the member, because no port-forward reached it.
func (t *target) unreached() bool { return t.missed.Load() && !t.reached.Load() }
