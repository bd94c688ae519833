package credentials

import (
	"cmp"
	"crypto/x509"
	"slices"
	"strings"
	"time"
)

// join makes one authority of several.
func join(several []*authority) *authority {
	all := &authority{}
	var from []string
	for _, a := range several {
		all.certs = append(all.certs, a.certs...)
		if !slices.Contains(from, a.from) {
			from = append(from, a.from)
		}
	}
	all.from = strings.Join(from, " and ")
	return all
}

// forClients reports whether a server that trusts these CAs takes the certificate from a client. Where it cannot be told
// what it trusts, the certificate's own usages decide; one without any is for everything.
func forClients(p *pair, accepted []*x509.Certificate) bool {
	if len(accepted) == 0 {
		accepted = []*x509.Certificate{p.Leaf}
	}
	trusted := authority{certs: accepted}
	return trusted.vouches(p.chain(), x509.ExtKeyUsageClientAuth)
}

// best returns the pair that is the likeliest to be meant for clients, or nil. The pairs are by Secret and key; own are
// the server's own, then the one for peers.
func best(pairs map[string]*pair, own ...string) *pair {
	now := time.Now()
	var names []string
	for name := range pairs {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(
			order(!pairs[a].validAt(now))-order(!pairs[b].validAt(now)),
			order(isAuthority(pairs[a].Leaf))-order(isAuthority(pairs[b].Leaf)),
			likelihood(a, own)-likelihood(b, own),
			strings.Compare(a, b),
		)
	})
	if len(names) == 0 {
		return nil
	}
	return pairs[names[0]]
}

func order(last bool) int {
	if last {
		return 1
	}
	return 0
}

// likelihood sorts pairs by what they are called, the key in the Secret before the Secret. One for peers comes last: it
// may be accepted, but whoever gave peers their own did not mean it for this.
func likelihood(name string, own []string) int {
	secret, key, _ := strings.Cut(name, "/")
	if at := slices.Index(own, name); at >= 0 {
		return 2 + at
	}
	for _, text := range []string{key, secret} {
		switch {
		case strings.Contains(text, "peer"):
			return 3
		case strings.Contains(text, "server"):
			return 2
		case strings.Contains(text, "client"):
			return 0
		}
	}
	return 1
}
