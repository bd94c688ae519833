package proxy

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
)

// relay carries bytes both ways until both sides have ended, or one fails, or ctx ends, and closes both. answered is
// called when the member has sent something. The error is what the member's side failed with.
func relay(ctx context.Context, client, member net.Conn, answered func()) error {
	end := sync.OnceFunc(func() {
		_ = member.Close()
		_ = client.Close()
	})
	defer end()
	defer context.AfterFunc(ctx, end)()
	var there sync.WaitGroup
	there.Go(func() {
		if _, err := io.Copy(member, client); err != nil {
			end()
			return
		}
		closeWrite(member)
	})
	back := &watched{Reader: member, answered: answered}
	if _, err := io.Copy(client, back); err != nil {
		end()
	}
	closeWrite(client)
	there.Wait()
	if errors.Is(back.failure, net.ErrClosed) { // by us
		return nil
	}
	return back.failure
}

// closeWrite ends one half of a connection, which TCP and a port-forward both can: the other side may have more to say.
func closeWrite(conn net.Conn) {
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
}

// watched is a reader that says when something is first read, and keeps what it failed with: io.Copy tells nobody
// which of its two sides an error came from.
type watched struct {
	io.Reader
	answered func()
	failure  error
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	if n > 0 && w.answered != nil {
		w.answered()
		w.answered = nil
	}
	if err != nil && !errors.Is(err, io.EOF) {
		w.failure = err
	}
	return n, err
}
