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
	// headLimit bounds the size of the CONNECT request in bytes, and headTime how long a client may take to send it.
	headLimit = 16 << 10
	headTime  = 10 * time.Second
)

// Connect is an HTTP proxy for the method CONNECT. Through it, a client reaches the members by the addresses that they
// advertise, which only resolve in the cluster, and verifies their certificates for those names. It refuses all other
// addresses.
type Connect struct {
	listener net.Listener
	routes   map[string]*Port // by host:port, in lower case

	mu          sync.Mutex
	lastRefused string // the last address that was reported as refused
}

func newConnect(l net.Listener, p *Proxy) *Connect {
	c := &Connect{listener: l, routes: map[string]*Port{}}
	for _, port := range p.Ports {
		for _, address := range addresses(port.Member) {
			if c.routes[address] == nil { // if several members advertise one address, any of them may answer
				c.routes[address] = port
			}
		}
	}
	for _, port := range p.HTTP {
		for _, host := range hosts(port.Member) {
			if address := hostPort(host, port.Member.Server.HTTP.Port); c.routes[address] == nil {
				c.routes[address] = port
			}
		}
	}
	return c
}

// addresses returns the host:port pairs by which clients in Kubernetes reach a member.
func addresses(m cluster.Member) []string {
	var found []string
	for _, text := range m.Server.ClientURLs {
		if u, err := url.Parse(text); err == nil {
			found = append(found, hostPort(u.Hostname(), portOf(u)))
		}
	}
	for _, host := range hosts(m) {
		found = append(found, hostPort(host, m.Server.Port))
	}
	return found
}

// hosts returns the host names and IP addresses of a member.
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

// portOf returns the port of a URL, or the default port of its scheme.
func portOf(u *url.URL) int {
	if port, err := strconv.Atoi(u.Port()); err == nil {
		return port
	}
	if u.Scheme == "https" {
		return 443
	}
	return 80
}

func hostPort(host string, port int) string {
	return net.JoinHostPort(strings.ToLower(strings.TrimSuffix(host, ".")), strconv.Itoa(port))
}

// route returns the port of the member with that address, or nil.
func (c *Connect) route(address string) *Port {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return nil
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return nil
	}
	return c.routes[hostPort(host, port)]
}

// Address returns the host:port of the proxy.
func (c *Connect) Address() string { return c.listener.Addr().String() }

// URL returns the URL of the proxy, for HTTPS_PROXY.
func (c *Connect) URL() string { return "http://" + c.Address() }

// handle serves one connection: it connects it to a member, or refuses it.
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
		c.noteOnce(note, address)
		refuse(client, http.StatusForbidden, fmt.Sprintf("no member advertises %q", address))
		return
	}
	member, err := port.dial(ctx, ways)
	if err != nil {
		if ctx.Err() == nil {
			port.noteOnce(note, err)
			refuse(client, http.StatusBadGateway, fmt.Sprintf("%s cannot be reached: %v", port, err))
		}
		return
	}
	if _, err := io.WriteString(client, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		_ = member.Close()
		return
	}
	if err := relay(ctx, rest, member, func() { port.noteOnce(note, nil) }); err != nil && ctx.Err() == nil {
		port.noteOnce(note, err)
	}
}

// readHead reads the CONNECT request. It returns the requested address and the connection after the request.
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
	prefix, err := reader.Peek(reader.Buffered()) // data for the member that the client sent early
	return &prefixedConn{Conn: client, prefix: prefix}, request.Host, errors.Join(err, client.SetReadDeadline(time.Time{}))
}

// prefixedConn is a connection that returns prefix before further data.
type prefixedConn struct {
	net.Conn
	prefix []byte
}

// Read implements net.Conn.
func (c *prefixedConn) Read(p []byte) (int, error) {
	if len(c.prefix) > 0 {
		n := copy(p, c.prefix)
		c.prefix = c.prefix[n:]
		return n, nil
	}
	return c.Conn.Read(p)
}

// CloseWrite closes this side's half of the connection.
func (c *prefixedConn) CloseWrite() error {
	closeWrite(c.Conn)
	return nil
}

func refuse(client net.Conn, status int, reason string) {
	body := "kubectl etcd proxy: " + reason + "\n"
	_, _ = fmt.Fprintf(client, "HTTP/1.1 %d %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
		status, http.StatusText(status), len(body), body)
}

// noteOnce reports that no member has an address. It reports it once, because clients retry all the time.
func (c *Connect) noteOnce(note Note, address string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lastRefused != address {
		c.lastRefused = address
		note("no member advertises %q: the connection is refused (if it is not a member's address, pass --advertised=false, which leaves HTTPS_PROXY unchanged)", address)
	}
}
