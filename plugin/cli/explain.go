package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/clientcmd"
)

// ErrNoConfig says that no Kubernetes is configured.
var ErrNoConfig = errors.New("no Kubernetes cluster is configured (set KUBECONFIG, or pass --kubeconfig and --context)")

// ErrInterrupted says that the user ended the command.
var ErrInterrupted = errors.New("interrupted")

// Explain adds to an error what the user can do about it, where the error alone does not tell.
func Explain(err error) error {
	var request *url.Error
	var stranger *strangerError
	var status apierrors.APIStatus
	switch {
	case errors.As(err, &stranger):
		return stranger
	case clientcmd.IsContextNotFound(err):
		return fmt.Errorf("%w (\"kubectl config get-contexts\" lists them)", err)
	case clientcmd.IsEmptyConfig(err):
		return ErrNoConfig
	case err == context.Canceled: //nolint:errorlint // with words of its own it says where
		return ErrInterrupted
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("interrupted: %w", err)
	case apierrors.IsForbidden(err) && strings.HasSuffix(err.Error(), "at the cluster scope"):
		return fmt.Errorf("%w (ask the administrator of this Kubernetes for that right)", err)
	case apierrors.IsForbidden(err) && !strings.HasSuffix(err.Error(), ")"): // unless a remedy stands there already
		return fmt.Errorf("%w (ask the namespace's owner for that right)", err)
	case apierrors.IsNotFound(err) && errors.As(err, &status) && kindOf(status) == "namespaces":
		return fmt.Errorf("%w (create it with \"kubectl create namespace\", or name another with -n)", err)
	case apierrors.IsUnauthorized(err):
		return fmt.Errorf("the API server does not accept these credentials: %w (log in again, or choose another --context)", err)
	case errors.As(err, &request):
		return unanswered(err, request)
	}
	return err
}

// unanswered says which API server a request got no answer of, and why: client-go's own text begins with a URL that
// fills a line. Each error still wraps what it came from.
func unanswered(err error, request *url.Error) error {
	host := request.URL
	if u, parseErr := url.Parse(request.URL); parseErr == nil {
		host = u.Scheme + "://" + u.Host
	}
	var dial *net.OpError
	var certificate *tls.CertificateVerificationError
	var limit TimeoutError
	switch {
	case errors.As(err, &dial) && host == fallbackServer:
		return ErrNoConfig
	case errors.As(err, &dial):
		return fmt.Errorf("cannot reach the API server at %q: %w (check --context, --kubeconfig and the network)", host, dial)
	case errors.As(err, &certificate):
		return fmt.Errorf("the certificate of the API server at %q is not accepted: %w (is it the one that this context is for? see its certificate-authority)", host, certificate.Err)
	case errors.As(err, &limit):
		return fmt.Errorf("the API server at %q has not answered: %w", host, TimeoutError{Limit: limit.Limit})
	}
	return fmt.Errorf("the API server at %q: %w (check --context, --kubeconfig and the network)", host, request.Err)
}

// kindOf returns the resource that an API server's refusal is about.
func kindOf(status apierrors.APIStatus) string {
	if details := status.Status().Details; details != nil {
		return details.Kind
	}
	return ""
}
