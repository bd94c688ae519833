package cluster

import (
	"fmt"
	"strings"
)

// The labels of every object of a cluster that was deployed from these manifests (base/). Names follow a namePrefix or
// nameSuffix of somebody's kustomization; labels are what finds the objects all the same.
const (
	LabelName      = "app.kubernetes.io/name"
	LabelInstance  = "app.kubernetes.io/instance"
	LabelComponent = "app.kubernetes.io/component"
)

// The components that carry them.
const (
	ComponentMember    = "member"
	ComponentClient    = "client"
	ComponentBootstrap = "bootstrap"
	ComponentSeal      = "seal"

	// Of Secrets: an authority's has the private key of a CA, and no pod mounts it; root's has the password of that user
	// of etcd's.
	ComponentAuthority   = "authority"
	ComponentCertificate = "certificate"
	ComponentRoot        = "root"
)

// Selector returns a label selector for the objects of the named cluster, or with "" of every cluster, of the given
// components, or without them of all. The components are named in any case: charts of other people use the first two
// labels too.
func Selector(name string, components ...string) string {
	if len(components) == 0 {
		components = []string{ComponentMember, ComponentClient, ComponentBootstrap, ComponentSeal}
	}
	selector := fmt.Sprintf("%s=etcd,%s in (%s)", LabelName, LabelComponent, strings.Join(components, ","))
	if name != "" {
		selector += "," + LabelInstance + "=" + name
	}
	return selector
}

// The two settings that the bootstrap and the seal ConfigMap carry, by their names in etcd's environment.
const (
	EnvInitialCluster      = "ETCD_INITIAL_CLUSTER"
	EnvInitialClusterState = "ETCD_INITIAL_CLUSTER_STATE"
)

// closedSeal is a member list that no member can find itself in: etcd without a WAL stops with
// "couldn't find local name", etcd with a WAL ignores it (server/etcdserver/bootstrap.go).
const closedSeal = "sealed=http://sealed.invalid:2380"

// alias prefixes the names of all members but the admitted one in an open seal. A plain list would let any other
// member without data start under its old identity.
const alias = "x"

// SealState says whether members without data can start.
type SealState string

// The states of a seal.
const (
	SealNone    SealState = "none"    // no seal ConfigMap: the cluster was not made by these manifests
	SealMissing SealState = "missing" // the pods read a seal ConfigMap that is not there: no container can start
	SealEmpty   SealState = "empty"   // not sealed yet: every member can bootstrap
	SealOpen    SealState = "open"    // one named member without data is admitted
	SealClosed  SealState = "closed"  // no member without data can start
)

// Seal is the state of a cluster's seal.
type Seal struct {
	State  SealState
	Admits string // with SealOpen: the member that may start without data
}

// String tells the state for people.
func (s Seal) String() string {
	if s.State == SealOpen {
		return fmt.Sprintf("open for %s", s.Admits)
	}
	return string(s.State)
}

// SealedData returns the data of a closed seal.
func SealedData() map[string]string {
	return map[string]string{EnvInitialCluster: closedSeal, EnvInitialClusterState: "existing"}
}

// OpenData returns the data of a seal that admits one member: peers maps the name of every member of the cluster
// to its peer URL, in the exact membership that etcd has, or the new member would refuse to start.
func OpenData(admit string, names []string, peers map[string]string) map[string]string {
	entries := make([]string, len(names))
	for i, name := range names {
		shown := fmt.Sprintf("%s%d", alias, i)
		if name == admit {
			shown = name
		}
		entries[i] = shown + "=" + peers[name]
	}
	return map[string]string{EnvInitialCluster: strings.Join(entries, ","), EnvInitialClusterState: "existing"}
}

// ParseSeal reads a seal ConfigMap's data.
func ParseSeal(data map[string]string) Seal {
	list := data[EnvInitialCluster]
	switch list {
	case "":
		return Seal{State: SealEmpty}
	case closedSeal:
		return Seal{State: SealClosed}
	}
	seal := Seal{State: SealOpen}
	for i, entry := range strings.Split(list, ",") {
		name, _, _ := strings.Cut(entry, "=")
		if name != fmt.Sprintf("%s%d", alias, i) {
			seal.Admits = name
		}
	}
	return seal
}
