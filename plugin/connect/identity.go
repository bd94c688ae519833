package connect

import (
	"errors"
	"fmt"
	"strings"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
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

const noUser = "authentication is on and no user is given (pass --etcd-user and --etcd-password-file, or --etcd-credentials-secret)"

// explain says whom etcd refuses what.
func (i identity) explain(err error, method string, req any) error {
	refusal := rpctypes.Error(err)
	switch {
	case err == nil:
		return nil
	case errors.Is(refusal, rpctypes.ErrUserEmpty):
		return refusedError{noUser, refusal}
	case errors.Is(refusal, rpctypes.ErrAuthFailed):
		return refusedError{"etcd knows no such user with that password (see --etcd-user, --etcd-password-file and --etcd-credentials-secret)", refusal}
	case errors.Is(refusal, rpctypes.ErrPermissionDenied):
		return refusedError{fmt.Sprintf("%s may not %s or be another --etcd-user)", i, i.deed(method, req)), refusal}
	}
	return err
}

func (i identity) String() string {
	switch {
	case i.name == "":
		return "nobody in particular"
	case i.password == "":
		return fmt.Sprintf("user %q, which is the common name of the client certificate,", i.name)
	}
	return fmt.Sprintf("user %q", i.name)
}

// deed says what a request would do, and how a user gets the right to.
func (i identity) deed(method string, req any) string {
	const grant = " (grant that with \"etcdctl role grant-permission\","
	switch r := req.(type) {
	case *pb.RangeRequest:
		return "read " + keys(r.Key, r.RangeEnd) + grant
	case *pb.PutRequest:
		return "write " + keys(r.Key, nil) + grant
	case *pb.DeleteRangeRequest:
		return "delete " + keys(r.Key, r.RangeEnd) + grant
	case *pb.TxnRequest:
		return "read or write one of the keys of this transaction" + grant
	}
	service, _, _ := strings.Cut(strings.TrimPrefix(method, "/etcdserverpb."), "/")
	switch service {
	case "Maintenance", "Cluster", "Auth":
		return fmt.Sprintf("do this, which takes the role \"root\" (grant it with \"etcdctl user grant-role %s root\",", i.name)
	}
	return "do this" + grant
}

func keys(key, end []byte) string {
	switch {
	case len(end) == 0:
		return fmt.Sprintf("key %q", key)
	case string(end) == clientv3.GetPrefixRangeEnd(string(key)):
		return fmt.Sprintf("the keys that begin with %q", key)
	case string(end) == "\x00":
		return fmt.Sprintf("all keys from %q on", key)
	}
	return fmt.Sprintf("the keys from %q to %q", key, end)
}
