package plugin

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/util/exec"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/proxy"
)

// The exit status of a command.
const (
	exitDone    = 0
	exitFailed  = 1
	exitUsage   = 2
	exitBadNews = 3
)

// usageError is a mistake in what the user typed: nothing was asked and nothing was changed.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

// badNews says that the report was printed and that it is bad.
type badNews struct{ text string }

func (e badNews) Error() string { return e.text }

// noneTells is the bad news of a report of what members tell, where none does.
func noneTells(c *cluster.Cluster, told int, what string) error {
	switch {
	case len(c.Members) == 0:
		return badNews{c.NoneRuns().Error()}
	case told == 0:
		return badNews{"no member tells " + what + ": these are its pods"}
	}
	return nil
}

// exitError is an exit status that a command has of its own, as diff has; without err there is nothing more to say.
type exitError struct {
	status int
	err    error
}

func (e exitError) Error() string { return fmt.Sprint(e.err) }
func (e exitError) Unwrap() error { return e.err }

// ownStatus makes the exit status of a program that was run ours. One that ran has said itself what there is to say.
func ownStatus(err error) error {
	var ended exec.CodeExitError
	var start *proxy.StartError
	switch {
	case errors.As(err, &ended):
		return exitError{status: ended.Code}
	case errors.As(err, &start):
		return exitError{status: start.Status, err: err}
	}
	return err
}

// timeoutError says that the whole command's deadline passed, and during what.
type timeoutError struct {
	limit time.Duration
	err   error // nil where it is itself the cause in somebody's error
}

func (e timeoutError) Error() string {
	text := fmt.Sprintf("not done within %s (give it longer with --timeout)", e.limit)
	if e.err != nil {
		text += ": " + e.err.Error()
	}
	return text
}

// Unwrap makes it a context.DeadlineExceeded.
func (e timeoutError) Unwrap() error {
	if e.err != nil {
		return e.err
	}
	return context.DeadlineExceeded
}

// exitStatus maps an error to the status that the process leaves with.
func exitStatus(err error) int {
	var own exitError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &own):
		return own.status
	case errors.As(err, &usageError{}), errors.As(err, new(*cluster.NameError)):
		return exitUsage
	case errors.As(err, &badNews{}):
		return exitBadNews
	}
	return exitFailed
}

var errNoConfig = errors.New("no Kubernetes cluster is configured (set KUBECONFIG, or pass --kubeconfig and --context)")

var errInterrupted = errors.New("interrupted")

// explain adds to an error what the user can do about it, where the error alone does not tell.
func explain(err error) error {
	var request *url.Error
	var stranger *strangerError
	var status apierrors.APIStatus
	switch {
	case errors.As(err, &stranger):
		return stranger
	case clientcmd.IsContextNotFound(err):
		return fmt.Errorf("%w (\"kubectl config get-contexts\" lists them)", err)
	case clientcmd.IsEmptyConfig(err):
		return errNoConfig
	case err == context.Canceled: //nolint:errorlint // with words of its own it says where
		return errInterrupted
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
	var limit timeoutError
	switch {
	case errors.As(err, &dial) && host == fallbackServer:
		return errNoConfig
	case errors.As(err, &dial):
		return fmt.Errorf("cannot reach the API server at %q: %w (check --context, --kubeconfig and the network)", host, dial)
	case errors.As(err, &certificate):
		return fmt.Errorf("the certificate of the API server at %q is not accepted: %w (is it the one that this context is for? see its certificate-authority)", host, certificate.Err)
	case errors.As(err, &limit):
		return fmt.Errorf("the API server at %q has not answered: %w", host, timeoutError{limit: limit.limit})
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
