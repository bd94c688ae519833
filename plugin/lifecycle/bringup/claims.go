package bringup

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/utils/ptr"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
)

// claimPrefix begins the names of the volume claims: that of the template in base/statefulset.yaml.
const claimPrefix = "data-"

// readClaims reads the volume claims of a cluster: those with its labels, and those that its StatefulSet would take by
// their names alone.
func readClaims(ctx context.Context, e lifecycle.Env, x *Existing) error {
	claims, err := e.Kube.CoreV1().PersistentVolumeClaims(e.Target.Namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	own, err := labels.Parse(cluster.Selector(e.Target.Name, cluster.ComponentMember))
	if err != nil {
		return err
	}
	var least resource.Quantity
	for _, c := range claims.Items {
		labelled, named := own.Matches(labels.Set(c.Labels)), claimOrdinal(c.Name, e.Target.Name) >= 0
		switch {
		case labelled:
			x.Claims = append(x.Claims, c)
		case named:
			x.Unlabelled = append(x.Unlabelled, c.Name)
		default:
			continue
		}
		if size := c.Status.Capacity.Storage(); !size.IsZero() && (least.IsZero() || size.Cmp(least) < 0) {
			least = *size
		}
	}
	if !least.IsZero() {
		x.Volume = least.String()
	}
	if x.StatefulSet == nil && len(x.Claims) > 0 {
		x.Storage = x.Claims[0].Spec.Resources.Requests.Storage().String()
		x.StorageClass = ptr.Deref(x.Claims[0].Spec.StorageClassName, "")
	}
	return nil
}

// claimOrdinal returns which member of a cluster has the volume claim of that name, or -1 where none has.
func claimOrdinal(claim, name string) int {
	ordinal, ok := strings.CutPrefix(claim, claimPrefix+name+"-")
	n, err := strconv.Atoi(ordinal)
	if !ok || err != nil || n < 0 || strconv.Itoa(n) != ordinal {
		return -1
	}
	return n
}

// goingClaim returns the name of a volume claim that is on its way out, or "".
func (x Existing) goingClaim() string {
	for _, c := range x.Claims {
		if c.DeletionTimestamp != nil {
			return c.Name
		}
	}
	return ""
}

// lostBootstrap reports whether there is data and nothing that says how many members it is of.
func (x Existing) lostBootstrap() bool {
	return x.StatefulSet == nil && x.Replicas == 0 && len(x.Claims) > 0
}

// startOnClaims lets members start on claims whose bootstrap ConfigMap is gone, where as many are wanted as the claims are
// of. The seal keeps one without data from starting, so nothing but the count can be wrong.
func startOnClaims(target cluster.Target, x Existing, wanted int) error {
	members := 0
	for _, c := range x.Claims {
		members = max(members, claimOrdinal(c.Name, target.Name)+1)
	}
	if wanted == members {
		return nil
	}
	force := ""
	if members%2 == 0 {
		force = " --force"
	}
	return fmt.Errorf("cluster %q in namespace %q has the volume claims %s and no bootstrap ConfigMap: they are of %d members, and not of %d (start them with that data, with the --tls that they had: \"kubectl etcd up %s -n %s --replicas %d%s\"; or delete it: \"kubectl etcd down %s -n %s --delete-data\")",
		target.Name, target.Namespace, claimNames(x.Claims), members, wanted, target.Name, target.Namespace, members, force, target.Name, target.Namespace)
}

// unlabelled refuses claims that nothing marks as the cluster's: their data would become that of its members.
func unlabelled(target cluster.Target, claims []string) error {
	own := fmt.Sprintf("%s=etcd %s=%s %s=%s", cluster.LabelName, cluster.LabelInstance, target.Name, cluster.LabelComponent, cluster.ComponentMember)
	return fmt.Errorf("the members of cluster %q would take the volume claims %s in namespace %q with what is on them, and these do not have its labels (where they are its data: \"kubectl label pvc -n %s %s %s\"; else choose another cluster name, or delete them)",
		target.Name, strings.Join(claims, ", "), target.Namespace, target.Namespace, strings.Join(claims, " "), own)
}

func claimNames(claims []corev1.PersistentVolumeClaim) string {
	names := make([]string, len(claims))
	for i, c := range claims {
		names[i] = c.Name
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// bootstrapped reports whether the members of a cluster have run: it was sealed once.
func (x Existing) bootstrapped() bool {
	return x.Seal.State == cluster.SealClosed || x.Seal.State == cluster.SealOpen
}
