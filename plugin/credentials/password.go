package credentials

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"k8s.io/client-go/kubernetes"
)

// PasswordFrom is where the password of a user is read from: a file, or key "password" of a Secret.
type PasswordFrom struct {
	File   string
	Secret string // [NAMESPACE/]NAME
}

// Validate checks the flags before any request is sent.
func (p PasswordFrom) Validate() error {
	if p.File != "" && p.Secret != "" {
		return errors.New("--password-file and --password-secret are both given (choose one of them)")
	}
	_, err := secretName("--password-secret", p.Secret)
	return err
}

// Read returns the password. Its errors do not contain it.
func (p PasswordFrom) Read(ctx context.Context, kube kubernetes.Interface, namespace string) (string, error) {
	if p.Secret == "" {
		return readPassword("--password-file", p.File)
	}
	o, err := secretName("--password-secret", p.Secret)
	if err != nil {
		return "", err
	}
	if o.namespace == "" {
		o.namespace = namespace
	}
	c := get(ctx, kube, o)
	if c.err != nil {
		return "", fmt.Errorf("--password-secret: %w", c.err)
	}
	password := c.first("password")
	if password == "" {
		return "", fmt.Errorf("--password-secret: %s has no key \"password\": %s", o, c.keys())
	}
	return password, nil
}

// TrimPassword removes the newline that editors put at the end of a text.
func TrimPassword(text string) string {
	return strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
}
