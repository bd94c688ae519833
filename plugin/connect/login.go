package connect

import (
	"context"
	"errors"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// tries bounds how often a call that was refused for its token is made with a new one. A member forgets its tokens when
// it restarts, and each after five minutes in which nobody showed it there (server/auth/simple_token.go).
const tries = 3

// login makes the calls of one client as a user of etcd's own authentication. clientv3 can do that, but logs in when a
// client is made: that takes a quorum, and a member which does not answer would hold up all that comes after.
type login struct {
	user    identity
	command func(string) string // what to type to do something to this cluster
	look    lastRoles
	root    *rootHint

	turn  chan struct{} // holds one at a time; waiting for it ends with the caller's context
	token string        // guarded by turn; "" where authentication is off
	known bool          // whether token is what is to be shown
}

func newLogin(user identity, command func(string) string, root *rootHint) *login {
	return &login{user: user, command: command, root: root, turn: make(chan struct{}, 1)}
}

// unary makes a call as the user. One that is refused for its token, or because somebody changed users or roles just then,
// has changed nothing, and is made again.
func (l *login) unary(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	explain := func(err error) error { return l.explain(ctx, cc, err, method, req) }
	if l.user.password == "" || method == pb.Auth_Authenticate_FullMethodName {
		err := invoke(ctx, method, req, reply, cc, opts...)
		for try := 1; try < tries && errors.Is(rpctypes.Error(err), rpctypes.ErrAuthOldRevision); try++ {
			err = invoke(ctx, method, req, reply, cc, opts...)
		}
		return explain(err)
	}
	token, err := l.show(ctx, cc, nil)
	for try := 1; err == nil; try++ {
		err = invoke(with(ctx, token), method, req, reply, cc, opts...)
		if !stale(err) || try == tries {
			return explain(err)
		}
		token, err = l.show(ctx, cc, &token)
	}
	return err
}

// stream opens a stream as the user, with a new token: whether an old one is still good shows too late.
func (l *login) stream(ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	shown := ctx
	if l.user.password != "" {
		token, err := l.authenticate(ctx, cc)
		if err != nil {
			return nil, err
		}
		l.keep(token)
		shown = with(ctx, token)
	}
	explain := func(err error, req any) error { return l.explain(ctx, cc, err, method, req) }
	s, err := open(shown, desc, cc, method, opts...)
	if err != nil {
		return nil, explain(err, nil)
	}
	return &explainedStream{ClientStream: s, explain: explain}, nil
}

// show returns the token to show, and logs in where there is none yet, or where it is still the one that was refused.
func (l *login) show(ctx context.Context, cc *grpc.ClientConn, refused *string) (string, error) {
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return "", loginError{l.user.name, ctx.Err()}
	}
	if l.known && (refused == nil || l.token != *refused) {
		return l.token, nil
	}
	token, err := l.authenticate(ctx, cc)
	l.token, l.known = token, err == nil
	return token, err
}

// keep has the next call show a token that a stream was opened with: a login costs etcd a whole bcrypt. Where somebody logs
// in just then, his token is as good.
func (l *login) keep(token string) {
	select {
	case l.turn <- struct{}{}:
		l.token, l.known = token, true
		<-l.turn
	default:
	}
}

// authenticate returns a token, or none where authentication is off. A member refuses a login while the leader changes, before
// it looks at the password (server/etcdserver/v3_server.go, Authenticate, reads linearizably first): it logs in again.
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

func with(ctx context.Context, token string) context.Context {
	if token == "" {
		return ctx
	}
	return metadata.AppendToOutgoingContext(ctx, rpctypes.TokenFieldNameGRPC, token)
}

// stale reports whether a call was refused for its token: the member does not know it, somebody changed users or roles
// since, or authentication is on by now.
func stale(err error) bool {
	err = rpctypes.Error(err)
	return errors.Is(err, rpctypes.ErrInvalidAuthToken) || errors.Is(err, rpctypes.ErrAuthOldRevision) || errors.Is(err, rpctypes.ErrUserEmpty)
}
