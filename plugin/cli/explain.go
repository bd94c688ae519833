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

// ErrNoConfig means that no Kubernetes cluster is configured.
var ErrNoConfig = errors.New("no Kubernetes cluster is configured (set KUBECONFIG, or pass --kubeconfig and --context)")

// ErrInterrupted means that the user interrupted the command.
var ErrInterrupted = errors.New("interrupted")

// Explain adds to an error what the user can do about it. Errors that say so already are returned unchanged.
func Explain(err error) error {
	var request *url.Error
	var notKubernetes *notKubernetesError
	var status apierrors.APIStatus
	switch {
	case errors.As(err, &notKubernetes):
		return notKubernetes
	case clientcmd.IsContextNotFound(err):
		return fmt.Errorf("%w (\"kubectl config get-contexts\" lists them)", err)
	case clientcmd.IsEmptyConfig(err):
		return ErrNoConfig
	case err == context.Canceled: //nolint:errorlint // a wrapped one says in which step, and is handled below
		return ErrInterrupted
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("interrupted: %w", err)
	case apierrors.IsForbidden(err) && strings.HasSuffix(err.Error(), "at the cluster scope"):
		return fmt.Errorf("%w (ask the administrator of this Kubernetes for that right)", err)
	case apierrors.IsForbidden(err) && !strings.HasSuffix(err.Error(), ")"): // unless it ends with a remedy already
		return fmt.Errorf("%w (ask the namespace's owner for that right)", err)
	case apierrors.IsNotFound(err) && errors.As(err, &status) && kindOf(status) == "namespaces":
		return fmt.Errorf("%w (create it with \"kubectl create namespace\", or name another with -n)", err)
	case apierrors.IsUnauthorized(err):
		return fmt.Errorf("the API server does not accept these credentials: %w (log in again, or choose another --context)", err)
	case errors.As(err, &request):
		return requestError(err, request)
	}
	return err
}

// requestError names the API server that did not answer a request, and the reason. client-go's own text begins with a URL that
// fills a line. The result still wraps the cause.
func requestError(err error, request *url.Error) error {
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
		return fmt.Errorf("the certificate of the API server at %q is not accepted: %w (check the server and the certificate-authority of this context's cluster)", host, certificate.Err)
	case errors.As(err, &limit):
		return fmt.Errorf("the API server at %q has not answered: %w", host, TimeoutError{Limit: limit.Limit})
	}
	return fmt.Errorf("the API server at %q: %w (check --context, --kubeconfig and the network)", host, request.Err)
}

// kindOf returns the resource that an API server's error status is about, or "".
func kindOf(status apierrors.APIStatus) string {
	if details := status.Status().Details; details != nil {
		return details.Kind
	}
	return ""
}
