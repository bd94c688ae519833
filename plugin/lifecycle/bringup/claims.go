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

// claimPrefix is the prefix of the volume claims' names, from the template in base/statefulset.yaml.
const claimPrefix = "data-"

// readClaims reads the volume claims of a cluster: those with its labels, and those without them that its StatefulSet would use
// because of their names.
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

// claimOrdinal returns the ordinal of the member that has the volume claim of that name, or -1 if it is no member's.
func claimOrdinal(claim, name string) int {
	ordinal, ok := strings.CutPrefix(claim, claimPrefix+name+"-")
	n, err := strconv.Atoi(ordinal)
	if !ok || err != nil || n < 0 || strconv.Itoa(n) != ordinal {
		return -1
	}
	return n
}

// terminatingClaim returns the name of a volume claim that is being deleted, or "".
func (x Existing) terminatingClaim() string {
	for _, c := range x.Claims {
		if c.DeletionTimestamp != nil {
			return c.Name
		}
	}
	return ""
}

// lostBootstrap reports whether there are volume claims and neither a StatefulSet nor a bootstrap ConfigMap with the number of
// members.
func (x Existing) lostBootstrap() bool {
	return x.StatefulSet == nil && x.Replicas == 0 && len(x.Claims) > 0
}

// checkClaimCount returns an error if wanted is not the number of members that the claims are for. Otherwise members may start
// with these claims although the bootstrap ConfigMap is gone: the seal keeps a member without data from starting, so only the
// number can be wrong.
func checkClaimCount(target cluster.Target, x Existing, wanted int) error {
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
	return fmt.Errorf("cluster %q in namespace %q has the volume claims %s and no bootstrap ConfigMap: the claims belong to %d members, not %d (start the members with that data and the --tls that they had: \"kubectl etcd up %s -n %s --replicas %d%s\"; or delete the data: \"kubectl etcd down %s -n %s --delete-data\")",
		target.Name, target.Namespace, claimNames(x.Claims), members, wanted, target.Name, target.Namespace, members, force, target.Name, target.Namespace)
}

// unlabelledError is the error for claims without the cluster's labels, whose data its members would use.
func unlabelledError(target cluster.Target, claims []string) error {
	own := fmt.Sprintf("%s=etcd %s=%s %s=%s", cluster.LabelName, cluster.LabelInstance, target.Name, cluster.LabelComponent, cluster.ComponentMember)
	return fmt.Errorf("the members of cluster %q would use the existing volume claims %s in namespace %q and the data on them, but these claims do not have the cluster's labels (if they hold its data: \"kubectl label pvc -n %s %s %s\"; otherwise choose another cluster name, or delete them)",
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

// bootstrapped reports whether the members of a cluster have run, which is so if it was ever sealed.
func (x Existing) bootstrapped() bool {
	return x.Seal.State == cluster.SealClosed || x.Seal.State == cluster.SealOpen
}
