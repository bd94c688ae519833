package bringup

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/deploy"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle/certificates"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/pki"
)

// exposeLimit is how long to wait for a load balancer's address. Clouds take up to two minutes; without a controller for load
// balancers there is never one.
const exposeLimit = 3 * time.Minute

// expose waits for the address of the load balancer in the manifests, and adds it to the server's certificate. It does nothing
// if the manifests have none.
func expose(ctx context.Context, e lifecycle.Env, lease *deploy.Lease, w Wanted) error {
	service := balancerOf(w.Objects)
	if service == "" {
		return nil
	}
	if err := lease.Step(ctx, "up: wait for the load balancer's address"); err != nil {
		return err
	}
	b, err := deploy.AwaitBalancer(ctx, e.Kube, e.Target.Namespace, service, exposeLimit, e.Progress.Live)
	var none *deploy.NoAddressError
	if errors.As(err, &none) {
		return fmt.Errorf("the cluster is up, but not reachable from outside: %w (if this Kubernetes provides load balancers, wait again: \"kubectl etcd up %s -n %s\"; otherwise undo the exposure: \"kubectl etcd up %[2]s -n %[3]s --expose none\")",
			err, e.Target.Name, e.Target.Namespace)
	}
	if err != nil {
		return err
	}
	for _, address := range b.Addresses {
		e.Progress.Step("reachable from outside at %s", net.JoinHostPort(address, strconv.Itoa(int(b.Port))))
	}
	return addServerNames(ctx, e, w, b.Addresses)
}

// balancerOf returns the name of the Service of type LoadBalancer in the manifests, or "".
func balancerOf(objects []*unstructured.Unstructured) string {
	for _, o := range objects {
		kind, _, _ := unstructured.NestedString(o.Object, "spec", "type")
		if o.GetKind() == "Service" && kind == "LoadBalancer" {
			return o.GetName()
		}
	}
	return ""
}

// addServerNames adds names to the server's certificate if this program issues it. No member restarts: etcd reads the certificate
// at each handshake. For a certificate from cert-manager or the user, it shows which names are missing.
func addServerNames(ctx context.Context, e lifecycle.Env, w Wanted, names []string) error {
	wanted, err := wantedState(w.Objects)
	if err != nil {
		return err
	}
	switch wanted.Source {
	case cluster.SourceAuto:
		return issueFor(ctx, e, wanted, certificates.Names{Server: slices.Concat(w.Names.Server, names), Peer: w.Names.Peer})
	case cluster.SourceCertManager, cluster.SourceSecret:
		c, err := e.Find(ctx)
		if err != nil {
			return err
		}
		if more := missingNames(certificates.Show(ctx, e, c), names); len(more) > 0 {
			e.Progress.Step("note: %s", addNamesNote(e.Target, wanted, more))
		}
	}
	return nil
}

// issueFor issues the server's certificate again if it does not have all names, and waits until every member presents it.
func issueFor(ctx context.Context, e lifecycle.Env, wanted Existing, names certificates.Names) error {
	existing, err := ReadExisting(ctx, e)
	if err != nil {
		return err
	}
	made, err := certificates.Make(ctx, e, existing.Certificates(wanted.Secrets, names))
	if err != nil || !made {
		return err
	}
	return certificates.AwaitShown(ctx, e, names)
}

// missingNames returns the names that a member's server certificate does not have.
func missingNames(shown []certificates.MemberShown, names []string) []string {
	var found []string
	for _, m := range shown {
		if len(m.Clients.Chain) > 0 {
			found = append(found, pki.Missing(m.Clients.Chain[0], names)...)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// addNamesNote returns how to add names to a certificate from cert-manager or the user.
func addNamesNote(target cluster.Target, wanted Existing, names []string) string {
	text := fmt.Sprintf("the server certificate does not contain %s, so clients that verify it refuse the members at that address", strings.Join(names, ", "))
	if wanted.Source == cluster.SourceCertManager {
		all := strings.Join(slices.Concat(wanted.ExtraNames, names), ",")
		return fmt.Sprintf("%s (let cert-manager issue it with that name: \"kubectl etcd up %s -n %s --tls-san %s\")", text, target.Name, target.Namespace, all)
	}
	return fmt.Sprintf("%s (issue it with that name too, and put it into secret %q: etcd reads it at the next connection)", text, wanted.Secrets.Server)
}
