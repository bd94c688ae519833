package portforward

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/nettest"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/kubetest"
)

// TestNetConn runs the tests of golang.org/x/net for net.Conn: deadlines in the past and in the future, moved
// deadlines, and reads and writes concurrent with one another and with Close.
func TestNetConn(t *testing.T) {
	kubetest.EachTransport(t, func(t *testing.T, s *kubetest.APIServer) {
		accepted := make(chan net.Conn)
		s.Backend = kubetest.Listen(t, func(conn net.Conn) { accepted <- conn; <-t.Context().Done() })
		s.Serve(t)
		d := dialerTo(t, s)
		nettest.TestConn(t, func() (near, far net.Conn, stop func(), err error) {
			near, err = d.Dial(t.Context(), "ns", "etcd-0", 2379)
			if err != nil {
				return nil, nil, nil, err
			}
			far = <-accepted
			return near, far, func() { _, _ = near.Close(), far.Close() }, nil
		})
	})
}

// exchange writes n random bytes to an echo server and reads them back concurrently.
func exchange(t *testing.T, conn net.Conn, n int) {
	t.Helper()
	sent := make([]byte, n)
	_, _ = rand.Read(sent)
	var writing sync.WaitGroup
	writing.Go(func() {
		if _, err := conn.Write(sent); err != nil {
			t.Errorf("write: %v", err)
		}
	})
	got := make([]byte, n)
	if _, err := io.ReadFull(conn, got); err != nil {
		t.Errorf("read: %v", err)
	}
	writing.Wait()
	if !bytes.Equal(sent, got) {
		t.Errorf("%d bytes came back otherwise", n)
	}
}

func TestConnCarriesBytes(t *testing.T) {
	kubetest.EachTransport(t, func(t *testing.T, s *kubetest.APIServer) {
		s.Backend = kubetest.Listen(t, kubetest.Echo)
		conn := mustDial(t, s.Serve(t))
		exchange(t, conn, 1)
		exchange(t, conn, 3<<20)
	})
}

func TestReadDeadline(t *testing.T) {
	kubetest.EachTransport(t, func(t *testing.T, s *kubetest.APIServer) {
		s.Backend = kubetest.Listen(t, kubetest.Echo)
		conn := mustDial(t, s.Serve(t))
		p := make([]byte, 10)

		_ = conn.SetReadDeadline(time.Now().Add(-time.Second))
		if _, err := conn.Read(p); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("a deadline in the past: %v", err)
		}
		begin := time.Now()
		_ = conn.SetReadDeadline(begin.Add(50 * time.Millisecond))
		if _, err := conn.Read(p); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(begin) > 5*time.Second {
			t.Errorf("a deadline to come: %v after %s", err, time.Since(begin))
		}
		// A read that timed out must not lose data: grpc-go moves deadlines all the time.
		_ = conn.SetReadDeadline(time.Time{})
		exchange(t, conn, 100<<10)

		// A deadline is moved during a wait: first later, then into the past, which ends the wait.
		_ = conn.SetReadDeadline(time.Now().Add(time.Hour))
		ended := make(chan error, 1)
		go func() { _, err := conn.Read(p); ended <- err }()
		time.Sleep(20 * time.Millisecond)
		_ = conn.SetDeadline(time.Unix(1, 0))
		select {
		case err := <-ended:
			if !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("a deadline moved to the past: %v", err)
			}
		case <-time.After(5 * time.Second):
			t.Error("a deadline moved to the past ends no wait")
		}
	})
}

// TestWriteDeadline writes to a server that never reads, until the pipes are full.
func TestWriteDeadline(t *testing.T) {
	kubetest.EachTransport(t, func(t *testing.T, s *kubetest.APIServer) {
		s.Backend = kubetest.Listen(t, func(conn net.Conn) { _, _ = conn.Read(make([]byte, 1)) })
		s.Silent = true
		conn := mustDial(t, s.Serve(t))
		_ = conn.SetWriteDeadline(time.Now().Add(-time.Second))
		if _, err := conn.Write([]byte("x")); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("a deadline in the past: %v", err)
		}
		_ = conn.SetWriteDeadline(time.Time{})
		if _, err := conn.Write([]byte("x")); err != nil {
			t.Errorf("after a deadline in the past was taken away: %v", err)
		}
		begin := time.Now()
		_ = conn.SetWriteDeadline(begin.Add(200 * time.Millisecond))
		ended := make(chan error, 1)
		go func() { _, err := conn.Write(make([]byte, 64<<20)); ended <- err }()
		select {
		case err := <-ended:
			if !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("a write that nobody reads: %v", err)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("a write that nobody reads does not end at its deadline")
		}
		begin = time.Now()
		_ = conn.Close()
		if took := time.Since(begin); took > closeGrace+5*time.Second {
			t.Errorf("close took %s with bytes that nobody takes", took)
		}
	})
}

// TestWriteDeadlineLosesNoData writes with short deadlines to a slow reader. The reader must get exactly the bytes
// that Write reported.
func TestWriteDeadlineLosesNoData(t *testing.T) {
	kubetest.EachTransport(t, func(t *testing.T, s *kubetest.APIServer) {
		got := make(chan []byte, 1)
		reading := make(chan struct{})
		s.Backend = kubetest.Listen(t, func(conn net.Conn) {
			<-reading
			all, _ := io.ReadAll(conn)
			got <- all
		})
		c := mustDial(t, s.Serve(t)).(*conn)
		var sent []byte
		for late := 0; late < 3; {
			chunk := make([]byte, 1<<20)
			_, _ = rand.Read(chunk)
			_ = c.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
			n, err := c.Write(chunk)
			sent = append(sent, chunk[:n]...)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				late++
			} else if err != nil {
				t.Fatal(err)
			}
		}
		close(reading)
		_ = c.SetWriteDeadline(time.Time{})
		_ = c.CloseWrite()
		if got := <-got; !bytes.Equal(sent, got) {
			t.Errorf("%d bytes of %d arrived, or others", len(got), len(sent))
		}
	})
}

func TestCloseEndsWaits(t *testing.T) {
	kubetest.EachTransport(t, func(t *testing.T, s *kubetest.APIServer) {
		s.Backend = kubetest.Listen(t, kubetest.Echo)
		conn := mustDial(t, s.Serve(t))
		ended := make(chan error, 1)
		go func() { _, err := conn.Read(make([]byte, 1)); ended <- err }()
		time.Sleep(20 * time.Millisecond)
		if err := conn.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		select {
		case err := <-ended:
			if err == nil {
				t.Error("a read on a closed connection returned bytes")
			}
		case <-time.After(5 * time.Second):
			t.Fatal("close ends no read")
		}
		if _, err := conn.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
			t.Errorf("write after close: %v", err)
		}
		if _, err := conn.Read(make([]byte, 1)); err == nil {
			t.Error("read after close returned bytes")
		}
		_ = conn.SetDeadline(time.Now().Add(time.Hour)) // on a closed connection, as net/http does
	})
}

// TestCloseAfterTheGrace has a session whose close takes longer than closeGrace. It closes a connection that is closed
// already, which is no error.
func TestCloseAfterTheGrace(t *testing.T) {
	kubetest.EachTransport(t, func(t *testing.T, s *kubetest.APIServer) {
		s.Backend = kubetest.Listen(t, kubetest.Echo)
		c := mustDial(t, s.Serve(t)).(*conn)
		c.session.conn = late{c.session.conn}
		if err := c.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
}

type late struct{ net.Conn }

func (l late) Close() error {
	err := l.Conn.Close()
	time.Sleep(3 * closeGrace)
	return err
}

func TestEndOfTheOtherSide(t *testing.T) {
	kubetest.EachTransport(t, func(t *testing.T, s *kubetest.APIServer) {
		s.Backend = kubetest.Listen(t, func(conn net.Conn) { _, _ = conn.Write([]byte("bye")) })
		conn := mustDial(t, s.Serve(t))
		got, err := io.ReadAll(conn)
		if err != nil || string(got) != "bye" {
			t.Errorf("%q, %v; want all that was said, then the end", got, err)
		}
	})
}

func TestHalfClose(t *testing.T) {
	kubetest.EachTransport(t, func(t *testing.T, s *kubetest.APIServer) {
		s.Backend = kubetest.Listen(t, func(conn net.Conn) {
			all, _ := io.ReadAll(conn) // until our half is closed
			_, _ = conn.Write(append(all, '!'))
		})
		c := mustDial(t, s.Serve(t)).(*conn)
		if _, err := c.Write([]byte("over")); err != nil {
			t.Fatal(err)
		}
		_ = c.CloseWrite() // the other side may answer and close before this returns
		if got, err := io.ReadAll(c); err != nil || string(got) != "over!" {
			t.Errorf("%q, %v", got, err)
		}
	})
}

func TestErrorOfKubelet(t *testing.T) {
	kubetest.EachTransport(t, func(t *testing.T, s *kubetest.APIServer) {
		conn := mustDial(t, s.Serve(t)) // only the error stream shows whether something listens
		_, err := conn.Read(make([]byte, 1))
		kubetest.WantError(t, err, "ns/etcd-0:2379: connection refused (nothing listens on that port)")
		_, err = conn.Write([]byte("x")) // gRPC writes first
		kubetest.WantError(t, err, "connection refused")
	})
}

// TestConcurrentUse is for the race detector.
func TestConcurrentUse(t *testing.T) {
	s := (&kubetest.APIServer{Backend: kubetest.Listen(t, kubetest.Echo)}).Serve(t)
	conn := mustDial(t, s)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 50 {
				_, _ = conn.Write([]byte("some bytes"))
				_ = conn.SetWriteDeadline(time.Now().Add(time.Second))
			}
		})
		all.Go(func() {
			for range 20 {
				_ = conn.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
				_, _ = conn.Read(make([]byte, 100))
				_, _ = conn.RemoteAddr(), conn.LocalAddr()
			}
		})
	}
	all.Wait()
	all.Go(func() { _ = conn.Close() })
	all.Go(func() { _, _ = conn.Read(make([]byte, 1)) })
	all.Go(func() { _ = conn.SetDeadline(time.Now()) })
	all.Go(func() { _ = conn.Close() })
	all.Wait()
}
