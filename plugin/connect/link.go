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
	// redialPause is the wait before a pod that could not be reached is dialed again.
	redialPause = 300 * time.Millisecond
	// drainLimit is how long calls may continue on a connection that is being replaced: a stopping etcd lets them finish
	// for 5 s.
	drainLimit = 10 * time.Second
)

// memberID holds the two IDs by which etcd identifies a member. The header of every response has them.
type memberID struct{ cluster, member uint64 }

// channel is one connection to a pod. The member at the other end has been identified before anything else was sent.
// The connection is never dialed again, because a different process could answer.
type channel struct {
	conn *grpc.ClientConn
	at   memberID
}

func (c *channel) alive() bool { return c.conn.GetState() == connectivity.Ready }

// unsentError is the reason why a call was not made.
type unsentError struct{ err error }

func (e unsentError) Error() string { return e.err.Error() }
func (e unsentError) Unwrap() error { return e.err }

// NeverSent reports true: the call changed nothing.
func (e unsentError) NeverSent() bool { return true }

// link is the connection to one pod. It has one current channel at a time.
type link struct {
	pod  string
	open func(ctx context.Context, pod string) (*channel, error)

	mu     sync.Mutex
	last   *attempt // the newest, or nil
	closed bool
}

// attempt is one try to open a channel: pending, successful or failed.
type attempt struct {
	pod    string
	cancel context.CancelFunc
	done   chan struct{} // closed when the fields below are set

	channel *channel
	err     error
	ended   time.Time
}

// connect returns the current attempt for the pod. It starts another one if the last one is over. The attempt continues
// after ctx ends, because the next call needs the connection too.
func (l *link) connect(ctx context.Context) *attempt {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last != nil && (l.closed || l.last.current()) {
		return l.last
	}
	l.last.retire()
	// The call's metadata may hold a token of etcd's authentication. It must not be sent before the member is
	// identified.
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

// current reports whether the attempt is still in use: it is pending, its channel is alive, or it failed less than
// redialPause ago.
func (a *attempt) current() bool {
	select {
	case <-a.done:
		return a.channel != nil && a.channel.alive() || a.err != nil && time.Since(a.ended) < redialPause
	default:
		return true
	}
}

// live returns the channel if it is open, or nil.
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

// wait returns the channel, or the reason why it could not be opened.
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

// retire closes a replaced channel after drainLimit, so that its calls can finish.
func (a *attempt) retire() {
	if a != nil && a.channel != nil {
		time.AfterFunc(drainLimit, func() { _ = a.channel.conn.Close() })
	}
}

// close closes the channel. No other one is opened afterwards.
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

// open connects to a pod and identifies the member there.
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
	at, err := identify(ctx, conn)
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return &channel{conn: conn, at: at}, nil
}

// identify returns the IDs of the member at the other end of a connection. It needs no credentials: Watch is etcd's
// only call that is answered with a header without a quorum and without a user, since even its refusal for lack of a
// user has a header (server/etcdserver/api/v3rpc/watch.go, recvLoop). A learner does not serve Watch, but Status.
func identify(ctx context.Context, conn *grpc.ClientConn) (memberID, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the watch
	header, err := watchHeader(ctx, pb.NewWatchClient(conn))
	if errors.Is(rpctypes.Error(err), rpctypes.Error(rpctypes.ErrGRPCNotSupportedForLearner)) {
		resp, statusErr := pb.NewMaintenanceClient(conn).Status(ctx, &pb.StatusRequest{})
		header, err = resp.GetHeader(), statusErr
	}
	if err != nil {
		return memberID{}, err
	}
	return memberID{header.GetClusterId(), header.GetMemberId()}, nil
}

func watchHeader(ctx context.Context, client pb.WatchClient) (*pb.ResponseHeader, error) {
	stream, err := client.Watch(ctx)
	if err != nil {
		return nil, err
	}
	create := &pb.WatchRequest_CreateRequest{CreateRequest: &pb.WatchCreateRequest{Key: []byte{0}}}
	if err := stream.Send(&pb.WatchRequest{RequestUnion: create}); err != nil {
		_, err = stream.Recv() // Recv returns the reason
		return nil, fmt.Errorf("identify the member: %w", err)
	}
	resp, err := stream.Recv()
	return resp.GetHeader(), err
}
