package connect

import (
	"context"
	"errors"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// tries bounds how often a call is made whose token is rejected. A member forgets its tokens when it restarts, and each
// token after five minutes without use (server/auth/simple_token.go).
const tries = 3

// login makes the calls of one client as a user of etcd's authentication. clientv3 logs in when the client is created.
// That requires a quorum, and a member that does not answer would delay everything else.
type login struct {
	user    identity
	command func(string) string // returns the command line that runs a subcommand on this cluster
	cache   rolesCache
	root    *rootHint

	lock      chan struct{} // semaphore of one; the wait for it ends with the caller's context
	token     string        // guarded by lock; "" if authentication is off
	haveToken bool          // whether token is valid as far as known
}

func newLogin(user identity, command func(string) string, root *rootHint) *login {
	return &login{user: user, command: command, root: root, lock: make(chan struct{}, 1)}
}

// unary makes a call as the user. It repeats a call that etcd rejected for its token, or because users or roles had
// just changed: such a call changed nothing.
func (l *login) unary(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	explain := func(err error) error { return l.explain(ctx, cc, err, method, req) }
	if l.user.password == "" || method == pb.Auth_Authenticate_FullMethodName {
		err := invoke(ctx, method, req, reply, cc, opts...)
		for try := 1; try < tries && errors.Is(rpctypes.Error(err), rpctypes.ErrAuthOldRevision); try++ {
			err = invoke(ctx, method, req, reply, cc, opts...)
		}
		return explain(err)
	}
	token, err := l.currentToken(ctx, cc, nil)
	for try := 1; err == nil; try++ {
		err = invoke(withToken(ctx, token), method, req, reply, cc, opts...)
		if !tokenRejected(err) || try == tries {
			return explain(err)
		}
		token, err = l.currentToken(ctx, cc, &token)
	}
	return err
}

// stream opens a stream as the user. It always logs in, because an expired token shows only after the stream is open.
func (l *login) stream(ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	shown := ctx
	if l.user.password != "" {
		token, err := l.authenticate(ctx, cc)
		if err != nil {
			return nil, err
		}
		l.cacheToken(token)
		shown = withToken(ctx, token)
	}
	explain := func(err error, req any) error { return l.explain(ctx, cc, err, method, req) }
	s, err := open(shown, desc, cc, method, opts...)
	if err != nil {
		return nil, explain(err, nil)
	}
	return &explainedStream{ClientStream: s, explain: explain}, nil
}

// currentToken returns the cached token. It logs in if there is none, or if the cached one is the one that was refused.
func (l *login) currentToken(ctx context.Context, cc *grpc.ClientConn, refused *string) (string, error) {
	select {
	case l.lock <- struct{}{}:
		defer func() { <-l.lock }()
	case <-ctx.Done():
		return "", loginError{l.user.name, ctx.Err()}
	}
	if l.haveToken && (refused == nil || l.token != *refused) {
		return l.token, nil
	}
	token, err := l.authenticate(ctx, cc)
	l.token, l.haveToken = token, err == nil
	return token, err
}

// cacheToken caches the token of a stream for the next call: etcd computes bcrypt for each login. If another login is
// in progress, its token is as good and this one is not cached.
func (l *login) cacheToken(token string) {
	select {
	case l.lock <- struct{}{}:
		l.token, l.haveToken = token, true
		<-l.lock
	default:
	}
}

// authenticate returns a token, or "" if authentication is off. While the leader changes, a member refuses a login
// before it checks the password (server/etcdserver/v3_server.go, Authenticate, reads linearizably first), so
// authenticate tries again.
func (l *login) authenticate(ctx context.Context, cc *grpc.ClientConn) (string, error) {
	ask := func() (*pb.AuthenticateResponse, error) {
		return pb.NewAuthClient(cc).Authenticate(ctx, &pb.AuthenticateRequest{Name: l.user.name, Password: l.user.password})
	}
	resp, err := ask()
	for try := 1; try < tries && errors.Is(rpctypes.Error(err), rpctypes.ErrLeaderChanged); try++ {
		resp, err = ask()
	}
	if errors.Is(rpctypes.Error(err), rpctypes.ErrAuthNotEnabled) {
		return "", nil
	}
	if err != nil {
		return "", loginError{l.user.name, err}
	}
	return resp.Token, nil
}

func withToken(ctx context.Context, token string) context.Context {
	if token == "" {
		return ctx
	}
	return metadata.AppendToOutgoingContext(ctx, rpctypes.TokenFieldNameGRPC, token)
}

// tokenRejected reports whether a call was refused for its token: the member does not know it, users or roles have
// changed since, or authentication has been switched on.
func tokenRejected(err error) bool {
	err = rpctypes.Error(err)
	return errors.Is(err, rpctypes.ErrInvalidAuthToken) || errors.Is(err, rpctypes.ErrAuthOldRevision) || errors.Is(err, rpctypes.ErrUserEmpty)
}
