package connect

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/credentials"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd/etcdtest"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/kubetest"
	"github.com/kubectl-etcd/kubectl-etcd/test/certs"
)

// makeUsers makes users before authentication is on: root; one that may read keys with prefix "a/" and write keys with
// prefix "b/", by one role each; and idle, which has no role.
func makeUsers(t *testing.T, client *clientv3.Client) {
	t.Helper()
	ctx := t.Context()
	_, err1 := client.UserAdd(ctx, "idle", "idlepw")
	_, err2 := client.RoleAdd(ctx, "a")
	_, err3 := client.RoleAdd(ctx, "b")
	_, err4 := client.RoleGrantPermission(ctx, "a", "a/", clientv3.GetPrefixRangeEnd("a/"), clientv3.PermissionType(clientv3.PermRead))
	_, err5 := client.RoleGrantPermission(ctx, "b", "b/", clientv3.GetPrefixRangeEnd("b/"), clientv3.PermissionType(clientv3.PermWrite))
	_, err6 := client.UserAdd(ctx, "both", "bothpw")
	_, err7 := client.UserGrantRole(ctx, "both", "a")
	_, err8 := client.UserGrantRole(ctx, "both", "b")
	if err := errors.Join(err1, err2, err3, err4, err5, err6, err7, err8); err != nil {
		t.Fatal(err)
	}
	enableAuth(t, client)
}

func TestDenied(t *testing.T) {
	t.Parallel()
	member := etcdtest.Start(t, 1, nil).Members[0]
	makeUsers(t, etcdtest.Client(t, member.Endpoint))
	s := (&kubetest.APIServer{Backend: strings.TrimPrefix(member.Endpoint, "http://")}).Serve(t)
	for name, test := range map[string]struct {
		user string
		call func(context.Context, *clientv3.Client) error
		want string
	}{
		"several roles": {"both", func(ctx context.Context, c *clientv3.Client) error {
			_, err := c.Put(ctx, "a/k", "v")
			return err
		}, `permission denied: roles "a", "b" lack write on "a/k" (user "both"; grant it with "kubectl etcd auth role grant a --key a/k --write --etcd etcd -n ns")`},
		"a delete of a prefix": {"both", func(ctx context.Context, c *clientv3.Client) error {
			_, err := c.Delete(ctx, "a/", clientv3.WithPrefix())
			return err
		}, `lack write on keys that begin with "a/" (user`},
		"everything": {"both", func(ctx context.Context, c *clientv3.Client) error {
			_, err := c.Get(ctx, "", clientv3.WithPrefix())
			return err
		}, `lack read on all keys (user "both"; grant it with "kubectl etcd auth role grant a --all --read`},
		"a range": {"both", func(ctx context.Context, c *clientv3.Client) error {
			_, err := c.Get(ctx, "a/", clientv3.WithRange("x"))
			return err
		}, `lack read on keys from "a/" to "x" (user "both"; grant it with "kubectl etcd auth role grant a --range a/,x --read`},
		"a transaction names what is lacked alone": {"both", func(ctx context.Context, c *clientv3.Client) error {
			_, err := c.Txn(ctx).If(clientv3.Compare(clientv3.Version("a/k"), "=", 0)).
				Then(clientv3.OpPut("b/k", "v"), clientv3.OpPut("a/k", "v")).Else(clientv3.OpGet("b/k")).Commit()
			return err
		}, `lack write on "a/k" and read on "b/k" (user`},
		"what was there before a write": {"both", func(ctx context.Context, c *clientv3.Client) error {
			_, err := c.Put(ctx, "b/k", "v", clientv3.WithPrevKV())
			return err
		}, `lack read on "b/k" (user`},
		"no role": {"idle", func(ctx context.Context, c *clientv3.Client) error {
			_, err := c.Get(ctx, "k")
			return err
		}, `permission denied: user "idle" has no role, and the request needs read on "k" (grant a role with "kubectl etcd auth user grant idle ROLE`},
		"compaction takes root": {"both", func(ctx context.Context, c *clientv3.Client) error {
			_, err := c.Compact(ctx, 1)
			return err
		}, `permission denied: user "both" lacks role "root"`},
		"users are root's": {"both", func(ctx context.Context, c *clientv3.Client) error {
			_, err := c.UserGet(ctx, "idle")
			return err
		}, `permission denied: user "both" lacks role "root"`},
		"a watch": {"both", func(ctx context.Context, c *clientv3.Client) error {
			stream, err := pb.NewWatchClient(c.ActiveConnection()).Watch(ctx)
			if err != nil {
				return err
			}
			err = stream.Send(&pb.WatchRequest{RequestUnion: &pb.WatchRequest_CreateRequest{CreateRequest: &pb.WatchCreateRequest{Key: []byte("b/k")}}})
			for err == nil {
				_, err = stream.Recv()
			}
			return err
		}, `permission denied: roles "a", "b" lack read on "b/k" (user "both"`},
	} {
		t.Run(name, func(t *testing.T) {
			conn := openWith(t, s, user(t, test.user, test.user+"pw"))
			client := must[*clientv3.Client](t)(conn.Member(conn.cluster.Members[0]))
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			err := test.call(ctx, client)
			kubetest.WantError(t, err, test.want)
			if !errors.Is(err, rpctypes.ErrPermissionDenied) {
				t.Errorf("%v is no refusal of rights", err)
			}
			if strings.Contains(err.Error(), test.user+"pw") {
				t.Errorf("%v has the password", err)
			}
		})
	}
}

// TestDeniedByCertificate has etcd take the common name of a certificate for the user, which exists or not.
func TestDeniedByCertificate(t *testing.T) {
	t.Parallel()
	p := newPKI(t, goodServer())
	member := etcdtest.Start(t, 1, etcdtest.TLS(t, p.server, p.ca.Cert)).Members[0]
	at := strings.TrimPrefix(member.Endpoint, "http://")
	as := func(name string) *Connection {
		data := p.secret()
		client := must[*certs.Pair](t)(p.ca.Issue(certs.Spec{CommonName: name, Usages: forClients}))
		data["client.crt"], data["client.key"] = client.Cert, client.Key
		return openTLS(t, &kubetest.APIServer{Backend: at}, data, true, credentials.FlagValues{})
	}
	root := as("root")
	client := must[*clientv3.Client](t)(root.Member(root.cluster.Members[0]))
	if _, err := client.UserGet(t.Context(), "nobody"); err == nil || strings.Contains(err.Error(), "common name") {
		t.Errorf("authentication is off, and whoever asks is nobody's: %v", err)
	}
	makeUsers(t, client)
	if err := writeKey(t, root); err != nil {
		t.Errorf("root by certificate: %v", err)
	}
	if _, err := client.UserGet(t.Context(), "nobody"); err == nil || strings.Contains(err.Error(), "common name") {
		t.Errorf("root asks about nobody: %v", err)
	}
	kubetest.WantError(t, writeKey(t, as("both")), `roles "a", "b" lack write on "k" (user "both" by client certificate; grant`)
	stranger := as("stranger")
	const unknown = `permission denied: etcd has no user "stranger", which is the common name of the client certificate (pass another user's certificate with --etcd-tls-secret, or with --etcd-cert and --etcd-key; root can add this user with "kubectl etcd auth user add stranger --no-password --etcd etcd -n ns")`
	kubetest.WantError(t, writeKey(t, stranger), unknown)
	client = must[*clientv3.Client](t)(stranger.Member(stranger.cluster.Members[0]))
	_, err := client.UserList(t.Context())
	kubetest.WantError(t, err, unknown)
	_, err = client.MoveLeader(t.Context(), 1)
	kubetest.WantError(t, err, unknown)
	kubetest.WantError(t, writeKey(t, as("")), "permission denied: the client certificate has no common name")
}

// TestDeniedNamesSecretOfRoot refuses a user by certificate, with root's certificate in a Secret that no pod mounts.
// The error must name that Secret: the other remedies are commands that only root may run.
func TestDeniedNamesSecretOfRoot(t *testing.T) {
	t.Parallel()
	p := newPKI(t, goodServer())
	member := etcdtest.Start(t, 1, etcdtest.TLS(t, p.server, p.ca.Cert)).Members[0]
	at := strings.TrimPrefix(member.Endpoint, "http://")
	as := func(name string) (*Connection, *clientv3.Client) {
		data := p.secret()
		client := must[*certs.Pair](t)(p.ca.Issue(certs.Spec{CommonName: name, Usages: forClients}))
		data["client.crt"], data["client.key"] = client.Cert, client.Key
		conn := openTLS(t, &kubetest.APIServer{Backend: at}, data, true, credentials.FlagValues{})
		conn.root.find = func(context.Context) string { return "root-client" }
		return conn, must[*clientv3.Client](t)(conn.Member(conn.cluster.Members[0]))
	}
	_, root := as("root")
	makeUsers(t, root)
	_, stranger := as("stranger")
	const help = `(pass --etcd-tls-secret root-client, which has root's certificate`
	for name, call := range map[string]func() error{
		"a key":        func() error { return put("k")(stranger) },
		"a leader":     func() error { _, err := stranger.MoveLeader(t.Context(), 1); return err },
		"users":        func() error { _, err := stranger.UserList(t.Context()); return err },
		"another user": func() error { _, err := etcd.SetPassword(t.Context(), stranger, "bob", "pw"); return err },
		"a grant":      func() error { _, err := etcd.GrantRoles(t.Context(), stranger, "bob", []string{"r"}); return err },
		"a grant to him": func() error {
			_, err := etcd.GrantRoles(t.Context(), stranger, "stranger", []string{"root"})
			return err
		},
		"an end": func() error { _, err := etcd.DeleteUser(t.Context(), stranger, "bob"); return err },
		"himself": func() error {
			_, err := etcd.AddUser(t.Context(), stranger, etcd.NewUser{Name: "stranger"})
			return err
		},
		"a role's removal": func() error { _, err := etcd.DeleteRole(t.Context(), stranger, "r"); return err },
	} {
		err := call()
		kubetest.WantError(t, err, `permission denied: etcd has no user "stranger", which is the common name of the client certificate `+help)
		if err != nil && strings.Contains(err.Error(), `"bob"`) {
			t.Errorf("%s: %v takes the caller for another", name, err)
		}
	}
	_, both := as("both")
	_, err := both.MoveLeader(t.Context(), 1)
	kubetest.WantError(t, err, `user "both" by client certificate lacks role "root" `+help)
	_, err = etcd.SetPassword(t.Context(), root, "bob", "pw")
	kubetest.WantError(t, err, `user "bob" does not exist`)
}

// TestUnknownCertificateUserOfEtcd35 checks that the error of etcd 3.5 is recognized. It answers an unknown user with
// "user not found" even if the request names no user.
func TestUnknownCertificateUserOfEtcd35(t *testing.T) {
	l := newLogin(identity{name: "etcd"}, func(what string) string { return "kubectl etcd " + what }, nil)
	kubetest.WantError(t, l.explain(t.Context(), nil, rpctypes.ErrGRPCUserNotFound, pb.Auth_AuthStatus_FullMethodName, nil), `etcd has no user "etcd", which is the common name`)
}

func TestNoUserNamesSecretOfRootPassword(t *testing.T) {
	l := newLogin(identity{}, nil, &rootHint{password: credentials.RootPassword{Pod: "kv-0", Variable: "ETCD_ROOT_PASSWORD", Secret: "kv", Key: "PASSWORD"}})
	kubetest.WantError(t, l.explain(t.Context(), nil, rpctypes.ErrGRPCUserEmpty, "", nil),
		`authentication is on and no user is given (pass --etcd-credentials-secret kv: pod "kv-0" has root's password, ETCD_ROOT_PASSWORD, from its key "PASSWORD")`)
}
