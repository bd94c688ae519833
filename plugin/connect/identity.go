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

// identity is the user that a client is for etcd's authentication. Without a password, name is the common name of the
// client certificate. etcd takes it for the user if it verifies client certificates.
type identity struct{ name, password string }

// refusedError is a refusal by etcd with a text that has the remedy. It unwraps to the error of rpctypes.
type refusedError struct {
	text string
	err  error
}

func (e refusedError) Error() string { return e.text }
func (e refusedError) Unwrap() error { return e.err }

// loginError reports that a user could not log in. The call that needed the login was not made.
type loginError struct {
	user string
	err  error
}

func (e loginError) Error() string { return fmt.Sprintf("log in as etcd user %q: %v", e.user, e.err) }
func (e loginError) Unwrap() error { return e.err }

// NeverSent reports true: the call that needed the login was not made.
func (e loginError) NeverSent() bool { return true }

// rootUser is the user of etcd that may do everything.
const rootUser = "root"

const noUser = "authentication is on and no user is given (pass --etcd-user and --etcd-password-file, or --etcd-credentials-secret)"

// noPasswordUser is etcd's text for a login with a password as a user that has none. rpctypes has no error for it
// (server/auth/store.go, ErrNoPasswordUser).
const noPasswordUser = "password was given for no password user"

// explain adds the reason and the remedy to an error of etcd's authentication. It returns other errors unchanged.
func (l *login) explain(ctx context.Context, cc *grpc.ClientConn, err error, method string, req any) error {
	refusal := rpctypes.Error(err)
	switch {
	case err == nil:
		return nil
	case errors.Is(refusal, rpctypes.ErrUserEmpty):
		return refusedError{l.noUserText(), refusal}
	case errors.Is(refusal, rpctypes.ErrAuthFailed):
		return refusedError{"wrong user name or password (see --etcd-user, --etcd-password-file and --etcd-credentials-secret)", refusal}
	case strings.Contains(err.Error(), noPasswordUser):
		return refusedError{"this user has no password and logs in with a client certificate for its name (pass " + l.certificateFlags(ctx) + ")", rpctypes.ErrAuthFailed}
	case errors.Is(refusal, rpctypes.ErrPermissionDenied):
		return refusedError{"permission denied: " + l.deniedText(ctx, cc, method, req), refusal}
	case errors.Is(refusal, rpctypes.ErrUserNotFound) && l.certUserUnknown(ctx, cc, method, req):
		return refusedError{"permission denied: " + l.unknownUserText(ctx), rpctypes.ErrPermissionDenied} // etcd's own error for an unknown user on requests for keys
	}
	return err
}

// certUserUnknown reports whether etcd's "user not found" is about the client itself: etcd has no user with the common
// name of its certificate. Otherwise it is about the user that the request names.
func (l *login) certUserUnknown(ctx context.Context, cc *grpc.ClientConn, method string, req any) bool {
	if l.user.name == "" || l.user.password != "" {
		return false
	}
	if service(method) != "Auth" || method == pb.Auth_AuthStatus_FullMethodName { // these requests name no user
		return true
	}
	if about, ok := req.(*pb.AuthUserGetRequest); ok && about.Name == l.user.name {
		return false // the request names the client's own user
	}
	ctx, cancel := context.WithTimeout(ctx, explainLimit)
	defer cancel()
	auth := pb.NewAuthClient(cc)
	state, err := auth.AuthStatus(ctx, &pb.AuthStatusRequest{})
	if errors.Is(rpctypes.Error(err), rpctypes.ErrPermissionDenied) { // etcd 3.5 refuses even this
		return true
	}
	if err != nil || !state.Enabled {
		return false
	}
	_, err = auth.UserGet(ctx, &pb.AuthUserGetRequest{Name: l.user.name})
	return errors.Is(rpctypes.Error(err), rpctypes.ErrUserNotFound)
}

// noUserText says that a user is required, and which Secret has root's password.
func (l *login) noUserText() string {
	if l.root == nil || l.root.password.Secret == "" {
		return noUser
	}
	p := l.root.password
	return fmt.Sprintf("authentication is on and no user is given (pass --etcd-credentials-secret %s: pod %q has root's password, %s, from its key %q)",
		p.Secret, p.Pod, p.Variable, p.Key)
}

// certificateFlags returns the flags that pass the user's certificate.
func (l *login) certificateFlags(ctx context.Context) string {
	if flag := l.root.certificate(ctx); flag != "" && l.user.name == rootUser {
		return flag
	}
	return "--etcd-cert and --etcd-key, or --etcd-tls-secret"
}

// unknownUserText says that etcd does not have the client's user, and how root can add it.
func (l *login) unknownUserText(ctx context.Context) string {
	who := l.user.String()
	if l.user.password == "" {
		who = fmt.Sprintf("user %q, which is the common name of the client certificate", l.user.name)
	}
	add := l.command("auth user add " + shell.Word(l.user.name, "USER") + " --no-password")
	if flag := l.root.certificate(ctx); flag != "" && l.user.name != rootUser {
		return fmt.Sprintf("etcd has no %s (pass %s, which has root's certificate; root can add the user with \"%s\")", who, flag, add+" "+flag)
	}
	return fmt.Sprintf("etcd has no %s (pass another user's certificate with --etcd-tls-secret, or with --etcd-cert and --etcd-key; root can add this user with \"%s\")", who, add)
}

func (i identity) String() string {
	switch {
	case i.name == "":
		return "no user"
	case i.password == "":
		return fmt.Sprintf("user %q by client certificate", i.name)
	}
	return fmt.Sprintf("user %q", i.name)
}

// service returns the service of a gRPC method: KV, Auth, Maintenance and so on.
func service(method string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(method, "/etcdserverpb."), "/")
	return name
}
