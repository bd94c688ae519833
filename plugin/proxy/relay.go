package proxy

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
)

// relay copies bytes in both directions until both sides have ended, one fails, or ctx ends. It closes both
// connections. It calls answered after the first data from the member, and returns the error of the member's side.
func relay(ctx context.Context, client, member net.Conn, answered func()) error {
	end := sync.OnceFunc(func() {
		_ = member.Close()
		_ = client.Close()
	})
	defer end()
	defer context.AfterFunc(ctx, end)()
	var toMember sync.WaitGroup
	toMember.Go(func() {
		if _, err := io.Copy(member, client); err != nil {
			end()
			return
		}
		closeWrite(member)
	})
	fromMember := &watchedReader{Reader: member, answered: answered}
	if _, err := io.Copy(client, fromMember); err != nil {
		end()
	}
	closeWrite(client)
	toMember.Wait()
	if errors.Is(fromMember.failure, net.ErrClosed) { // closed by relay
		return nil
	}
	return fromMember.failure
}

// closeWrite closes one half of a connection, which TCP and port-forwards support: the other side may still send.
func closeWrite(conn net.Conn) {
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
}

// watchedReader calls answered after the first data, and keeps the error of the reader: io.Copy does not report which
// side an error came from.
type watchedReader struct {
	io.Reader
	answered func()
	failure  error
}

func (w *watchedReader) Read(p []byte) (int, error) {
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
