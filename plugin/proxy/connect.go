package proxy

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

const (
	// headLimit bounds what a client may send before its connection is a tunnel, and headTime how long it may take.
	headLimit = 16 << 10
	headTime  = 10 * time.Second
)

// Connect is a proxy for HTTP's CONNECT: a client that is told of it reaches the members by the addresses that they
// advertise, which only pods could resolve, and verifies their certificates against them. It leads nowhere else.
type Connect struct {
	listener net.Listener
	routes   map[string]*Port // by host:port, in lower case

	mu   sync.Mutex
	said string // whom it last said it does not lead to
}

func newConnect(l net.Listener, p *Proxy) *Connect {
	c := &Connect{listener: l, routes: map[string]*Port{}}
	for _, port := range p.Ports {
		for _, address := range addresses(port.Member) {
			if c.routes[address] == nil { // where several members advertise one address, any of them may answer
				c.routes[address] = port
			}
		}
	}
	for _, port := range p.HTTP {
		for _, host := range hosts(port.Member) {
			if address := join(host, port.Member.Server.HTTP.Port); c.routes[address] == nil {
				c.routes[address] = port
			}
		}
	}
	return c
}

// addresses returns under which host:port clients in Kubernetes find a member.
func addresses(m cluster.Member) []string {
	var found []string
	for _, text := range m.Server.ClientURLs {
		if u, err := url.Parse(text); err == nil {
			found = append(found, join(u.Hostname(), portOf(u)))
		}
	}
	for _, host := range hosts(m) {
		found = append(found, join(host, m.Server.Port))
	}
	return found
}

// hosts returns the names and addresses of a member.
func hosts(m cluster.Member) []string {
	found := []string{m.Server.Host}
	for _, text := range m.Server.ClientURLs {
		if u, err := url.Parse(text); err == nil {
			found = append(found, u.Hostname())
		}
	}
	if m.Pod != nil && m.Pod.Status.PodIP != "" {
		found = append(found, m.Pod.Status.PodIP)
	}
	return slices.DeleteFunc(found, func(host string) bool { return host == "" })
}

// portOf returns the port of a URL, or that of its scheme.
func portOf(u *url.URL) int {
	if port, err := strconv.Atoi(u.Port()); err == nil {
		return port
	}
	if u.Scheme == "https" {
		return 443
	}
	return 80
}

func join(host string, port int) string {
	return net.JoinHostPort(strings.ToLower(strings.TrimSuffix(host, ".")), strconv.Itoa(port))
}

// route returns the port that leads to an address as a client names it, or nil.
func (c *Connect) route(address string) *Port {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return nil
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return nil
	}
	return c.routes[join(host, port)]
}

// Address returns where the proxy is.
func (c *Connect) Address() string { return c.listener.Addr().String() }

// URL is what a client is to be told.
func (c *Connect) URL() string { return "http://" + c.Address() }

// handle serves one connection: it becomes one to a member, or is refused.
func (c *Connect) handle(ctx context.Context, client net.Conn, ways Ways, note Note) {
	defer func() { _ = client.Close() }()
	defer context.AfterFunc(ctx, func() { _ = client.Close() })()
	rest, address, err := readHead(client)
	if err != nil {
		refuse(client, http.StatusBadRequest, err.Error())
		return
	}
	port := c.route(address)
	if port == nil {
		c.tell(note, address)
		refuse(client, http.StatusForbidden, fmt.Sprintf("no member advertises %q", address))
		return
	}
	member, err := port.dial(ctx, ways)
	if err != nil {
		if ctx.Err() == nil {
			port.tell(note, err)
			refuse(client, http.StatusBadGateway, fmt.Sprintf("%s cannot be reached: %v", port, err))
		}
		return
	}
	if _, err := io.WriteString(client, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		_ = member.Close()
		return
	}
	if err := relay(ctx, rest, member, func() { port.tell(note, nil) }); err != nil && ctx.Err() == nil {
		port.tell(note, err)
	}
}

// readHead returns which address a client wants to be connected with, and the connection from there on.
func readHead(client net.Conn) (rest net.Conn, address string, err error) {
	if err := client.SetReadDeadline(time.Now().Add(headTime)); err != nil {
		return nil, "", err
	}
	limited := &io.LimitedReader{R: client, N: headLimit}
	reader := bufio.NewReader(limited)
	request, err := http.ReadRequest(reader)
	if err != nil {
		return nil, "", err
	}
	if request.Method != http.MethodConnect {
		return nil, "", fmt.Errorf("method %q: only CONNECT is served here", request.Method)
	}
	begun, err := reader.Peek(reader.Buffered()) // what the client already sent to the member
	return &begunConn{Conn: client, begun: begun}, request.Host, errors.Join(err, client.SetReadDeadline(time.Time{}))
}

// begunConn is a connection of which something was read already.
type begunConn struct {
	net.Conn
	begun []byte
}

// Read implements net.Conn.
func (c *begunConn) Read(p []byte) (int, error) {
	if len(c.begun) > 0 {
		n := copy(p, c.begun)
		c.begun = c.begun[n:]
		return n, nil
	}
	return c.Conn.Read(p)
}

// CloseWrite ends one half of the connection.
func (c *begunConn) CloseWrite() error {
	closeWrite(c.Conn)
	return nil
}

func refuse(client net.Conn, status int, reason string) {
	body := "kubectl etcd proxy: " + reason + "\n"
	_, _ = fmt.Fprintf(client, "HTTP/1.1 %d %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
		status, http.StatusText(status), len(body), body)
}

// tell says once that an address is none of a member's: a client tries every moment.
func (c *Connect) tell(note Note, address string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.said != address {
		c.said = address
		note("no member advertises %q: the connection is refused (leave HTTPS_PROXY alone with --advertised=false where that is not to be a member)", address)
	}
}
