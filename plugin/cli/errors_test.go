package cli

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

func TestRequireAnswer(t *testing.T) {
	zero := &cluster.Cluster{Name: "etcd", Namespace: "shop"}
	three := &cluster.Cluster{Name: "etcd", Namespace: "shop", Members: make([]cluster.Member, 3)}
	for name, c := range map[string]struct {
		cluster  *cluster.Cluster
		answered int
		want     string
	}{
		"no members":    {zero, 0, `no member of etcd cluster shop/etcd runs (see "kubectl etcd status --etcd etcd -n shop")`},
		"none answered": {three, 0, "no member reported the version: the report lists only the cluster's pods"},
		"one answered":  {three, 1, ""},
	} {
		got := ""
		if err := RequireAnswer(c.cluster, c.answered, "the version"); err != nil {
			got = err.Error()
			if !errors.As(err, &BadNewsError{}) {
				t.Errorf("%s: %v is no bad news", name, err)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestExplain(t *testing.T) {
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	request := func(host string) error { return &url.Error{Op: "Get", URL: host + "/api", Err: refused} }
	failed := func(err error) error {
		return fmt.Errorf("list: %w", &url.Error{Op: "Get", URL: "https://k8s/api", Err: err})
	}
	pods := schema.GroupResource{Resource: "pods"}
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"no kubeconfig":      {request("http://localhost:8080"), "set KUBECONFIG"},
		"no API server":      {request("https://10.0.0.1:6443"), `cannot reach the API server at "https://10.0.0.1:6443"`},
		"unknown CA":         {failed(&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}), `the certificate of the API server at "https://k8s" is not accepted: x509`},
		"slow":               {TimeoutError{Limit: time.Second, err: failed(context.DeadlineExceeded)}, `the API server at "https://k8s" has not answered: not done within 1s (give it longer`},
		"connection lost":    {failed(io.ErrUnexpectedEOF), `the API server at "https://k8s": unexpected EOF (check --context`},
		"forbidden, cluster": {apierrors.NewForbidden(pods, "", errors.New("User \"u\" cannot list resource \"pods\" at the cluster scope")), "at the cluster scope (ask the administrator"},
		"forbidden":          {apierrors.NewForbidden(pods, "", errors.New("no")), "ask the namespace's owner"},
		"forbidden, remedy":  {fmt.Errorf("%w (choose --overlay)", apierrors.NewForbidden(pods, "", errors.New("no"))), "(choose --overlay)"},
		"not logged in":      {apierrors.NewUnauthorized("no"), "log in again"},
		"no namespace":       {apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, "x"), "kubectl create namespace"},
		"no pod":             {apierrors.NewNotFound(pods, "x"), `pods "x" not found`},
		"Ctrl-C":             {fmt.Errorf("waiting: %w", context.Canceled), "interrupted: waiting"},
		"other error":        {errors.New("disk full"), "disk full"},
	} {
		got := Explain(c.err)
		if !strings.Contains(got.Error(), c.want) {
			t.Errorf("%s: %q lacks %q", name, got, c.want)
		}
		if strings.Count(got.Error(), "(") > 1 {
			t.Errorf("%s: two remedies in %q", name, got)
		}
	}
}

func TestTimeoutErrorIsADeadline(t *testing.T) {
	for _, err := range []error{TimeoutError{Limit: time.Second}, TimeoutError{Limit: time.Second, err: fmt.Errorf("ask: %w", context.DeadlineExceeded)}} {
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "not done within 1s (give it longer with --timeout)") {
			t.Errorf("%v", err)
		}
	}
}
