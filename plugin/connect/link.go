package connect

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/grpc"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
)

const (
	// redialPause is the wait before a pod that could not be reached is tried again.
	redialPause = 300 * time.Millisecond
	// drainLimit is how long calls of a connection that ends may go on: etcd lets them finish for 5 s when it stops.
	drainLimit = 10 * time.Second
)

// place is who answers at the other end of a connection, as the header of every answer of etcd says it.
type place struct{ cluster, member uint64 }

// channel is one connection to a pod, whose other end has said who it is before anything else was sent there. It is never
// dialed again: another process may answer then.
type channel struct {
	conn *grpc.ClientConn
	at   place
}

func (c *channel) alive() bool { return c.conn.GetState() == connectivity.Ready }

// unsentError is why a call was not made.
type unsentError struct{ err error }

func (e unsentError) Error() string { return e.err.Error() }
func (e unsentError) Unwrap() error { return e.err }

// NeverSent says that the call changed nothing.
func (e unsentError) NeverSent() bool { return true }

// link is the way to one pod: one channel at a time.
type link struct {
	pod  string
	open func(ctx context.Context, pod string) (*channel, error)

	mu     sync.Mutex
	last   *attempt // the newest, or nil
	closed bool
}

// attempt is a channel that is being opened, stands, or could not be opened.
type attempt struct {
	pod    string
	cancel context.CancelFunc
	done   chan struct{} // closed when the fields below are set

	channel *channel
	err     error
	ended   time.Time
}

// connect returns the attempt that stands for the pod now, and makes another one where the last is over. It goes on when
// ctx ends: the next call needs the connection too.
func (l *link) connect(ctx context.Context) *attempt {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last != nil && (l.closed || l.last.holds()) {
		return l.last
	}
	l.last.retire()
	// Nothing of the call's own goes along: a token of etcd's authentication stands in the metadata.
	ctx, cancel := context.WithTimeout(metadata.NewOutgoingContext(context.WithoutCancel(ctx), nil), dialLimit)
	a := &attempt{pod: l.pod, cancel: cancel, done: make(chan struct{})}
	l.last = a
	go func() {
		defer cancel()
		a.channel, a.err = l.open(ctx, l.pod)
		a.ended = time.Now()
		close(a.done)
	}()
	return a
}

// holds reports whether an attempt is not over: it is under way, its channel lives, or it failed a moment ago.
func (a *attempt) holds() bool {
	select {
	case <-a.done:
		return a.channel != nil && a.channel.alive() || a.err != nil && time.Since(a.ended) < redialPause
	default:
		return true
	}
}

// live returns the channel, or nil where there is none yet or no more.
func (a *attempt) live() *channel {
	select {
	case <-a.done:
		if a.channel != nil && a.channel.alive() {
			return a.channel
		}
	default:
	}
	return nil
}

// wait returns the channel, or why there is none.
func (a *attempt) wait(ctx context.Context) (*channel, error) {
	select {
	case <-a.done:
	case <-ctx.Done():
		return nil, unsentError{ctx.Err()}
	}
	if a.err != nil {
		return nil, unsentError{a.err}
	}
	return a.channel, nil
}

// retire closes a channel that is replaced, after what is still under way there.
func (a *attempt) retire() {
	if a != nil && a.channel != nil {
		time.AfterFunc(drainLimit, func() { _ = a.channel.conn.Close() })
	}
}

// close ends the channel for good.
func (l *link) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	if l.last == nil {
		return
	}
	l.last.cancel()
	<-l.last.done
	if l.last.channel != nil {
		_ = l.last.channel.conn.Close()
	}
}

var errChannelOver = errors.New("the connection ended")

// open connects to a pod and asks who answers there.
func (c *Connection) open(ctx context.Context, pod string) (*channel, error) {
	var dialed atomic.Bool
	conn, err := grpc.NewClient("passthrough:///"+pod, append(transportOptions(),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: keepAlive, Timeout: keepAlive}),
		grpc.WithIdleTimeout(0),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			if dialed.Swap(true) {
				return nil, errChannelOver
			}
			return c.dial(ctx, pod)
		}))...)
	if err != nil {
		return nil, err
	}
	at, err := ask(ctx, conn)
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return &channel{conn: conn, at: at}, nil
}

// ask asks who is at the other end of a connection. Of all of etcd's calls a watch alone is answered with a header without a
// quorum, and to whomever: a refusal for lack of a user has one too (server/etcdserver/api/v3rpc/watch.go, recvLoop). So no
// credentials need to be shown. A learner serves no watch, but tells its status.
func ask(ctx context.Context, conn *grpc.ClientConn) (place, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the watch
	header, err := watchHeader(ctx, pb.NewWatchClient(conn))
	if errors.Is(rpctypes.Error(err), rpctypes.Error(rpctypes.ErrGRPCNotSupportedForLearner)) {
		resp, statusErr := pb.NewMaintenanceClient(conn).Status(ctx, &pb.StatusRequest{})
		header, err = resp.GetHeader(), statusErr
	}
	if err != nil {
		return place{}, err
	}
	return place{header.GetClusterId(), header.GetMemberId()}, nil
}

func watchHeader(ctx context.Context, client pb.WatchClient) (*pb.ResponseHeader, error) {
	stream, err := client.Watch(ctx)
	if err != nil {
		return nil, err
	}
	create := &pb.WatchRequest_CreateRequest{CreateRequest: &pb.WatchCreateRequest{Key: []byte{0}}}
	if err := stream.Send(&pb.WatchRequest{RequestUnion: create}); err != nil {
		_, err = stream.Recv() // the reason is received
		return nil, fmt.Errorf("ask who answers: %w", err)
	}
	resp, err := stream.Recv()
	return resp.GetHeader(), err
}
