package credentials

import (
	"crypto/x509"
	"errors"
	"fmt"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster/settings"
)

// finder chooses credentials from the objects that were read.
type finder struct {
	namespace string
	given     FlagValues
	contents  map[object]content
}

// wanted returns the objects to read for a member: none that the flags make unnecessary, and the other Secrets that the
// pod mounts only if its settings do not name a client certificate in a Secret.
func (g FlagValues) wanted(namespace string, t cluster.TLS) []object {
	var files []cluster.File
	var names []string
	if g.needsCA() {
		files = append(files, t.ClientCA, t.Cert, t.TrustedCA)
	}
	if g.pair == nil && t.ClientAuth {
		files = append(files, t.Client.Cert, t.Client.Key, t.Cert, t.Key, t.TrustedCA)
		if t.Client.Cert.From.Kind != settings.Secret {
			names = t.Secrets
		}
	}
	var wanted []object
	for _, f := range files {
		for _, l := range locations(f) {
			wanted = append(wanted, object{l.Kind, namespace, l.Name})
		}
	}
	for _, name := range names {
		wanted = append(wanted, object{settings.Secret, namespace, name})
	}
	return wanted
}

func (g FlagValues) needsCA() bool { return g.ca == nil && !g.skipVerify }

// locations returns the Secrets and ConfigMaps that may hold a file, in order.
func locations(f cluster.File) []settings.Location {
	var found []settings.Location
	for _, l := range append([]settings.Location{f.From}, f.From.Also...) {
		if l.Kind == settings.Secret || l.Kind == settings.ConfigMap {
			found = append(found, l)
		}
	}
	return found
}

// member returns the TLS configuration for a member.
func (f finder) member(m cluster.Member) *TLS {
	of := m.Server.TLS
	t := &TLS{
		pod: f.namespace + "/" + m.PodName, name: m.Server.Host, cert: of.Cert.From.Text,
		ca: f.given.ca, pair: f.given.pair, skipVerify: f.given.skipVerify,
	}
	if f.given.needsCA() && of.Auto && of.Cert.Path == "" {
		t.err = fmt.Errorf("pod %q: etcd generated its own certificate (--auto-tls), which no CA can verify (pass --etcd-insecure-skip-tls-verify to connect without verification)", m.PodName)
		return t
	}
	var missing, more []error
	if f.given.needsCA() {
		t.ca, missing = f.authority(of)
		t.caFound = true
	}
	if t.pair == nil && of.ClientAuth {
		t.pair, more = f.client(of)
	}
	if missing = append(missing, more...); len(missing) > 0 {
		t.err = f.failure(m, missing)
	}
	return t
}

// authority returns what the server's certificate is verified with: the first CA found that verifies it. If none does,
// it returns the certificate itself and every CA found: the server reads the certificate from the same place, but may
// have started with an earlier one. If the certificate cannot be read, it returns every CA found.
func (f finder) authority(t cluster.TLS) (*authority, []error) {
	var candidates []*authority
	var missing []error
	take := func(file cluster.File) {
		certs, from, err := f.certs(file)
		if err == nil {
			candidates = append(candidates, &authority{certs, from})
		} else if file.Path != "" {
			missing = append(missing, err)
		}
	}
	take(t.ClientCA)
	server, from, err := f.certs(t.Cert)
	if err != nil {
		missing = append(missing, err)
	}
	for _, l := range locations(t.Cert) {
		candidates = append(candidates, f.contents[object{l.Kind, f.namespace, l.Name}].authorities()...)
	}
	take(t.TrustedCA)
	if server != nil {
		for _, a := range candidates {
			if a.verifies(server, x509.ExtKeyUsageServerAuth) {
				return a, nil
			}
		}
		itself := &authority{server[:1], from + ", which no known CA signed"}
		return join(append([]*authority{itself}, candidates...)), nil
	}
	if len(candidates) == 0 {
		return nil, missing
	}
	return join(candidates), nil
}

// client returns the certificate to show to a server that demands one, or the reasons why there is none.
func (f finder) client(t cluster.TLS) (*pair, []error) {
	p, err := f.pair(t.Client)
	if err == nil {
		return p, nil
	}
	var missing []error
	if t.Client.Cert.Path != "" {
		missing = append(missing, err)
	}
	candidates, unread := f.candidates(t)
	if p := bestForClient(candidates, nameOf(t.Cert), nameOf(t.Peer)); p != nil {
		return p, nil
	}
	missing = append(missing, unread...)
	if t.Cert.From.Kind != settings.Secret {
		_, _, certErr := f.text(t.Cert)
		_, _, keyErr := f.text(t.Key)
		missing = append(missing, certErr, keyErr)
	}
	if len(missing) == 0 {
		missing = append(missing, fmt.Errorf("etcd requires a client certificate, and none in the secrets that its pod mounts (%s) is valid for clients", strings.Join(t.Secrets, ", ")))
	}
	return nil, missing
}

// candidates returns the pairs in the Secrets that the pod mounts which the server accepts from a client, by SECRET/KEY.
// unread has the errors of the Secrets that could not be read.
func (f finder) candidates(t cluster.TLS) (found map[string]*pair, unread []error) {
	accepted, _, _ := f.certs(t.TrustedCA)
	found = map[string]*pair{}
	for _, name := range append([]string{t.Cert.From.Name}, t.Secrets...) {
		c := f.contents[object{settings.Secret, f.namespace, name}]
		if c.err != nil {
			unread = append(unread, c.err)
		}
		for key, p := range c.pairs() {
			name := name + "/" + key
			if isAuthority(p.Leaf) && name != nameOf(t.Cert) {
				continue // the CA's own key, left in a Secret
			}
			if forClients(p, accepted) {
				found[name] = p
			}
		}
	}
	return found, unread
}

// nameOf returns the SECRET/KEY of a file, as in candidates.
func nameOf(f cluster.File) string { return f.From.Name + "/" + f.From.Key }

// pair parses a certificate and its key from the files of the pod.
func (f finder) pair(p cluster.Pair) (*pair, error) {
	cert, from, err := f.text(p.Cert)
	if err != nil {
		return nil, err
	}
	key, _, err := f.text(p.Key)
	if err != nil {
		return nil, err
	}
	found, err := parsePair(cert, key, from)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", from, err)
	}
	return found, nil
}

func (f finder) certs(file cluster.File) ([]*x509.Certificate, string, error) {
	text, from, err := f.text(file)
	if err != nil {
		return nil, "", err
	}
	certs, err := parseCerts(text)
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", from, err)
	}
	return certs, from, nil
}

// text returns the content of a file in a container, and where it was found.
func (f finder) text(file cluster.File) (text []byte, from string, err error) {
	if file.Path == "" {
		return nil, "", errors.New("no such file is configured")
	}
	found := locations(file)
	if len(found) == 0 {
		return nil, "", elsewhereError{file}
	}
	for _, l := range found {
		c := f.contents[object{l.Kind, f.namespace, l.Name}]
		if text, ok := c.data[l.Key]; ok {
			return text, c.at(l.Key), nil
		}
		if c.err != nil {
			err = c.err
		} else if err == nil {
			err = fmt.Errorf("%s has no key %q", c.object, l.Key)
		}
	}
	return nil, "", err
}
