package connect

import (
	"context"
	"errors"
	"fmt"
	"strings"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/grpc"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/shell"
)

// identity is who a client is for etcd's own authentication. Without a password the name is the common name of the
// client's certificate, which etcd takes for a user where it verifies such certificates.
type identity struct{ name, password string }

// refusedError is etcd's refusal in words of ours. It stays the error that rpctypes has for it.
type refusedError struct {
	text string
	err  error
}

func (e refusedError) Error() string { return e.text }
func (e refusedError) Unwrap() error { return e.err }

// loginError says that a user could not log in: what was to be done afterwards never was.
type loginError struct {
	user string
	err  error
}

func (e loginError) Error() string { return fmt.Sprintf("log in as etcd user %q: %v", e.user, e.err) }
func (e loginError) Unwrap() error { return e.err }

// NeverSent says that the call which needed the login was not made.
func (e loginError) NeverSent() bool { return true }

// rootUser is etcd's user that may do everything.
const rootUser = "root"

const noUser = "authentication is on and no user is given (pass --etcd-user and --etcd-password-file, or --etcd-credentials-secret)"

// noPasswordUser is what etcd says where a user is by certificate and somebody logs in with a password. rpctypes has no
// error for it (server/auth/store.go, ErrNoPasswordUser).
const noPasswordUser = "password was given for no password user"

// explain says whom etcd refuses what.
func (l *login) explain(ctx context.Context, cc *grpc.ClientConn, err error, method string, req any) error {
	refusal := rpctypes.Error(err)
	switch {
	case err == nil:
		return nil
	case errors.Is(refusal, rpctypes.ErrUserEmpty):
		return refusedError{l.nobody(), refusal}
	case errors.Is(refusal, rpctypes.ErrAuthFailed):
		return refusedError{"etcd knows no such user with that password (see --etcd-user, --etcd-password-file and --etcd-credentials-secret)", refusal}
	case strings.Contains(err.Error(), noPasswordUser):
		return refusedError{"etcd takes no password of that user, but a client certificate with its name (pass " + l.pairFlags(ctx) + ")", rpctypes.ErrAuthFailed}
	case errors.Is(refusal, rpctypes.ErrPermissionDenied):
		return refusedError{"permission denied: " + l.denied(ctx, cc, method, req), refusal}
	case errors.Is(refusal, rpctypes.ErrUserNotFound) && l.stranger(ctx, cc, method, req):
		return refusedError{"permission denied: " + l.unknown(ctx), rpctypes.ErrPermissionDenied} // as etcd calls it where keys are asked for
	}
	return err
}

// stranger reports whether etcd does not find the one who asks, rather than whom he asks about: it has no user of the
// common name of his certificate.
func (l *login) stranger(ctx context.Context, cc *grpc.ClientConn, method string, req any) bool {
	if l.user.name == "" || l.user.password != "" {
		return false
	}
	if service(method) != "Auth" || method == pb.Auth_AuthStatus_FullMethodName { // they are about no user
		return true
	}
	if about, ok := req.(*pb.AuthUserGetRequest); ok && about.Name == l.user.name {
		return false // it is whom he asks about
	}
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	auth := pb.NewAuthClient(cc)
	state, err := auth.AuthStatus(ctx, &pb.AuthStatusRequest{})
	if errors.Is(rpctypes.Error(err), rpctypes.ErrPermissionDenied) { // etcd 3.5 does not even tell him that
		return true
	}
	if err != nil || !state.Enabled {
		return false
	}
	_, err = auth.UserGet(ctx, &pb.AuthUserGetRequest{Name: l.user.name})
	return errors.Is(rpctypes.Error(err), rpctypes.ErrUserNotFound)
}

// nobody says that a user is wanted, and where root's password is.
func (l *login) nobody() string {
	if l.root == nil || l.root.password.Secret == "" {
		return noUser
	}
	p := l.root.password
	return fmt.Sprintf("authentication is on and no user is given (pass --etcd-credentials-secret %s: pod %q has root's password, %s, from its key %q)",
		p.Secret, p.Pod, p.Variable, p.Key)
}

// pairFlags are the flags with which a user shows his certificate.
func (l *login) pairFlags(ctx context.Context) string {
	if flag := l.root.certificate(ctx); flag != "" && l.user.name == rootUser {
		return flag
	}
	return "--etcd-cert and --etcd-key, or --etcd-tls-secret"
}

// unknown says that etcd has no such user, and who can help: he himself cannot.
func (l *login) unknown(ctx context.Context) string {
	who := l.user.String()
	if l.user.password == "" {
		who = fmt.Sprintf("user %q, which is the common name of the client certificate", l.user.name)
	}
	add := l.command("auth user add " + shell.Word(l.user.name, "USER") + " --no-password")
	if flag := l.root.certificate(ctx); flag != "" && l.user.name != rootUser {
		return fmt.Sprintf("etcd has no %s (be root with %s, which has root's certificate; root can add the other with \"%s\")", who, flag, add+" "+flag)
	}
	return fmt.Sprintf("etcd has no %s (show a user's certificate with --etcd-tls-secret, or with --etcd-cert and --etcd-key; root adds this one with \"%s\")", who, add)
}

func (i identity) String() string {
	switch {
	case i.name == "":
		return "nobody in particular"
	case i.password == "":
		return fmt.Sprintf("user %q by client certificate", i.name)
	}
	return fmt.Sprintf("user %q", i.name)
}

// service returns the service of a method of gRPC: KV, Auth, Maintenance and so on.
func service(method string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(method, "/etcdserverpb."), "/")
	return name
}
