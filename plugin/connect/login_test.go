package connect

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/credentials"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd/etcdtest"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/kubetest"
)

// user returns credentials with a name and a password.
func user(t *testing.T, name, password string) credentials.FlagValues {
	t.Helper()
	f := credentials.Flags{User: name, PasswordFile: write(t, t.TempDir()+"/password", []byte(password+"\n"))}
	return must[credentials.FlagValues](t)(f.Read())
}

// enableAuth makes root, and app, which may read and write keys with prefix "app/".
func enableAuth(t *testing.T, client *clientv3.Client) {
	t.Helper()
	ctx := t.Context()
	_, err1 := client.UserAdd(ctx, "root", "rootpw")
	_, err2 := client.UserGrantRole(ctx, "root", "root")
	_, err3 := client.UserAdd(ctx, "app", "apppw")
	_, err4 := client.RoleAdd(ctx, "app")
	_, err5 := client.RoleGrantPermission(ctx, "app", "app/", clientv3.GetPrefixRangeEnd("app/"), clientv3.PermissionType(clientv3.PermReadWrite))
	_, err6 := client.UserGrantRole(ctx, "app", "app")
	_, err7 := client.AuthEnable(ctx)
	for _, err := range []error{err1, err2, err3, err4, err5, err6, err7} {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestUser(t *testing.T) {
	t.Parallel()
	member := etcdtest.Start(t, 1, nil).Members[0]
	s := (&kubetest.APIServer{Backend: strings.TrimPrefix(member.Endpoint, "http://")}).Serve(t)
	client := func(given credentials.FlagValues) *clientv3.Client {
		conn := openWith(t, s, given)
		return must[*clientv3.Client](t)(conn.Member(conn.cluster.Members[0]))
	}
	early := client(user(t, "app", "apppw"))
	if _, err := early.Put(t.Context(), "k", "authentication is off"); err != nil {
		t.Fatalf("a user where authentication is off: %v", err)
	}
	enableAuth(t, etcdtest.Client(t, member.Endpoint))
	if _, err := early.Put(t.Context(), "app/k", "it is on meanwhile"); err != nil {
		t.Errorf("authentication was switched on meanwhile: %v", err)
	}

	for _, test := range []struct {
		name  string
		given credentials.FlagValues
		call  func(*clientv3.Client) error
		want  string
	}{
		{"root", user(t, "root", "rootpw"), put("k"), ""},
		{"within its role", user(t, "app", "apppw"), put("app/k"), ""},
		{"beyond its role", user(t, "app", "apppw"), put("k"), `permission denied: role "app" lacks write on "k" (user "app"; grant it with "kubectl etcd auth role grant app --key k --write --etcd etcd -n ns")`},
		{"reads beyond its role", user(t, "app", "apppw"), func(c *clientv3.Client) error {
			_, err := c.Get(t.Context(), "a", clientv3.WithPrefix())
			return err
		}, `permission denied: role "app" lacks read on keys that begin with "a" (user "app"; grant it with "kubectl etcd auth role grant app --prefix a --read`},
		{"what takes root", user(t, "app", "apppw"), func(c *clientv3.Client) error {
			_, err := c.MoveLeader(t.Context(), 1)
			return err
		}, `permission denied: user "app" lacks role "root" (grant it with "kubectl etcd auth user grant app root`},
		{"a stream that takes root", user(t, "app", "apppw"), func(c *clientv3.Client) error {
			r, err := c.Snapshot(t.Context())
			if err == nil {
				_, err = io.ReadAll(r)
			}
			return err
		}, `permission denied: user "app" lacks role "root" (grant it with "kubectl etcd auth user grant app root`},
		{"nobody", credentials.FlagValues{}, put("k"), "authentication is on and no user is given (pass --etcd-user"},
		{"wrong password", user(t, "app", "wrong"), put("app/k"), `log in as etcd user "app": wrong user name or password`},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := test.call(client(test.given))
			if test.want == "" && err != nil {
				t.Errorf("error %v", err)
			}
			if test.want != "" {
				kubetest.WantError(t, err, test.want)
			}
			if err != nil && etcd.Ambiguous(err) {
				t.Errorf("%v is said to have been carried out, perhaps", err)
			}
		})
	}
}

func put(key string) func(*clientv3.Client) error {
	return func(c *clientv3.Client) error {
		ctx, cancel := context.WithTimeout(c.Ctx(), 20*time.Second)
		defer cancel()
		_, err := c.Put(ctx, key, "v")
		return err
	}
}

// asUser starts a member with authentication on, and opens a client of that user.
func asUser(t *testing.T, name, password string) (*etcdtest.Member, *clientv3.Client) {
	t.Helper()
	member := etcdtest.Start(t, 1, nil).Members[0]
	enableAuth(t, etcdtest.Client(t, member.Endpoint))
	s := (&kubetest.APIServer{Backend: strings.TrimPrefix(member.Endpoint, "http://")}).Serve(t)
	conn := openWith(t, s, user(t, name, password))
	return member, must[*clientv3.Client](t)(conn.Member(conn.cluster.Members[0]))
}

// TestUserSurvivesARestart restarts the member, which keeps simple tokens only in memory.
func TestUserSurvivesARestart(t *testing.T) {
	t.Parallel()
	member, client := asUser(t, "root", "rootpw")
	if err := put("k")(client); err != nil {
		t.Fatal(err)
	}
	member.Stop()
	member.Restart(t)
	if _, err := client.Get(t.Context(), "k"); err != nil {
		t.Errorf("after a restart: %v", err)
	}
}

// TestUserSurvivesPasswordChange changes the user's password, for which etcd drops the user's tokens.
func TestUserSurvivesPasswordChange(t *testing.T) {
	t.Parallel()
	_, client := asUser(t, "root", "rootpw")
	for i := range 3 {
		if err := put("k")(client); err != nil {
			t.Fatalf("put %d: %v", i, err)
		}
		if _, err := client.UserChangePassword(t.Context(), "root", "rootpw"); err != nil {
			t.Fatalf("password %d: %v", i, err)
		}
	}
}

// TestCallsUseTokenOfStream counts logins at etcd: one for the stream, and none for the call after it.
func TestCallsUseTokenOfStream(t *testing.T) {
	member, client := asUser(t, "app", "apppw")
	before := logins(t, member)
	watch := client.Watch(t.Context(), "app/k", clientv3.WithCreatedNotify())
	if got := <-watch; !got.Created {
		t.Fatalf("watch: %+v", got)
	}
	if err := put("app/k")(client); err != nil {
		t.Fatal(err)
	}
	if n := logins(t, member) - before; n != 1 {
		t.Errorf("%d logins for a watch and a put, want 1", n)
	}
}

// logins returns how many logins a member has served.
func logins(t *testing.T, member *etcdtest.Member) int {
	t.Helper()
	resp, err := http.Get(member.Endpoint + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families := must[map[string]*dto.MetricFamily](t)(parser.TextToMetricFamilies(resp.Body))
	for _, m := range families["grpc_server_started_total"].GetMetric() {
		for _, label := range m.GetLabel() {
			if label.GetValue() == "Authenticate" {
				return int(m.GetCounter().GetValue())
			}
		}
	}
	return 0
}

// TestDeadlineDuringLogin has one caller log in to a member that does not answer. A second caller, which waits for that
// login, must still end at its own deadline.
func TestDeadlineDuringLogin(t *testing.T) {
	s := (&kubetest.APIServer{Hang: true}).Serve(t)
	conn := openWith(t, s, user(t, "root", "rootpw"))
	begin := time.Now()
	client := must[*clientv3.Client](t)(conn.Member(conn.cluster.Members[0]))
	if took := time.Since(begin); took > time.Second {
		t.Errorf("the client took %s to make", took)
	}
	slow, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	go func() { _, _ = client.Get(slow, "k") }()
	time.Sleep(100 * time.Millisecond)
	quick, cancelQuick := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancelQuick()
	_, err := client.Get(quick, "k")
	if took := time.Since(begin); err == nil || took > 5*time.Second {
		t.Errorf("after %s: %v", took, err)
	}
}

// electing refuses logins as a member does while the leader changes.
type electing struct {
	pb.UnimplementedAuthServer
	refusals, asked int
}

func (e *electing) Authenticate(context.Context, *pb.AuthenticateRequest) (*pb.AuthenticateResponse, error) {
	e.asked++
	if e.asked <= e.refusals {
		return nil, rpctypes.ErrGRPCLeaderChanged
	}
	return &pb.AuthenticateResponse{Token: "token"}, nil
}

// TestLoginWhileTheLeaderChanges uses a fake server: a real member refuses a login for that reason only by chance.
func TestLoginWhileTheLeaderChanges(t *testing.T) {
	for _, tc := range []struct {
		refusals, asked int
		want            string
	}{
		{0, 1, ""},
		{1, 2, ""},
		{tries, tries, `log in as etcd user "app": rpc error: code = Unavailable desc = etcdserver: leader changed`},
	} {
		t.Run(fmt.Sprintf("%d refusals", tc.refusals), func(t *testing.T) {
			auth := &electing{refusals: tc.refusals}
			l := newLogin(identity{name: "app", password: "apppw"}, nil, nil)
			got := ""
			if _, err := l.authenticate(t.Context(), serveAuth(t, auth)); err != nil {
				got = err.Error()
			}
			if got != tc.want || auth.asked != tc.asked {
				t.Errorf("%q after %d calls, want %q after %d", got, auth.asked, tc.want, tc.asked)
			}
		})
	}
}

// serveAuth serves the fake and returns a connection to it.
func serveAuth(t *testing.T, auth pb.AuthServer) *grpc.ClientConn {
	t.Helper()
	listener := bufconn.Listen(1 << 16)
	server := grpc.NewServer()
	pb.RegisterAuthServer(server, auth)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	cc, err := grpc.NewClient("passthrough:///etcd", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cc.Close() })
	return cc
}
