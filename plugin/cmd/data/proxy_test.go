package data

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/rest"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster/settings"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/proxy"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
)

// TestProxySaysOnceThatItHasNoCertificates has certificates in a Secret that cannot be read.
func TestProxySaysOnceThatItHasNoCertificates(t *testing.T) {
	file := cluster.File{Path: "/certs/tls.crt", From: settings.Location{Kind: settings.Secret, Name: "certs", Key: "tls.crt"}}
	m := cluster.Member{Name: "etcd-0", PodName: "etcd-0", Pod: &corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodRunning}}}
	m.Server = cluster.Server{Scheme: "https", TLS: cluster.TLS{Cert: file, Key: file, TrustedCA: file, ClientAuth: true}}
	streams, _, _, errOut := genericiooptions.NewTestIOStreams()
	env := lifecycle.Env{Kube: fake.NewClientset(), Config: &rest.Config{}, Progress: render.NewProgress(errOut)}
	s := proxy.Session{Cluster: &cluster.Cluster{Name: "etcd", Namespace: "ns", Members: []cluster.Member{m}}}
	o := &proxyOptions{Factory: &cli.Factory{IOStreams: streams, MemberTimeout: time.Second}, session: s}
	if err := o.prepare(t.Context(), env); err != nil {
		t.Fatal(err)
	}
	o.session.Ways.Clients = func(context.Context, cluster.Member) (net.Conn, error) { return nil, errors.New("nobody is there") }
	open, err := o.session.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	if got := strings.Count(errOut.String(), "the client needs its own certificates"); got != 1 {
		t.Errorf("said %d times:\n%s", got, errOut)
	}
}
