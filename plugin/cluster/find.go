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

// Target names an etcd cluster, and settles what its pods do not show.
type Target struct {
	Namespace    string
	Name         string // "" selects the only one in the namespace
	Selector     string // a label selector: the pods that it selects are the members, whatever they run
	Container    string // the container that runs etcd
	ClientPort   int    // the port where that container serves clients; 0 reads it from the settings
	KubectlFlags string // kubectl's flags for this Kubernetes cluster, to be repeated in commands; "" or with a leading space
}

// readScope is how much of a cluster is read.
type readScope int

const (
	scopeServing readScope = iota // what its clients need: its members, how they serve, and its seal
	scopeState                    // also its members' zones and volumes, the current operation, and what affects its pods
)

// Find returns the cluster that target names, or the namespace's only one, with everything that a report on its state
// contains. Its errors include *NotFoundError, *AmbiguousError and *NameError.
func Find(ctx context.Context, kube kubernetes.Interface, target Target) (*Cluster, error) {
	return find(ctx, kube, target, scopeState)
}

// FindServing returns the cluster that Find returns, but reads only what it takes to read and write keys, so that it
// needs fewer rights. ClaimGoing and VolumeBytes of the members, Operation and Surroundings stay empty, and zones are those in
// the pods' labels. It reads why members do not run only if none of them serves.
func FindServing(ctx context.Context, kube kubernetes.Interface, target Target) (*Cluster, error) {
	return find(ctx, kube, target, scopeServing)
}

func find(ctx context.Context, kube kubernetes.Interface, target Target, scope readScope) (*Cluster, error) {
	around := make(chan Surroundings, 1)
	if scope == scopeServing {
		around <- Surroundings{}
	} else {
		go func() { around <- readAround(ctx, kube, target.Namespace) }() // the search does not depend on it
	}
	o := newObjects(kube, target.Namespace) // a cache: the search and reading how members serve need the same ConfigMaps
	found, err := search(ctx, o, target)
	if err != nil {
		return nil, err
	}
	c, err := read(ctx, o, found, target, scope)
	if err != nil {
		return nil, err
	}
	if scope == scopeState || len(c.Serving()) == 0 {
		c.readNews(ctx, kube, found.sets)
	}
	c.Surroundings = (<-around).affecting(c)
	return c, nil
}

// findBySelector takes the pods of a label selector for one cluster.
func findBySelector(ctx context.Context, o *objects, target Target) (*candidate, error) {
	pods, err := o.kube.CoreV1().Pods(target.Namespace).List(ctx, metav1.ListOptions{LabelSelector: target.Selector})
	if err != nil {
		return nil, err
	}
	found := scan{pods: pods.Items}.candidates()
	if target.Container == "" {
		found = splitByContainer(found)
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("no pod in namespace %q has the labels %q (see \"kubectl get pods --show-labels\")", target.Namespace, target.Selector)
	}
	for _, c := range found {
		c.bySelector = true
	}
	if found, err = merge(ctx, o.of, found); err != nil {
		return nil, err
	}
	if len(found) > 1 {
		return nil, fmt.Errorf("the labels %q select several etcd clusters in namespace %q: %s (select one of them; if they are in one pod, name the container with --container)",
			target.Selector, target.Namespace, strings.Join(names(found), ", "))
	}
	c := found[0]
	if target.Name != "" && len(namedBy(found, target)) == 0 {
		return nil, fmt.Errorf("the labels %q select etcd cluster %q in namespace %q, not %q (omit one of the two)",
			target.Selector, c.name, target.Namespace, target.Name)
	}
	for _, p := range c.pods {
		if _, ok := etcdContainer(p.Spec, target.Container); !ok {
			return nil, fmt.Errorf("pod %q in namespace %q: it is unknown which container runs etcd (%s); name it with --container",
				p.Name, p.Namespace, describeContainers(p.Spec))
		}
	}
	return c, nil
}

// describeContainers lists the containers of a pod and their images for display.
func describeContainers(spec corev1.PodSpec) string {
	all := longRunning(spec)
	texts := make([]string, len(all))
	for i, c := range all {
		texts[i] = fmt.Sprintf("container %q with image %q", c.Name, c.Image)
	}
	return strings.Join(texts, ", ")
}

// read completes a found cluster. Its reads run concurrently: none depends on another, and each is a round trip.
func read(ctx context.Context, objects *objects, found *candidate, target Target, scope readScope) (*Cluster, error) {
	c := &Cluster{Name: found.name, Namespace: found.namespace, Owner: found.owner, Members: found.members(), Target: target}
	if len(found.sets) == 1 {
		c.StatefulSet = found.sets[0]
	}
	if found.ours() {
		c.SealConfig = SealConfig(c.StatefulSet)
	}
	group, ctx := errgroup.WithContext(ctx)
	if c.StatefulSet != nil {
		for _, name := range envConfigMaps(c.StatefulSet.Spec.Template.Spec) {
			// This fills the cache: the reader that needs the ConfigMap gets the error.
			group.Go(func() error { _, _ = objects.ConfigMap(ctx, name); return nil })
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
	var b stateReads
	if scope == scopeState {
		group.Go(func() error { return b.read(ctx, objects.kube, c, found.pods) })
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	c.add(&b)
	c.disambiguateMembers()
	c.adviseUnreachable()
	if text := found.maybeSameText(); text != "" && scope == scopeState {
		c.Surroundings.Incomplete = append(c.Surroundings.Incomplete, text)
	}
	return c, c.checkPorts(time.Now())
}

// disambiguateMembers names members by their pods if several have the same --name.
func (c *Cluster) disambiguateMembers() {
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

// checkPorts returns an error if the client port of a member is not known. A member that does not run is skipped:
// Kubernetes says why it does not.
func (c *Cluster) checkPorts(now time.Time) error {
	for _, m := range c.Members {
		if m.Server.Port != 0 || m.Server.Unreachable != "" || m.trouble() != "" || m.Crashing(now) {
			continue
		}
		why, remedy := strings.Join(m.Server.Unknown, "; "), "pass it with --client-port"
		if m.Server.FreePort {
			why = "with port 0 in --listen-client-urls etcd chooses a free port at each start, which is not known here"
			remedy = "set a port there, as in http://0.0.0.0:2379"
		}
		return fmt.Errorf("etcd cluster %s/%s: it is unknown on which port container %q of pod %q serves clients: %s (%s)",
			c.Namespace, c.Name, m.Server.Container, m.PodName, why, remedy)
	}
	return nil
}

// Foreign returns the owner of the cluster with that name if no StatefulSet makes its pods and none could adopt them. A
// StatefulSet of that name would be a second cluster beside it.
func Foreign(ctx context.Context, kube kubernetes.Interface, namespace, name string) (owner Owner, foreign bool, err error) {
	found, _, err := allCandidates(ctx, newObjects(kube, namespace), "")
	for _, c := range found {
		named := c.name == name || c.suffix != "" && c.owner.Name == name
		if named && len(c.pods) > 0 && c.owner.Kind != OwnerStatefulSet && c.pods[0].Labels[LabelComponent] != ComponentMember {
			return c.owner, true, nil
		}
	}
	return Owner{}, false, err
}

// allCandidates returns every etcd cluster of a namespace, and the number of pods in it. If the container that runs etcd
// is given, the other containers of a pod do not count.
func allCandidates(ctx context.Context, o *objects, container string) (found []*candidate, podCount int, err error) {
	s, err := scanNamespace(ctx, o.kube, o.namespace)
	if err != nil {
		return nil, 0, err
	}
	found = s.candidates()
	if container == "" {
		found = splitByContainer(found)
	}
	found, err = merge(ctx, o.of, found)
	return found, s.podCount, err
}
