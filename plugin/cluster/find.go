package cluster

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// Target says which etcd cluster is meant, and settles what cannot be told from its pods.
type Target struct {
	Namespace    string
	Name         string // "" is the only one in the namespace
	Selector     string // of its pods' labels: they are taken for its members, whatever they run
	Container    string // the container that runs etcd
	ClientPort   int    // where that listens for clients, or 0
	KubectlFlags string // of kubectl, that lead to this Kubernetes as they are to be typed again; "" or with a space before
}

// extent is how much is read of a cluster.
type extent int

const (
	extentServing extent = iota // what its clients need: its members, how they serve, and its seal
	extentState                 // and its members' zones and volumes, the operation under way, and what acts on its pods
)

// Find returns the cluster that target names, or the namespace's only one, with all that a report on its state tells.
func Find(ctx context.Context, kube kubernetes.Interface, target Target) (*Cluster, error) {
	return find(ctx, kube, target, extentState)
}

// FindServing returns the cluster that Find returns, with no more than it takes to read and write its keys. The zones,
// ClaimGoing and VolumeBytes of its members, its Operation and its Around are empty: the rights to read those are not
// needed. Why members do not run is read only where none of them serves.
func FindServing(ctx context.Context, kube kubernetes.Interface, target Target) (*Cluster, error) {
	return find(ctx, kube, target, extentServing)
}

func find(ctx context.Context, kube kubernetes.Interface, target Target, much extent) (*Cluster, error) {
	around := make(chan Around, 1)
	if much == extentServing {
		around <- Around{}
	} else {
		go func() { around <- readAround(ctx, kube, target.Namespace) }() // beside the search: it depends on nothing
	}
	o := newObjects(kube, target.Namespace) // what it takes to tell clusters apart is read again to tell how one serves
	found, err := search(ctx, o, target)
	if err != nil {
		return nil, err
	}
	c, err := read(ctx, o, found, target, much)
	if err != nil {
		return nil, err
	}
	if much == extentState || len(c.Serving()) == 0 {
		c.readNews(ctx, kube, found.sets)
	}
	c.Around = (<-around).of(c)
	return c, nil
}

// selected takes the pods of a label selector for one cluster.
func selected(ctx context.Context, o *objects, target Target) (*candidate, error) {
	pods, err := o.kube.CoreV1().Pods(target.Namespace).List(ctx, metav1.ListOptions{LabelSelector: target.Selector})
	if err != nil {
		return nil, err
	}
	found := scan{pods: pods.Items}.candidates()
	if target.Container == "" {
		found = apart(found)
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("no pod in namespace %q has the labels %q (see \"kubectl get pods --show-labels\")", target.Namespace, target.Selector)
	}
	for _, c := range found {
		c.asked = true
	}
	if found, err = merge(ctx, o.of, found); err != nil {
		return nil, err
	}
	if len(found) > 1 {
		return nil, fmt.Errorf("the labels %q are those of several etcd clusters in namespace %q: %s (select one of them, or name the container where they are in one pod: --container)",
			target.Selector, target.Namespace, strings.Join(names(found), ", "))
	}
	c := found[0]
	if target.Name != "" && len(namedBy(found, target)) == 0 {
		return nil, fmt.Errorf("the labels %q are those of etcd cluster %q in namespace %q, not of %q (leave one of the two out)",
			target.Selector, c.name, target.Namespace, target.Name)
	}
	for _, p := range c.pods {
		if _, ok := etcdContainer(p.Spec, target.Container); !ok {
			return nil, fmt.Errorf("pod %q in namespace %q: which container runs etcd cannot be told (%s); name it with --container",
				p.Name, p.Namespace, containers(p.Spec))
		}
	}
	return c, nil
}

// containers says for people what a pod runs.
func containers(spec corev1.PodSpec) string {
	all := lasting(spec)
	texts := make([]string, len(all))
	for i, c := range all {
		texts[i] = fmt.Sprintf("container %q with image %q", c.Name, c.Image)
	}
	return strings.Join(texts, ", ")
}

// read reads all else that is known of a cluster. None of it depends on another, and each answer is a round trip.
func read(ctx context.Context, objects *objects, found *candidate, target Target, much extent) (*Cluster, error) {
	c := &Cluster{Name: found.name, Namespace: found.namespace, Owner: found.owner, Members: found.places(), Target: target}
	if len(found.sets) == 1 {
		c.StatefulSet = found.sets[0]
	}
	if found.ours() {
		c.SealConfig = SealConfig(c.StatefulSet)
	}
	group, ctx := errgroup.WithContext(ctx)
	if c.StatefulSet != nil {
		for _, name := range environments(c.StatefulSet.Spec.Template.Spec) {
			group.Go(func() error { _, _ = objects.ConfigMap(ctx, name); return nil }) // whoever needs it has the error
		}
	}
	if c.StatefulSet != nil && len(c.Members) == 0 {
		group.Go(func() error {
			c.initial = initialSize(ctx, objects, c, cmp.Or(target.Container, found.container))
			return nil
		})
	}
	for i := range c.Members {
		group.Go(func() error { return readServer(ctx, objects, found, &c.Members[i], target) })
	}
	group.Go(func() (err error) { c.Seal, err = readSeal(ctx, objects, c.SealConfig); return err })
	var b beside
	if much == extentState {
		group.Go(func() error { return b.read(ctx, objects.kube, c, found.pods) })
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	c.add(&b)
	c.tellApart()
	c.adviseUnreachable()
	if text := found.untiedText(); text != "" && much == extentState {
		c.Around.Incomplete = append(c.Around.Incomplete, text)
	}
	return c, c.understood(time.Now())
}

// tellApart calls members by their pods where several have the same --name: somebody never gave them one.
func (c *Cluster) tellApart() {
	count := map[string]int{}
	for _, m := range c.Members {
		count[m.Name]++
	}
	for i, m := range c.Members {
		if count[m.Name] > 1 {
			c.Members[i].Name = m.PodName
		}
	}
}

// understood returns an error where it could not be told how a member serves. Of one that does not run it makes no
// difference: Kubernetes says why.
func (c *Cluster) understood(now time.Time) error {
	for _, m := range c.Members {
		if m.Server.Port != 0 || m.Server.Unreachable != "" || m.trouble() != "" || m.Crashing(now) {
			continue
		}
		why, remedy := strings.Join(m.Server.Unknown, "; "), "say it with --client-port"
		if m.Server.FreePort {
			why = "with port 0 in --listen-client-urls etcd takes a free one at each start, which nobody can know"
			remedy = "give it a port there, as in http://0.0.0.0:2379"
		}
		return fmt.Errorf("etcd cluster %s/%s: which port container %q of pod %q serves clients on cannot be told: %s (%s)",
			c.Namespace, c.Name, m.Server.Container, m.PodName, why, remedy)
	}
	return nil
}

// Foreign returns the owner of the cluster of that name where no StatefulSet makes its pods, nor could adopt them: one
// of that name would be a second cluster beside it.
func Foreign(ctx context.Context, kube kubernetes.Interface, namespace, name string) (owner Owner, foreign bool, err error) {
	found, _, err := all(ctx, newObjects(kube, namespace), "")
	for _, c := range found {
		named := c.name == name || c.suffix != "" && c.owner.Name == name
		if named && len(c.pods) > 0 && c.owner.Kind != OwnerStatefulSet && c.pods[0].Labels[LabelComponent] != ComponentMember {
			return c.owner, true, nil
		}
	}
	return Owner{}, false, err
}

// all returns every etcd cluster of a namespace, and how many pods were looked at. Where the container that runs etcd is
// given, what else a pod runs does not count.
func all(ctx context.Context, o *objects, container string) (found []*candidate, looked int, err error) {
	s, err := look(ctx, o.kube, o.namespace)
	if err != nil {
		return nil, 0, err
	}
	found = s.candidates()
	if container == "" {
		found = apart(found)
	}
	found, err = merge(ctx, o.of, found)
	return found, s.seenPods, err
}
