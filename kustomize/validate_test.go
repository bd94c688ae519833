package kustomize

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestValidate(t *testing.T) {
	var names []string
	for _, o := range mustOverlays(t) {
		names = append(names, o.Name)
	}
	all := strings.Join(names, ", ")
	cases := map[string]struct {
		options Options
		want    string // empty: valid
	}{
		"all defaults": {},
		"everything chosen": {options: Options{
			Name: "orders", Namespace: "data", Replicas: 5, Storage: "20Gi", StorageClass: "fast.example",
			EtcdVersion: "v3.6.16", Image: "registry.example:5000/a/etcd", Expose: ExposeInternal,
		}},

		"name with a capital": {Options{Name: "Etcd"}, `invalid cluster name "Etcd" (use lower-case letters, digits and dashes, a letter first)`},
		"name with a digit first": {
			Options{Name: "3etcd"},
			`invalid cluster name "3etcd" (use lower-case letters, digits and dashes, a letter first)`,
		},
		"name as long as allowed": {options: Options{Name: strings.Repeat("a", 52)}},
		"name too long": {
			Options{Name: strings.Repeat("a", 53)},
			`cluster name "` + strings.Repeat("a", 53) + `" has 53 characters (use at most 52, Kubernetes appends to it)`,
		},
		"name of another's client Service": {
			Options{Name: "etcd-client"},
			`invalid cluster name "etcd-client" (use another ending, the client Service of cluster "etcd" has this name)`,
		},
		"namespace": {Options{Namespace: "a.b"}, `invalid namespace "a.b" (use at most 63 lower-case letters, digits and dashes)`},

		"no overlay":      {Options{Overlay: "-"}, `no overlay given (choose one of ` + all + `)`},
		"unknown overlay": {Options{Overlay: "nimbus"}, `unknown overlay "nimbus" (choose one of ` + all + `)`},
		"overlay as path": {Options{Overlay: "../base"}, `unknown overlay "../base" (choose one of ` + all + `)`},

		"one member":    {options: Options{Replicas: 1}},
		"seven members": {options: Options{Replicas: 7}},
		"minus":         {Options{Replicas: -1}, `invalid member count -1 (use 1, 3, 5 or 7)`},
		"two members": {
			Options{Replicas: 2},
			`2 members need 2 for a quorum and survive the loss of 0, as 1 members do, but have one more member that can fail (use 1 or 3, or --force)`,
		},
		"four members": {
			Options{Replicas: 4},
			`4 members need 3 for a quorum and survive the loss of 1, as 3 members do, but have one more member that can fail (use 3 or 5, or --force)`,
		},
		"nine members": {
			Options{Replicas: 9},
			`9 members: every write waits for 5 of them, so more members are slower (use at most 7, or --force)`,
		},
		"forced": {options: Options{Replicas: 4, Force: true}},
		"forced beyond reason": {
			Options{Replicas: 100, Force: true},
			`invalid member count 100 (use 1, 3, 5 or 7)`,
		},

		"size without a number": {Options{Storage: "big"}, `invalid storage size "big" (use a quantity like 8Gi)`},
		"size of nothing":       {Options{Storage: "0"}, `invalid storage size "0" (use a quantity like 8Gi)`},
		"size too small": {
			Options{Storage: "1Gi"},
			`storage size "1Gi" is too small: the database may grow to 2Gi, its defragmentation needs the same space again, and a full disk stops the member (use at least 5Gi, a smaller --quota, or --force)`,
		},
		"small size for a small quota": {options: Options{Storage: "1Gi", Quota: "512Mi"}},
		"small size that exists":       {options: Options{Storage: "1Gi", Kept: Kept{Storage: true}}},
		"small size forced":            {options: Options{Storage: "1Gi", Force: true}},

		"quota":                   {options: Options{Quota: "4Gi"}},
		"quota that is no size":   {Options{Quota: "much"}, `invalid quota "much" (use a quantity like 4Gi)`},
		"quota of nothing":        {Options{Quota: "0"}, `invalid quota "0" (use a quantity like 4Gi)`},
		"quota below nothing":     {Options{Quota: "-4Gi", Force: true}, `invalid quota "-4Gi" (use a quantity like 4Gi)`},
		"quota of half a byte":    {Options{Quota: "0.5", Force: true}, `invalid quota "0.5" (use a quantity like 4Gi)`},
		"quota beyond all":        {Options{Quota: "1e99", Force: true}, `invalid quota "1e99" (use a quantity like 4Gi)`},
		"quota with a fraction":   {options: Options{Quota: "1.5Gi"}},
		"quota as small as wise":  {options: Options{Quota: "16Mi"}},
		"quota too small":         {Options{Quota: "1Mi"}, `quota "1Mi" is too small: little more than an hour of history fills it, and a full database refuses writes (use at least 16Mi, or --force)`},
		"quota too small, forced": {options: Options{Quota: "1Mi", Force: true}},
		"quota beyond half of the volume": {
			Options{Quota: "5Gi"},
			`quota "5Gi" leaves no room in a volume of 8Gi: a defragmentation writes a second copy of the database to the volume (use at most 4Gi, larger volumes, or --force)`,
		},
		"the same, forced":               {options: Options{Quota: "5Gi", Force: true}},
		"the same, in larger volumes":    {options: Options{Quota: "5Gi", Storage: "10Gi"}},
		"the same, in the overlay's own": {options: Options{Quota: "5Gi", Overlay: "hetzner"}},
		"the same, in volumes that grew": {options: Options{Quota: "5Gi", Storage: "8Gi", Volume: "16Gi"}},
		"quota as large as the volume": {
			Options{Quota: "8Gi", Force: true},
			`quota "8Gi" does not fit a volume of 8Gi: a full disk stops the member, but the quota stops only writes (use at most 4Gi, or larger volumes)`,
		},
		"quota as large as a volume that exists": {
			Options{Quota: "8Gi", Storage: "4Gi", Kept: Kept{Storage: true}},
			`quota "8Gi" does not fit a volume of 4Gi: a full disk stops the member, but the quota stops only writes (use at most 2Gi, or larger volumes)`,
		},
		"quota that somebody has set": {options: Options{Quota: "8Gi", Kept: Kept{Quota: true}}},
		"quota that somebody turned off": {
			Options{Quota: "-1", Kept: Kept{Quota: true}},
			`the cluster has the quota "-1", which is not a valid size (choose another with --quota, like 4Gi)`,
		},
		"storage class": {Options{StorageClass: "a b"}, `invalid storage class "a b" (kubectl get storageclass lists them)`},

		"release candidate":  {options: Options{EtcdVersion: "3.8.0-rc.1"}},
		"first with gates":   {options: Options{EtcdVersion: "3.6.0"}},
		"version too old":    {Options{EtcdVersion: "3.5.35"}, `etcd 3.5.35 is not supported: it has neither --feature-gates nor upstream support (use 3.6 or later)`},
		"version of two":     {Options{EtcdVersion: "3.7"}, `invalid etcd version "3.7" (use all three numbers, like 3.7.3)`},
		"version with build": {Options{EtcdVersion: "3.7.3+a"}, `invalid etcd version "3.7.3+a" (use all three numbers, like 3.7.3)`},
		"version latest":     {Options{EtcdVersion: "latest"}, `invalid etcd version "latest" (use all three numbers, like 3.7.3)`},

		"image with tag": {
			Options{Image: "registry.example:5000/etcd:v3.7.3"},
			`image "registry.example:5000/etcd:v3.7.3" has a tag or digest (omit it, --etcd-version chooses the tag)`,
		},
		"image with digest": {
			Options{Image: "example.org/etcd@sha256:00"},
			`image "example.org/etcd@sha256:00" has a tag or digest (omit it, --etcd-version chooses the tag)`,
		},
		"image with a space": {Options{Image: "a b"}, `invalid image "a b" (use a repository like gcr.io/etcd-development/etcd)`},

		"public": {Options{Expose: ExposePublic}, `a public load balancer is refused without TLS: everyone could read and write all keys (use --expose internal)`},
		"internal where there is only public": {
			Options{Overlay: "linode", Expose: ExposeInternal},
			`the linode overlay has no internal load balancer, and a public load balancer is refused without TLS: everyone could read and write all keys (use --tls auto, or --expose none)`,
		},
		"the same with TLS":  {options: Options{Overlay: "linode", Expose: ExposeInternal, TLS: TLSAuto}},
		"internal by itself": {options: Options{Overlay: "vsphere", Expose: ExposeInternal}},
		"unknown exposure":   {Options{Expose: "all"}, `unknown exposure "all" (choose one of none, internal, public)`},
		"several at once":    {Options{Name: "A", Expose: "all"}, "invalid cluster name \"A\" (use lower-case letters, digits and dashes, a letter first)\nunknown exposure \"all\" (choose one of none, internal, public)"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			switch c.options.Overlay {
			case "":
				c.options.Overlay = "gke"
			case "-":
				c.options.Overlay = ""
			}
			got := ""
			if err := c.options.Validate(); err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if _, err := Render(c.options); (err != nil) != (c.want != "") {
				t.Errorf("Render: %v", err)
			}
		})
	}
}
