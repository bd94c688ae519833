package kustomize

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// typed is a rendered cluster in the API's own types.
type typed struct {
	set      appsv1.StatefulSet
	configs  map[string]corev1.ConfigMap
	services map[string]corev1.Service
	budget   policyv1.PodDisruptionBudget
	class    *storagev1.StorageClass
	policy   *networkingv1.NetworkPolicy
	others   map[string]*unstructured.Unstructured // cert-manager's, by kind and name
}

// decode is strict: a field that the API does not know is an error, as it is to
// "kubectl apply --validate=strict".
func decode(t *testing.T, m *Manifests) typed {
	t.Helper()
	c := typed{configs: map[string]corev1.ConfigMap{}, services: map[string]corev1.Service{}, others: map[string]*unstructured.Unstructured{}}
	into := func(data string, v any) {
		if err := yaml.UnmarshalStrict([]byte(data), v); err != nil {
			t.Error(err)
		}
	}
	for i, doc := range strings.Split(string(m.YAML), "\n---\n") {
		switch kind := m.Objects[i].GetKind(); kind {
		case "StatefulSet":
			into(doc, &c.set)
		case "PodDisruptionBudget":
			into(doc, &c.budget)
		case "StorageClass":
			c.class = &storagev1.StorageClass{}
			into(doc, c.class)
		case "ConfigMap":
			var v corev1.ConfigMap
			into(doc, &v)
			c.configs[v.Name] = v
		case "Service":
			var v corev1.Service
			into(doc, &v)
			c.services[v.Name] = v
		case "NetworkPolicy":
			c.policy = &networkingv1.NetworkPolicy{}
			into(doc, c.policy)
		case "Certificate", "Issuer": // the API server has their schema: see the journeys
			c.others[kind+"/"+m.Objects[i].GetName()] = m.Objects[i]
		default:
			t.Errorf("unexpected kind %s", kind)
		}
	}
	return c
}

func TestObjectsAreTheYAML(t *testing.T) {
	m := mustRender(t, Options{Overlay: "gke"})
	docs := strings.Split(string(m.YAML), "\n---\n")
	if len(docs) != len(m.Objects) {
		t.Fatalf("%d documents, %d objects", len(docs), len(m.Objects))
	}
	for i, doc := range docs {
		want, err := yaml.YAMLToJSON([]byte(doc))
		if err != nil {
			t.Fatal(err)
		}
		got, err := m.Objects[i].MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(strings.TrimSpace(string(want)), strings.TrimSpace(string(got))); diff != "" {
			t.Error(diff)
		}
	}
}

// etcd refuses to start if both an ETCD_* variable and its flag are set.
func TestNoVariableHasItsFlagToo(t *testing.T) {
	c := decode(t, mustRender(t, Options{Overlay: "gke"}))
	container := c.set.Spec.Template.Spec.Containers[0]
	given := map[string]bool{}
	for _, arg := range container.Args {
		flag, _, _ := strings.Cut(strings.TrimPrefix(arg, "--"), "=")
		given["ETCD_"+strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))] = true
	}
	for _, env := range container.Env {
		if strings.HasPrefix(env.Name, "ETCD_") {
			t.Errorf("%s is an etcd variable", env.Name)
		}
	}
	for name, config := range c.configs {
		for variable := range config.Data {
			if given[variable] {
				t.Errorf("%s of %s is given as a flag as well", variable, name)
			}
		}
	}
}

// A member's peer URL, after Kubernetes has expanded its argument, must equal the
// member's entry in the initial cluster exactly.
func TestPeerURLIsInTheInitialCluster(t *testing.T) {
	for name, o := range goldens(t) {
		t.Run(name, func(t *testing.T) {
			c := decode(t, mustRender(t, o))
			cluster := c.set.Spec.Template.Labels[instanceLabel]
			if cluster != c.set.Name || cluster != c.set.Spec.ServiceName {
				t.Fatalf("label %q, StatefulSet %q, Service %q", cluster, c.set.Name, c.set.Spec.ServiceName)
			}
			var want []string
			for i := range int(*c.set.Spec.Replicas) {
				pod := cluster + "-" + string(rune('0'+i))
				expand := strings.NewReplacer("$(POD_NAME)", pod, "$(CLUSTER)", cluster)
				for _, arg := range c.set.Spec.Template.Spec.Containers[0].Args {
					if url, ok := strings.CutPrefix(arg, "--initial-advertise-peer-urls="); ok {
						want = append(want, pod+"="+expand.Replace(url))
					}
				}
			}
			got := c.configs[cluster+"-bootstrap"].Data["ETCD_INITIAL_CLUSTER"]
			if diff := cmp.Diff(strings.Join(want, ","), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The seal comes second in envFrom, so that it overrides the bootstrap. Its manifest has
// no data, so that an apply does not remove what the plugin writes.
func TestSeal(t *testing.T) {
	c := decode(t, mustRender(t, Options{Name: "orders", Overlay: "gke"}))
	var refs []string
	for _, from := range c.set.Spec.Template.Spec.Containers[0].EnvFrom {
		refs = append(refs, from.ConfigMapRef.Name)
		if from.ConfigMapRef.Optional != nil {
			t.Errorf("%s is optional", from.ConfigMapRef.Name)
		}
	}
	if diff := cmp.Diff([]string{"orders-bootstrap", "orders-seal"}, refs); diff != "" {
		t.Error(diff)
	}
	if seal := c.configs["orders-seal"]; seal.Data != nil || seal.Immutable != nil {
		t.Errorf("the seal has data %v, immutable %v", seal.Data, seal.Immutable)
	}
	if b := c.configs["orders-bootstrap"]; b.Immutable == nil || !*b.Immutable {
		t.Error("the member list is not immutable")
	}
}

// The constants in Go agree with the values in base.
func TestConstantsAgreeWithBase(t *testing.T) {
	c := decode(t, mustRender(t, Options{Overlay: "gke"}))
	if c.set.Name != DefaultName || *c.set.Spec.Replicas != DefaultReplicas {
		t.Errorf("base has %d members of %q", *c.set.Spec.Replicas, c.set.Name)
	}
	container := c.set.Spec.Template.Spec.Containers[0]
	if repository, _, _ := strings.Cut(container.Image, ":"); repository != officialImage {
		t.Errorf("base has image %s", container.Image)
	}
	if claim := c.set.Spec.VolumeClaimTemplates[0].Spec; *claim.StorageClassName != ownStorageClass || c.class.Name != ownStorageClass {
		t.Errorf("base has class %s, and claims one of %s", c.class.Name, *claim.StorageClassName)
	}
	volume := c.set.Spec.VolumeClaimTemplates[0].Spec.Resources.Requests[corev1.ResourceStorage]
	for _, arg := range container.Args {
		if quota, ok := strings.CutPrefix(arg, "--quota-backend-bytes="); ok {
			q, base, storage := resource.MustParse(quota), resource.MustParse(defaultQuota), resource.MustParse(defaultStorage)
			least := leastVolume(q)
			if q.Cmp(base) != 0 || volume.Cmp(storage) != 0 || least.Cmp(volume) > 0 {
				t.Errorf("quota %s, least volume %s, volume %s", quota, least.String(), volume.String())
			}
		}
	}
}

// The overlay's own StorageClass is not rendered if the user chooses another one.
func TestStorageClass(t *testing.T) {
	for _, o := range mustOverlays(t) {
		c := decode(t, mustRender(t, Options{Overlay: o.Name, StorageClass: "fast"}))
		if got := *c.set.Spec.VolumeClaimTemplates[0].Spec.StorageClassName; got != "fast" || c.class != nil {
			t.Errorf("%s: claims are of class %q, ships %v", o.Name, got, c.class)
		}
	}
}

func TestNotes(t *testing.T) {
	cases := map[string]struct {
		options Options
		want    []string
	}{
		"nothing to say": {options: Options{Overlay: "gke", Expose: ExposeInternal}},
		"no internal kind": {
			Options{Overlay: "local", Expose: ExposeInternal},
			[]string{"the local overlay has no internal balancer kind; the client Service is a plain LoadBalancer, reachable from every network that reaches its address"},
		},
		"no internal kind in a network of your own": {
			Options{Overlay: "vsphere", Expose: ExposeInternal},
			[]string{"the vsphere overlay has no internal balancer kind; the client Service is a plain LoadBalancer, reachable from every network that reaches its address"},
		},
		"no internal kind, and public": {
			Options{Overlay: "linode", Expose: ExposeInternal, TLS: TLSAuto},
			[]string{"the linode overlay has no internal balancer kind; the client Service is a plain LoadBalancer, reachable from the internet"},
		},
		"a policy before the balancer": {
			Options{Overlay: "gke", Expose: ExposeInternal, NetworkPolicy: true},
			[]string{"if the network enforces NetworkPolicies, the NetworkPolicy blocks connections through the load balancer (allow the nodes and the clients with a policy of your own: docs/security.md)"},
		},
		"a policy and no balancer": {options: Options{Overlay: "gke", NetworkPolicy: true}},
		"one member":               {Options{Overlay: "gke", Replicas: 1}, []string{"a cluster of one or two members does not survive the loss of a member: each restart is an outage"}},
		"two members":              {Options{Overlay: "gke", Replicas: 2, Force: true}, []string{"a cluster of one or two members does not survive the loss of a member: each restart is an outage"}},
		"small volume":             {Options{Overlay: "gke", Storage: "1024Mi", Force: true}, []string{"a volume of 1Gi can fill up before etcd's quota of 2Gi stops writes"}},
		"half of the volume":       {Options{Overlay: "gke", Quota: "4Gi"}, []string{"a volume of 8Gi can fill up before etcd's quota of 4Gi stops writes"}},
		"a quarter":                {options: Options{Overlay: "gke", Quota: "8Gi", Storage: "32Gi"}},
		"more than etcd suggests": {
			Options{Overlay: "gke", Quota: "16Gi", Storage: "64Gi"},
			[]string{"a quota of 16Gi is more than the 8Gi that etcd suggests at most: with a larger database, a start, a defragmentation and a snapshot to a lagging member take longer"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, mustRender(t, c.options).Notes); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A drill signals etcd from another container, which must share etcd's process namespace and user. Without the option,
// each container has its own process namespace.
func TestDrillable(t *testing.T) {
	for _, o := range mustOverlays(t) {
		for _, drillable := range []bool{false, true} {
			pod := decode(t, mustRender(t, Options{Overlay: o.Name, Drillable: drillable})).set.Spec.Template.Spec
			if got := pod.ShareProcessNamespace; drillable && (got == nil || !*got) || !drillable && got != nil {
				t.Errorf("%s, drillable %v: shareProcessNamespace is %v", o.Name, drillable, got)
			}
			if user := pod.SecurityContext.RunAsUser; user == nil || *user == 0 || pod.Containers[0].SecurityContext.RunAsUser != nil {
				t.Errorf("%s: etcd's user is not the pod's, %v", o.Name, user)
			}
		}
	}
}
