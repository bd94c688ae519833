package connect

import (
	"context"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
)

const (
	// keepAlive is how long a connection may be idle before it is pinged, and how long the answer may take: a node that
	// loses its power closes no connection. etcd takes more than one ping in 5 s for an attack
	// (--grpc-keepalive-min-time).
	keepAlive = 10 * time.Second
	// maxMessage bounds the size of a request and of a response in memory. etcd's own limit on requests is 1.5 MiB by
	// default; the server enforces it.
	maxMessage = 32 << 20
	// dialLimit bounds one attempt to reach a pod through the API server.
	dialLimit = 10 * time.Second
	// retries bounds the rounds over the endpoints, with retryPause in between: reads are retried for about 2 s.
	retries    = 20
	retryPause = 100 * time.Millisecond
)

// clientConfig returns the configuration that all etcd clients of the connection share.
func (c *Connection) clientConfig(endpoints []string, l *login, r route) clientv3.Config {
	return clientv3.Config{
		Endpoints:            endpoints,
		DialKeepAliveTime:    keepAlive,
		DialKeepAliveTimeout: keepAlive,
		MaxCallSendMsgSize:   maxMessage,
		MaxCallRecvMsgSize:   maxMessage,
		MaxUnaryRetries:      retries,
		BackoffWaitBetween:   retryPause,
		Logger:               zap.NewNop(), // clientv3 writes each failed retry to stderr otherwise
		DialOptions: append(transportOptions(),
			grpc.WithContextDialer(c.dial),
			grpc.WithChainUnaryInterceptor(failFast, l.unary, r.unary),
			grpc.WithChainStreamInterceptor(failFastStream, l.stream, r.stream),
		),
	}
}

// transportOptions returns the options of every gRPC connection to a member.
func transportOptions() []grpc.DialOption {
	return []grpc.DialOption{
		// gRPC's default backoff grows to two minutes, in which a restarted member would look dead.
		grpc.WithConnectParams(grpc.ConnectParams{
			MinConnectTimeout: dialLimit,
			Backoff:           backoff.Config{BaseDelay: 200 * time.Millisecond, Multiplier: 1.5, Jitter: 0.2, MaxDelay: 2 * time.Second},
		}),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage)),
	}
}

// failFast makes a call fail at once with the reason if the member cannot be connected to. clientv3 lets calls wait for
// a connection until their deadline, and the reason is lost.
func failFast(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	return invoke(ctx, method, req, reply, cc, append(opts, grpc.WaitForReady(false))...)
}

func failFastStream(ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	return open(ctx, desc, cc, method, append(opts, grpc.WaitForReady(false))...)
}
