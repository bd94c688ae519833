package proxy

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// notes collects the messages for the user.
type notes struct {
	mu    sync.Mutex
	lines []string
}

func (n *notes) add(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lines = append(n.lines, fmt.Sprintf(format, args...))
}

func (n *notes) all() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]string{}, n.lines...)
}

// wait returns the messages once there are n.
func (n *notes) wait(t *testing.T, count int) []string {
	t.Helper()
	for range 1000 {
		if lines := n.all(); len(lines) >= count {
			return lines
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("told %q, want %d lines", n.all(), count)
	return n.all()
}

// backends starts a server for each member name. serve owns each connection.
type backends struct {
	mu    sync.Mutex
	serve map[string]func(net.Conn)
	dials int
}

func (b *backends) set(name string, serve func(net.Conn)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.serve[name] = serve
}

// dial dials a member over TCP, which can be half-closed like a port-forward.
func (b *backends) dial(ctx context.Context, m cluster.Member) (net.Conn, error) {
	b.mu.Lock()
	b.dials++
	serve := b.serve[m.Name]
	b.mu.Unlock()
	if serve == nil {
		return nil, errors.New("nothing listens there")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	go func() {
		conn, err := l.Accept()
		_ = l.Close()
		if err == nil {
			defer conn.Close()
			serve(conn)
		}
	}()
	return (&net.Dialer{}).DialContext(ctx, "tcp", l.Addr().String())
}

// dialHTTP dials the separate HTTP port of a member, whose name ends with -http here.
func (b *backends) dialHTTP(ctx context.Context, m cluster.Member) (net.Conn, error) {
	m.Name += "-http"
	return b.dial(ctx, m)
}

func echo(conn net.Conn) { _, _ = io.Copy(conn, conn) }

// serving runs a proxy for members until the end of the test, or until stop is called.
func serving(t *testing.T, b *backends, said *notes, members ...string) (p *Proxy, stop func()) {
	t.Helper()
	var list []cluster.Member
	for _, name := range members {
		list = append(list, cluster.Member{Name: name, PodName: name})
	}
	return servingMembers(t, b, said, list...)
}

func servingMembers(t *testing.T, b *backends, said *notes, list ...cluster.Member) (p *Proxy, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	p, err := Listen(ctx, list, 0)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { p.Serve(ctx, Ways{Clients: b.dial, HTTP: b.dialHTTP}, said.add); close(done) }()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return p, stop
}

func connect(t *testing.T, port *Port) *net.TCPConn {
	t.Helper()
	conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port.Number()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	return conn.(*net.TCPConn)
}

// saysHello answers with a name, which shows the member that was reached.
func saysHello(name string) func(net.Conn) {
	return func(conn net.Conn) { _, _ = io.WriteString(conn, "I am "+name) }
}

func TestEachMemberHasItsPort(t *testing.T) {
	b := &backends{serve: map[string]func(net.Conn){"a": saysHello("a"), "b": saysHello("b")}}
	p, _ := serving(t, b, &notes{}, "a", "b")
	for i, want := range []string{"I am a", "I am b"} {
		if got, err := io.ReadAll(connect(t, p.Ports[i])); err != nil || string(got) != want {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
	}
}

func TestBytesPassBothWays(t *testing.T) {
	b := &backends{serve: map[string]func(net.Conn){"a": echo}}
	p, _ := serving(t, b, &notes{}, "a")
	sent := make([]byte, 5<<20)
	_, _ = rand.Read(sent)
	var all sync.WaitGroup
	for range 4 {
		conn := connect(t, p.Ports[0])
		all.Go(func() {
			_, _ = conn.Write(sent)
			_ = conn.CloseWrite() // the data on its way back must still arrive
		})
		all.Go(func() {
			if got, err := io.ReadAll(conn); err != nil || !bytes.Equal(sent, got) {
				t.Errorf("%d bytes came back of %d, or others: %v", len(got), len(sent), err)
			}
		})
	}
	all.Wait()
}

func TestASlowReaderHoldsUpTheMember(t *testing.T) {
	written := make(chan int, 1)
	b := &backends{serve: map[string]func(net.Conn){"a": func(conn net.Conn) {
		n := 0
		_ = conn.SetWriteDeadline(time.Now().Add(time.Second))
		for {
			m, err := conn.Write(make([]byte, 1<<20))
			n += m
			if err != nil {
				written <- n
				return
			}
		}
	}}}
	p, _ := serving(t, b, &notes{}, "a")
	connect(t, p.Ports[0])                     // the member never reads
	if n := <-written; n == 0 || n > 100<<20 { // as much as the kernel's buffers hold, and no more
		t.Errorf("the member could write %d bytes that nobody reads", n)
	}
}

func TestADeadMemberIsToldOnce(t *testing.T) {
	b, said := &backends{serve: map[string]func(net.Conn){}}, &notes{}
	p, _ := serving(t, b, said, "a")
	for range 3 {
		if got, err := io.ReadAll(connect(t, p.Ports[0])); len(got) > 0 {
			t.Errorf("a dead member says %q, %v", got, err)
		}
	}
	b.set("a", saysHello("a"))
	if got, err := io.ReadAll(connect(t, p.Ports[0])); err != nil || string(got) != "I am a" {
		t.Errorf("after it was restarted: %q, %v", got, err)
	}
	b.set("a", nil)
	_, _ = io.ReadAll(connect(t, p.Ports[0]))
	dead := `member "a" cannot be reached: nothing listens there`
	if diff := cmp.Diff([]string{dead, `member "a" can be reached again`, dead}, said.wait(t, 3)); diff != "" {
		t.Errorf("told (-want +got)\n%s", diff)
	}
}

// lateRefusal is a connection that fails only when it is read, as a port-forward to a port on which nothing listens.
type lateRefusal struct{ net.Conn }

func (lateRefusal) Read([]byte) (int, error) { return 0, errors.New("connection refused") }

func TestLateRefusalIsReported(t *testing.T) {
	b, said := &backends{serve: map[string]func(net.Conn){"a": echo}}, &notes{}
	ctx, cancel := context.WithCancel(t.Context())
	p, err := Listen(ctx, []cluster.Member{{Name: "a"}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.Serve(ctx, Ways{Clients: func(ctx context.Context, m cluster.Member) (net.Conn, error) {
			conn, err := b.dial(ctx, m)
			return lateRefusal{conn}, err
		}}, said.add)
	}()
	if got, _ := io.ReadAll(connect(t, p.Ports[0])); len(got) > 0 {
		t.Errorf("%q", got)
	}
	told := said.wait(t, 1)
	cancel()
	<-done
	if diff := cmp.Diff([]string{`member "a" cannot be reached: connection refused`}, told); diff != "" {
		t.Errorf("told (-want +got)\n%s", diff)
	}
}

func TestTheEndLeavesNothingBehind(t *testing.T) {
	before := goleak.IgnoreCurrent()
	b := &backends{serve: map[string]func(net.Conn){"a": echo, "b": echo}}
	p, stop := serving(t, b, &notes{}, "a", "b")
	for _, port := range p.Ports {
		conn := connect(t, port)
		_, _ = conn.Write([]byte("x"))
		_, _ = io.ReadFull(conn, make([]byte, 1))
	}
	begin := time.Now()
	stop()
	if took := time.Since(begin); took > 200*time.Millisecond {
		t.Errorf("it took %s to end with open connections", took)
	}
	for _, port := range p.Ports {
		if conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port.Number())); err == nil {
			_ = conn.Close()
			t.Error("a port is still taken")
		}
	}
	goleak.VerifyNone(t, before)
}

func TestPortsFollowTheFirst(t *testing.T) {
	taken := second(t)
	number := taken.Addr().(*net.TCPAddr).Port
	members := []cluster.Member{{Name: "a"}, {Name: "b"}}
	_, err := Listen(t.Context(), members, number-1)
	if err == nil || !strings.Contains(err.Error(), "open a local port for member") {
		t.Errorf("one of the ports is taken: %v", err)
	}
	// The ports that were opened before the error are closed.
	_ = taken.Close()
	p, err := Listen(t.Context(), members, number-1)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if p.Ports[0].Number() != number-1 || p.Ports[1].Number() != number {
		t.Errorf("ports %d and %d, want %d and the next", p.Ports[0].Number(), p.Ports[1].Number(), number-1)
	}
}

// second occupies the second of two free ports. They are below the kernel's range of ephemeral ports.
func second(t *testing.T) net.Listener {
	t.Helper()
	for number := 21_000; number < 29_000; number += 2 {
		first, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", number))
		if err != nil {
			continue
		}
		next, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", number+1))
		_ = first.Close()
		if err == nil {
			t.Cleanup(func() { _ = next.Close() })
			return next
		}
	}
	t.Fatal("no two ports are free")
	return nil
}
