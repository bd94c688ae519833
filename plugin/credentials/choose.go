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

// forClients reports whether a server that trusts the accepted CAs takes the certificate from a client. If they are not
// known, the extended key usages of the certificate decide; one without any is for every usage.
func forClients(p *pair, accepted []*x509.Certificate) bool {
	if len(accepted) == 0 {
		accepted = []*x509.Certificate{p.Leaf}
	}
	trusted := authority{certs: accepted}
	return trusted.verifies(p.chain(), x509.ExtKeyUsageClientAuth)
}

// bestForClient returns the pair that is most likely meant for clients, or nil. pairs are by SECRET/KEY; own has the
// server's own pair, then the one for peers.
func bestForClient(pairs map[string]*pair, own ...string) *pair {
	now := time.Now()
	var names []string
	for name := range pairs {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(
			rank(!pairs[a].validAt(now))-rank(!pairs[b].validAt(now)),
			rank(isAuthority(pairs[a].Leaf))-rank(isAuthority(pairs[b].Leaf)),
			nameRank(a, own)-nameRank(b, own),
			strings.Compare(a, b),
		)
	})
	if len(names) == 0 {
		return nil
	}
	return pairs[names[0]]
}

func rank(last bool) int {
	if last {
		return 1
	}
	return 0
}

// nameRank ranks a pair by its name, lower is better: first by the key in the Secret, then by the Secret. A pair for
// peers comes last: the server may accept it, but a separate certificate for peers is not meant for clients.
func nameRank(name string, own []string) int {
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
