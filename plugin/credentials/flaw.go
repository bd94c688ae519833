package credentials

import (
	"bytes"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// flaw returns what is wrong with a Secret that the user named, or nil. Flaws of a discovered Secret are passed over,
// but a named one must not be replaced silently. Keys that have nothing to do with TLS do not matter, nor do empty ones:
// cert-manager leaves ca.crt empty if the issuer has no CA.
func (c content) flaw(pairs map[string]*pair) error {
	keys := slices.Sorted(maps.Keys(c.data))
	keys = slices.DeleteFunc(keys, func(key string) bool { return len(c.data[key]) == 0 })
	for _, key := range keys {
		certs, err := parseCerts(c.data[key])
		switch {
		case err != nil && meantAsCertificate(key, c.data[key]):
			return fmt.Errorf("%s: %w", c.at(key), err)
		case err == nil && pairs[key] == nil && !isAuthority(certs[0]):
			return c.unpaired(key, keys)
		}
	}
	for _, key := range keys {
		if len(pairs) == 0 && keyBlock(c.data[key]) != nil {
			return fmt.Errorf("%s: there is no certificate for this private key", c.at(key))
		}
	}
	return nil
}

// meantAsCertificate reports whether a value should be a certificate, judged by its PEM header or its key.
func meantAsCertificate(key string, text []byte) bool {
	return beginsCertificate(text) || strings.HasSuffix(key, ".crt") || strings.HasSuffix(key, ".pem") && !bytes.Contains(text, []byte("-----BEGIN "))
}

// unpaired says why a certificate has no private key: tls.crt needs tls.key, or without it any private key in the
// Secret.
func (c content) unpaired(certKey string, keys []string) error {
	beside := strings.TrimSuffix(certKey, path.Ext(certKey)) + ".key"
	if c.data[beside] == nil {
		at := slices.IndexFunc(keys, func(key string) bool { return keyBlock(c.data[key]) != nil })
		if at < 0 {
			return fmt.Errorf("%s: the certificate is not a CA certificate, and its private key is missing", c.at(certKey))
		}
		beside = keys[at]
	}
	_, err := parsePair(c.data[certKey], c.data[beside], "")
	return fmt.Errorf("%s with key %q: %w", c.at(certKey), beside, err)
}
