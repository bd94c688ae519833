package etcdctl

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster/settings"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/credentials"
)

// endpointFlags returns the global flag with etcdctl's endpoints, unless the user or the container's environment gives
// it. etcdctl fails if it gets both a flag and its variable (etcd, pkg/flags/flag.go, verifyEnv), even if the variable
// is empty.
func (r Run) endpointFlags(at cluster.Member, targets []cluster.Member) []string {
	if isGiven("endpoints", r.Args, at.Server.Etcdctl) || isGiven("discovery-srv", r.Args, at.Server.Etcdctl) {
		return nil
	}
	return []string{"--endpoints=" + strings.Join(r.endpoints(at, targets), ",")}
}

// tlsFlags returns the global flags for TLS, except for those that the user or the container's environment gives: the
// CA, the client certificate, and whether to verify. It reads Secrets if the pod does not show which file to use.
func (r Run) tlsFlags(ctx context.Context, kube kubernetes.Interface, at cluster.Member) ([]string, error) {
	given := func(flags ...string) bool {
		return slices.ContainsFunc(flags, func(f string) bool { return isGiven(f, r.Args, at.Server.Etcdctl) })
	}
	var flags []string
	add := func(flag, value string) {
		if value != "" {
			flags = append(flags, "--"+flag+"="+value)
		}
	}
	if err := r.certificateConflict(at); err != nil {
		return nil, err
	}
	if r.scheme(at) != "https" {
		return nil, nil
	}
	if !given("cacert") && !r.SkipVerify {
		add("cacert", r.caFile(ctx, kube, at))
	}
	if !given("cert", "key") {
		shown, err := r.clientPair(ctx, kube, at)
		if err != nil {
			return nil, err
		}
		add("cert", shown.Cert.Path)
		add("key", shown.Key.Path)
	}
	if r.SkipVerify && !given("insecure-skip-tls-verify") {
		add("insecure-skip-tls-verify", "true")
	}
	return flags, nil
}

// certificateConflict returns an error if both the user and the container's environment name a certificate: etcdctl
// refuses both together, and exec cannot unset a variable of the container.
func (r Run) certificateConflict(at cluster.Member) error {
	for _, flag := range []string{"cert", "key"} {
		if isGiven(flag, r.Args, nil) && isGiven(flag, nil, at.Server.Etcdctl) {
			return fmt.Errorf("etcdctl accepts no --%s in container %q of pod %q, whose environment already sets one (run etcdctl on this machine with another certificate: \"%s --etcd-cert FILE --etcd-key FILE -- etcdctl …\")",
				flag, at.Server.Container, at.PodName, r.Cluster.Command("proxy"))
		}
	}
	return nil
}

// caFile returns the file in the pod with which etcdctl verifies the members' certificates: the one in etcdctl's own
// settings, or the one that verifies the server's certificate. If the Secret cannot be read, it is the CA for client
// certificates, which is mostly the same. If there is none, it is ca.crt next to the server's certificate, where
// cert-manager and others put it. If that file does not exist, it is the server's certificate itself.
func (r Run) caFile(ctx context.Context, kube kubernetes.Interface, at cluster.Member) string {
	t := at.Server.TLS
	if t.ClientCA.Path != "" {
		return t.ClientCA.Path
	}
	if file, found := credentials.CAInPod(ctx, kube, r.Cluster.Namespace, at); found {
		return file
	}
	switch {
	case t.TrustedCA.Path != "":
		return t.TrustedCA.Path
	case t.Cert.From.Kind != settings.Secret:
		return ""
	}
	beside := path.Join(path.Dir(t.Cert.Path), corev1.ServiceAccountRootCAKey)
	if r.lacksFile(ctx, kube, at, beside) {
		return t.Cert.Path
	}
	return beside
}

// lacksFile reports whether a member's container is known not to have a file.
func (r Run) lacksFile(ctx context.Context, kube kubernetes.Interface, at cluster.Member, file string) bool {
	c, known := at.Container()
	if !known {
		return false
	}
	from := settings.Locate(at.Pod.Spec, c, file)
	if from.Kind != settings.Secret || len(from.Also) > 0 {
		return from.Kind == settings.None
	}
	secret, err := kube.CoreV1().Secrets(r.Cluster.Namespace).Get(ctx, from.Name, metav1.GetOptions{})
	return err == nil && len(secret.Data[from.Key]) == 0
}

// clientPair returns the client certificate in the pod that etcdctl passes, if the member requires one. If it cannot be
// determined, it is the server's certificate, which in most clusters is valid for clients too.
func (r Run) clientPair(ctx context.Context, kube kubernetes.Interface, at cluster.Member) (cluster.Pair, error) {
	p, err := credentials.InPod(ctx, kube, r.Cluster.Namespace, at)
	var none *credentials.NoClientError
	switch {
	case errors.As(err, &none):
		return p, fmt.Errorf("%w, and etcd requires one (run etcdctl on this machine: \"%s -- etcdctl …\")", err, r.Cluster.Command("proxy")+none.Flags)
	case err != nil:
		r.Note("%v: etcdctl uses the server's certificate as its client certificate (\"--cert\" and \"--key\" choose another one, \"kubectl etcd proxy -- etcdctl …\" uses files of this machine)", err)
		return cluster.Pair{Cert: at.Server.TLS.Cert, Key: at.Server.TLS.Key}, nil
	}
	return p, nil
}

// CanShow reports whether a member's container has a client certificate that the member accepts. If that is unknown, it
// returns true.
func CanShow(ctx context.Context, kube kubernetes.Interface, namespace string, m cluster.Member) bool {
	if isGiven("cert", nil, m.Server.Etcdctl) {
		return true
	}
	var none *credentials.NoClientError
	_, err := credentials.InPod(ctx, kube, namespace, m)
	return !errors.As(err, &none)
}

func isGiven(flag string, args, variables []string) bool {
	if slices.Contains(variables, "ETCDCTL_"+strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))) {
		return true
	}
	for _, a := range args {
		if a == "--" {
			break // etcdctl has no flags after it
		}
		if a == "--"+flag || strings.HasPrefix(a, "--"+flag+"=") {
			return true
		}
	}
	return false
}

// endpoints returns the URLs that the members advertise, because their certificates are valid for those. If they
// advertise none that other pods can reach, it returns the local URL of the member in whose pod etcdctl runs. For a
// single member, an advertised URL is used only if it is of its pod: a Service that several members advertise leads to
// any of them.
func (r Run) endpoints(at cluster.Member, targets []cluster.Member) []string {
	var urls []string
	for _, m := range targets {
		own := len(targets) > 1 || m.Server.AtPod(m)
		if own && m.Server.Advertised != "" && !m.Server.Socket() && !slices.Contains(urls, m.Server.Advertised) {
			urls = append(urls, m.Server.Advertised)
		}
	}
	switch {
	case len(urls) > 0:
	case at.Server.Local != "":
		urls = []string{at.Server.Local}
	default:
		urls = []string{fmt.Sprintf("%s://localhost:%d", r.scheme(at), at.Server.Port)}
	}
	return urls
}

// scheme returns the member's scheme. If the pod's settings do not have it, it is https if the user passed SkipVerify.
func (r Run) scheme(at cluster.Member) string {
	switch {
	case at.Server.Scheme != "":
		return at.Server.Scheme
	case r.SkipVerify:
		return "https"
	}
	return "http"
}
