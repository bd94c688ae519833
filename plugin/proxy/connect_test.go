package proxy

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// advertises returns a member that advertises these URLs to clients.
func advertises(name string, urls ...string) cluster.Member {
	m := cluster.Member{Name: name, PodName: name}
	m.Server = cluster.Server{Scheme: "http", Port: 2379, Host: name + ".etcd.ns.svc", ClientURLs: urls}
	return m
}

func TestConnectLeadsToTheMembersAlone(t *testing.T) {
	a := advertises("a", "https://a.etcd.ns.svc:2379", "https://A.example.com:12379")
	a.Server.HTTP = cluster.Listener{Scheme: "https", Port: 2382}
	a.Pod = &corev1.Pod{Status: corev1.PodStatus{PodIP: "10.0.0.1"}}
	b := advertises("b", "http://b.example.com", "https://[fd00::1]:2379", "http://a.etcd.ns.svc:2379")
	p, err := Listen(t.Context(), []cluster.Member{a, b}, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for address, want := range map[string]string{
		"a.etcd.ns.svc:2379":  `member "a"`, // b advertises it as well: either may answer
		"A.ETCD.ns.SVC.:2379": `member "a"`,
		"a.example.com:12379": `member "a"`,
		"10.0.0.1:2379":       `member "a"`,
		"a.etcd.ns.svc:2382":  `HTTP of member "a"`,
		"10.0.0.1:2382":       `HTTP of member "a"`,
		"b.etcd.ns.svc:2379":  `member "b"`, // its own port, although it advertises another one
		"b.example.com:80":    `member "b"`,
		"[fd00::1]:2379":      `member "b"`,
		"[FD00::1]:2379":      `member "b"`,

		"a.etcd.ns.svc:2380":      "", // the peer port
		"a.etcd.ns.svc:2381":      "",
		"b.etcd.ns.svc:2382":      "",
		"a.etcd.ns.svc":           "",
		"a.etcd.ns.svc:":          "",
		"a.etcd.ns.svc:x":         "",
		"a.etcd:2379":             "",
		"xa.etcd.ns.svc:2379":     "",
		"a.etcd.ns.svc.evil:2379": "",
		"kubernetes.default:443":  "",
		"127.0.0.1:2379":          "",
		"":                        "",
	} {
		got := ""
		if port := p.Connect.route(address); port != nil {
			got = port.String()
		}
		if got != want {
			t.Errorf("%q leads to %q, want %q", address, got, want)
		}
	}
}

// asked is the response, and its connection.
type asked struct {
	status int
	body   io.Reader
	conn   net.Conn
	reader *bufio.Reader
}

// ask sends a request to the CONNECT proxy, and returns the response with its connection.
func ask(t *testing.T, p *Proxy, text string) asked {
	t.Helper()
	conn, err := net.Dial("tcp", p.Connect.Address())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewReader(conn)
	response, err := http.ReadResponse(reader, &http.Request{Method: strings.Fields(text)[0]})
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	return asked{response.StatusCode, response.Body, conn, reader}
}

func connectTo(address string) string {
	return fmt.Sprintf("CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", address, address)
}

func TestConnect(t *testing.T) {
	b := &backends{serve: map[string]func(net.Conn){"a": echo, "a-http": saysHello("the gateway")}}
	said := &notes{}
	a := advertises("a", "http://a.etcd.ns.svc:2379")
	a.Server.HTTP = cluster.Listener{Scheme: "http", Port: 2382}
	p, _ := servingMembers(t, b, said, a, advertises("dead", "http://dead.etcd.ns.svc:2379"))

	// Data that the client sends before the response must reach the member too.
	member := ask(t, p, connectTo("a.etcd.ns.svc:2379")+"first ")
	_, _ = io.WriteString(member.conn, "second")
	_ = member.conn.(*net.TCPConn).CloseWrite()
	if got, err := io.ReadAll(member.reader); member.status != http.StatusOK || err != nil || string(got) != "first second" {
		t.Errorf("status %d, %q, %v", member.status, got, err)
	}
	gateway := ask(t, p, connectTo("a.etcd.ns.svc:2382"))
	if got, err := io.ReadAll(gateway.reader); err != nil || string(got) != "I am the gateway" {
		t.Errorf("%q, %v", got, err)
	}
	for _, c := range []struct {
		request string
		status  int
		body    string
	}{
		{connectTo("example.com:443"), http.StatusForbidden, `no member advertises "example.com:443"`},
		{connectTo("example.com:443"), http.StatusForbidden, `no member advertises "example.com:443"`},
		{connectTo("dead.etcd.ns.svc:2379"), http.StatusBadGateway, `member "dead" cannot be reached: nothing listens there`},
		{"GET http://a.etcd.ns.svc:2379/health HTTP/1.1\r\nHost: a.etcd.ns.svc:2379\r\n\r\n", http.StatusBadRequest, "only CONNECT is served here"},
		{"nonsense\r\n\r\n", http.StatusBadRequest, ""},
		{"CONNECT a.etcd.ns.svc:2379 HTTP/1.1\r\nX: " + strings.Repeat("x", headLimit), http.StatusBadRequest, ""},
	} {
		answer := ask(t, p, c.request)
		body, err := io.ReadAll(answer.body)
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) || answer.status != c.status || !strings.Contains(string(body), c.body) {
			t.Errorf("%.40q: status %d, %q, %v", c.request, answer.status, body, err)
		}
	}
	want := []string{
		`no member advertises "example.com:443": the connection is refused (if it is not a member's address, pass --advertised=false, which leaves HTTPS_PROXY unchanged)`,
		`member "dead" cannot be reached: nothing listens there`,
	}
	if diff := cmp.Diff(want, said.all()); diff != "" {
		t.Errorf("told (-want +got)\n%s", diff)
	}
}
