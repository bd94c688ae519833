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

// addressed returns the global flag by which etcdctl finds the members, where neither the user nor the container's
// environment gives it. A flag and its variable together end etcdctl (etcd, pkg/flags/flag.go, verifyEnv), even where the
// variable is empty.
func (r Run) addressed(at cluster.Member, asked []cluster.Member) []string {
	if isGiven("endpoints", r.Args, at.Server.Etcdctl) || isGiven("discovery-srv", r.Args, at.Server.Etcdctl) {
		return nil
	}
	return []string{"--endpoints=" + strings.Join(r.endpoints(at, asked), ",")}
}

// trust returns the global flags that etcdctl needs to trust the members and to be trusted, as far as neither the user nor
// the container's environment gives them. Secrets are read where the pod alone does not tell.
func (r Run) trust(ctx context.Context, kube kubernetes.Interface, at cluster.Member) ([]string, error) {
	given := func(flags ...string) bool {
		return slices.ContainsFunc(flags, func(f string) bool { return isGiven(f, r.Args, at.Server.Etcdctl) })
	}
	var flags []string
	add := func(flag, value string) {
		if value != "" {
			flags = append(flags, "--"+flag+"="+value)
		}
	}
	if err := r.conflict(at); err != nil {
		return nil, err
	}
	if r.scheme(at) != "https" {
		return nil, nil
	}
	if !given("cacert") && !r.SkipVerify {
		add("cacert", r.authority(ctx, kube, at))
	}
	if !given("cert", "key") {
		shown, err := r.client(ctx, kube, at)
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

// conflict returns an error for a certificate that the user names where the container's environment names one already:
// etcdctl would refuse both, and nothing takes a variable out of the environment of what is run in a container.
func (r Run) conflict(at cluster.Member) error {
	for _, flag := range []string{"cert", "key"} {
		if isGiven(flag, r.Args, nil) && isGiven(flag, nil, at.Server.Etcdctl) {
			return fmt.Errorf("etcdctl takes no --%s in container %q of pod %q, whose environment names one (be somebody else on this side: \"%s --etcd-cert FILE --etcd-key FILE -- etcdctl …\")",
				flag, at.Server.Container, at.PodName, r.Cluster.Command("proxy"))
		}
	}
	return nil
}

// authority returns the file in the pod that the members' certificates are verified with: what an etcdctl there is told
// to use, or the one that vouches for the server's certificate. Where that may not be read it is the CA for clients'
// certificates, which is mostly the same, or one beside the server's certificate, where cert-manager and others put it into
// the same Secret. Where there is none the certificate stands for itself.
func (r Run) authority(ctx context.Context, kube kubernetes.Interface, at cluster.Member) string {
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
	if r.lacks(ctx, kube, at, beside) {
		return t.Cert.Path
	}
	return beside
}

// lacks reports whether a member's container is known not to have a file.
func (r Run) lacks(ctx context.Context, kube kubernetes.Interface, at cluster.Member, file string) bool {
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

// client returns the certificate in the pod that etcdctl is to show, where one is demanded. The server's own, which most
// often is for clients too, stands in where it cannot be told.
func (r Run) client(ctx context.Context, kube kubernetes.Interface, at cluster.Member) (cluster.Pair, error) {
	p, err := credentials.InPod(ctx, kube, r.Cluster.Namespace, at)
	var none *credentials.NoClientError
	switch {
	case errors.As(err, &none):
		return p, fmt.Errorf("%w, and etcd demands one (run etcdctl on this side: \"%s -- etcdctl …\")", err, r.Cluster.Command("proxy")+none.Flags)
	case err != nil:
		r.Note("%v: etcdctl shows the server's own (\"--cert\" and \"--key\" name another, \"kubectl etcd proxy -- etcdctl …\" takes files of this side)", err)
		return cluster.Pair{Cert: at.Server.TLS.Cert, Key: at.Server.TLS.Key}, nil
	}
	return p, nil
}

// CanShow reports whether etcdctl in a member's container has what the member demands of clients, as far as it is known.
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
			break // what follows is no flag of etcdctl's
		}
		if a == "--"+flag || strings.HasPrefix(a, "--"+flag+"=") {
			return true
		}
	}
	return false
}

// endpoints returns what the members advertise, because their certificates are for that. Where they advertise nothing
// that another pod reaches, the member is asked in whose pod etcdctl runs. One that is asked alone is asked at an address
// that is its own: a Service that several advertise leads to any of them.
func (r Run) endpoints(at cluster.Member, asked []cluster.Member) []string {
	var urls []string
	for _, m := range asked {
		own := len(asked) > 1 || m.Server.AtPod(m)
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

// scheme is the member's, or, where its pod does not tell, what the user's flag is for.
func (r Run) scheme(at cluster.Member) string {
	switch {
	case at.Server.Scheme != "":
		return at.Server.Scheme
	case r.SkipVerify:
		return "https"
	}
	return "http"
}
