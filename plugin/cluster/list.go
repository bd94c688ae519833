package cluster

import (
	"context"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster/image"
)

// Summary is what is known of a cluster without a request to etcd, and without a request per cluster to the API server.
type Summary struct {
	Namespace, Name string
	Owner           Owner
	Ready, Members  int    // pods that are Ready; desired members
	Version         string // tags of the images that run, separated by commas; "" if they show none
	NotPulled       string // tags of the images that cannot be pulled: no member runs them
	Scheme          string // of clients: http, https, or "" if it is not known
	Seal            Seal   // its State is "" if the caller may not get its ConfigMap
	Incomplete      bool   // Scheme or Seal is unknown, because the caller may not get a ConfigMap that the pods refer to
}

// ConfigMapsForbidden is the evidence that is missing from a Brief that is Incomplete, with the reason.
const ConfigMapsForbidden = "ConfigMaps (forbidden)"

// List returns the etcd clusters of a namespace, or with "" of all namespaces, by namespace and name. With a name it
// returns only those that the name refers to.
func List(ctx context.Context, kube kubernetes.Interface, namespace, name string) ([]Summary, error) {
	ref, err := parseRef(name)
	if err != nil {
		return nil, err
	}
	var s scan
	var configs map[string][]corev1.ConfigMap // by namespace
	group, listing := errgroup.WithContext(ctx)
	group.Go(func() (err error) { s, err = scanNamespace(listing, kube, namespace); return err })
	// For clusters of our manifests one list of their ConfigMaps replaces two requests per cluster. A caller who may not
	// list them may still get them one by one; if that is forbidden too, the Brief is incomplete.
	group.Go(func() error { configs, _ = ownConfigs(listing, kube, namespace); return nil })
	if err := group.Wait(); err != nil {
		return nil, err
	}
	shared := map[string]*objects{}
	open := func(namespace string) *objects {
		if shared[namespace] == nil {
			shared[namespace] = newObjects(kube, namespace)
			shared[namespace].add(configs[namespace])
		}
		return shared[namespace]
	}
	found, err := merge(ctx, open, splitByContainer(s.candidates()))
	if err != nil {
		return nil, err
	}
	if name != "" {
		found = slices.DeleteFunc(found, func(c *candidate) bool { return c.name != name && !ref.makes(c) })
	}
	briefs := make([]Summary, len(found))
	group, ctx = errgroup.WithContext(ctx)
	group.SetLimit(readers)
	for i, c := range found {
		objects := open(c.namespace)
		group.Go(func() (err error) {
			briefs[i], err = brief(ctx, objects, c)
			return err
		})
	}
	return briefs, group.Wait()
}

func ownConfigs(ctx context.Context, kube kubernetes.Interface, namespace string) (map[string][]corev1.ConfigMap, error) {
	found := map[string][]corev1.ConfigMap{}
	options := metav1.ListOptions{LabelSelector: Selector("", ComponentBootstrap, ComponentSeal)}
	_, err := eachPage(ctx, options, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
		return kube.CoreV1().ConfigMaps(namespace).List(ctx, o)
	}, func(cm *corev1.ConfigMap) { found[cm.Namespace] = append(found[cm.Namespace], *cm) })
	if err != nil {
		return nil, err
	}
	return found, nil
}

func brief(ctx context.Context, o *objects, c *candidate) (Summary, error) {
	members := c.members()
	b := Summary{Namespace: c.namespace, Name: c.name, Owner: c.owner, Members: len(members), Seal: Seal{State: SealNone}}
	for _, m := range members {
		if Ready(m.Pod) {
			b.Ready++
		}
	}
	if len(members) == 0 { // scaled to 0: the next pod would be the first
		if len(c.sets) == 0 {
			return b, nil
		}
		members = []Member{{PodName: c.sets[0].Name + "-0"}}
	}
	b.Version, b.NotPulled = versions(c, members)
	if err := readServer(ctx, o, c, &members[0], Target{}); err != nil {
		return b, err
	}
	b.Scheme = members[0].Server.Scheme
	var err error
	if c.ours() {
		b.Seal, err = readSeal(ctx, o, SealConfig(c.sets[0]))
	}
	if apierrors.IsForbidden(err) {
		b.Seal, err = Seal{}, nil
	}
	b.Incomplete = o.forbidden.Load() && (b.Scheme == "" || b.Seal.State == "")
	return b, err
}

// versions returns the image tags that the members run or are to run, and those that cannot be pulled.
func versions(c *candidate, members []Member) (run, notPulled string) {
	var tags, missing []string
	for _, m := range members {
		container, _ := etcdContainer(c.podOf(m).Spec, c.container)
		name, pulled := imageOf(m, container)
		_, tag, _ := image.Split(name)
		tag = strings.TrimPrefix(tag, "v") // etcd's own images have it
		switch {
		case tag == "":
		case !pulled && !slices.Contains(missing, tag):
			missing = append(missing, tag)
		case pulled && !slices.Contains(tags, tag):
			tags = append(tags, tag)
		}
	}
	return strings.Join(tags, ","), strings.Join(missing, ",")
}

// imageOf returns the image of a member's container: the one that it runs, else the one in its spec. pulled is false if
// the kubelet could not pull it (pkg/kubelet/images/types.go).
func imageOf(m Member, container corev1.Container) (name string, pulled bool) {
	if m.Pod == nil {
		return container.Image, true
	}
	for _, s := range statuses(m.Pod) {
		if s.Name != container.Name {
			continue
		}
		if s.State.Running != nil && s.Image != "" && !strings.HasPrefix(s.Image, "sha256:") { // a digest shows no version
			return s.Image, true
		}
		unpulled := []string{"ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "ImageInspectError", "RegistryUnavailable"}
		return container.Image, s.State.Waiting == nil || !slices.Contains(unpulled, s.State.Waiting.Reason)
	}
	return container.Image, true
}
