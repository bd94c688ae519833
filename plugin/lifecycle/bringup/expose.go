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

// exposeLimit bounds the wait for a load balancer's address: clouds take up to two minutes, and one that makes none
// never gives it.
const exposeLimit = 3 * time.Minute

// expose waits for the address of the load balancer that the manifests ask for, and has the server's certificate be for it.
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
		return fmt.Errorf("the cluster is up, and not reached from outside: %w (where this Kubernetes makes load balancers, wait once more: \"kubectl etcd up %s -n %s\"; else take it back: \"kubectl etcd up %[2]s -n %[3]s --expose none\")",
			err, e.Target.Name, e.Target.Namespace)
	}
	if err != nil {
		return err
	}
	for _, address := range b.Addresses {
		e.Progress.Step("reached from outside at %s", net.JoinHostPort(address, strconv.Itoa(int(b.Port))))
	}
	return certify(ctx, e, w, b.Addresses)
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

// certify has the server's certificate be for more names, where it is made here: nobody restarts, as etcd reads it at each
// handshake. Where others make it, it says what is to be added.
func certify(ctx context.Context, e lifecycle.Env, w Wanted, names []string) error {
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
		if more := lacking(certificates.Show(ctx, e, c), names); len(more) > 0 {
			e.Progress.Step("note: %s", addNames(e.Target, wanted, more))
		}
	}
	return nil
}

// issueFor issues the server's certificate anew where it lacks names, and waits until every member shows it.
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

// lacking returns the names that what members show clients is not for.
func lacking(shown []certificates.MemberShown, names []string) []string {
	var found []string
	for _, m := range shown {
		if len(m.Clients.Chain) > 0 {
			found = append(found, pki.Missing(m.Clients.Chain[0], names)...)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// addNames says what makes a certificate of others be for more names.
func addNames(target cluster.Target, wanted Existing, names []string) string {
	text := fmt.Sprintf("the server's certificate is not for %s, so clients that check it refuse the members there", strings.Join(names, ", "))
	if wanted.Source == cluster.SourceCertManager {
		all := strings.Join(slices.Concat(wanted.ExtraNames, names), ",")
		return fmt.Sprintf("%s (have cert-manager issue it for that: \"kubectl etcd up %s -n %s --tls-san %s\")", text, target.Name, target.Namespace, all)
	}
	return fmt.Sprintf("%s (have it issued for that too, and put into secret %q: etcd reads it at the next connection)", text, wanted.Secrets.Server)
}
