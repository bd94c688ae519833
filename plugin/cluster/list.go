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

// Brief is what is known of a cluster without asking etcd, and without a request for each cluster.
type Brief struct {
	Namespace, Name string
	Owner           Owner
	Ready, Members  int    // pods that are Ready; members that there should be
	Version         string // of the image: its tag, several where they differ, or ""
	NotPulled       string // the same of images that cannot be pulled: nobody runs them
	Scheme          string // of clients: http, https, or "" where it cannot be told
	Seal            Seal   // its state is "" where it may not be read
	Incomplete      bool   // a ConfigMap that its pods refer to may not be read, and Scheme or Seal is not known for it
}

// ConfigMapsForbidden is what was not looked at of a cluster that is Unseen: ConfigMaps, and why.
const ConfigMapsForbidden = "ConfigMaps (forbidden)"

// List returns the etcd clusters of a namespace, or with "" of all, by namespace and name; with a name only those that it
// is the name of.
func List(ctx context.Context, kube kubernetes.Interface, namespace, name string) ([]Brief, error) {
	ref, err := parseRef(name)
	if err != nil {
		return nil, err
	}
	var s scan
	var configs map[string][]corev1.ConfigMap // by namespace
	group, listing := errgroup.WithContext(ctx)
	group.Go(func() (err error) { s, err = look(listing, kube, namespace); return err })
	// Those of our manifests say most of what a cluster's pods refer to, in one list instead of two requests for each.
	// Who may not list them may perhaps read them one by one, and is told where not.
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
	found, err := merge(ctx, open, apart(s.candidates()))
	if err != nil {
		return nil, err
	}
	if name != "" {
		found = slices.DeleteFunc(found, func(c *candidate) bool { return c.name != name && !ref.makes(c) })
	}
	briefs := make([]Brief, len(found))
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

func brief(ctx context.Context, o *objects, c *candidate) (Brief, error) {
	places := c.places()
	b := Brief{Namespace: c.namespace, Name: c.name, Owner: c.owner, Members: len(places), Seal: Seal{State: SealNone}}
	for _, m := range places {
		if Ready(m.Pod) {
			b.Ready++
		}
	}
	if len(places) == 0 { // scaled to zero: the next pod would be the first
		if len(c.sets) == 0 {
			return b, nil
		}
		places = []Member{{PodName: c.sets[0].Name + "-0"}}
	}
	b.Version, b.NotPulled = versions(c, places)
	if err := readServer(ctx, o, c, &places[0], Target{}); err != nil {
		return b, err
	}
	b.Scheme = places[0].Server.Scheme
	var err error
	if c.ours() {
		b.Seal, err = readSeal(ctx, o, SealConfig(c.sets[0]))
	}
	if apierrors.IsForbidden(err) {
		b.Seal, err = Seal{}, nil
	}
	b.Incomplete = o.refused.Load() && (b.Scheme == "" || b.Seal.State == "")
	return b, err
}

// versions returns the tags of the images that the members run, or will, and of those that cannot be pulled.
func versions(c *candidate, places []Member) (run, notPulled string) {
	var tags, missing []string
	for _, m := range places {
		container, _ := etcdContainer(c.podOf(m).Spec, c.container)
		name, pulled := imageOf(m, container)
		_, tag, _ := image.Split(name)
		tag = strings.TrimPrefix(tag, "v") // that of etcd's own images
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

// imageOf returns the image of a member's container: the one that it runs, else the one that it is to run, and whether
// that can be had (pkg/kubelet/images/types.go).
func imageOf(m Member, container corev1.Container) (name string, pulled bool) {
	if m.Pod == nil {
		return container.Image, true
	}
	for _, s := range statuses(m.Pod) {
		if s.Name != container.Name {
			continue
		}
		if s.State.Running != nil && s.Image != "" && !strings.HasPrefix(s.Image, "sha256:") { // without a tag it tells no version
			return s.Image, true
		}
		unpulled := []string{"ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "ImageInspectError", "RegistryUnavailable"}
		return container.Image, s.State.Waiting == nil || !slices.Contains(unpulled, s.State.Waiting.Reason)
	}
	return container.Image, true
}
