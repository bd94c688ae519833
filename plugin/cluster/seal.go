package cluster

import (
	"fmt"
	"strings"
)

// The labels of every object of a cluster that was deployed from these manifests (base/). Objects are found by label,
// because a user's kustomization may change names with namePrefix or nameSuffix.
const (
	LabelName      = "app.kubernetes.io/name"
	LabelInstance  = "app.kubernetes.io/instance"
	LabelComponent = "app.kubernetes.io/component"
)

// The values of LabelComponent.
const (
	ComponentMember    = "member"
	ComponentClient    = "client"
	ComponentBootstrap = "bootstrap"
	ComponentSeal      = "seal"

	// Components of Secrets. An authority's has the private key of a CA, and no pod mounts it; root's has the password
	// of etcd's user root.
	ComponentAuthority   = "authority"
	ComponentCertificate = "certificate"
	ComponentRoot        = "root"
)

// Selector returns a label selector for the objects of the named cluster, or with "" of every cluster. Without
// components it selects all but Secrets. It always names the components, because the charts of others use the first two
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

// The settings in the bootstrap and the seal ConfigMap, by their names in etcd's environment.
const (
	EnvInitialCluster      = "ETCD_INITIAL_CLUSTER"
	EnvInitialClusterState = "ETCD_INITIAL_CLUSTER_STATE"
)

// closedSeal is a member list without any member. etcd without a WAL exits with "couldn't find local name", etcd with a
// WAL ignores the list (server/etcdserver/bootstrap.go).
const closedSeal = "sealed=http://sealed.invalid:2380"

// aliasPrefix begins the names of all members but the admitted one in an open seal. With their real names, any other
// member without data could start under its old identity.
const aliasPrefix = "x"

// SealState says whether members without data can start.
type SealState string

// The states of a seal.
const (
	SealNone    SealState = "none"    // no seal ConfigMap: the cluster was not made by these manifests
	SealMissing SealState = "missing" // the seal ConfigMap that the pods read does not exist: no container can start
	SealEmpty   SealState = "empty"   // not sealed yet: every member can bootstrap
	SealOpen    SealState = "open"    // one named member without data is admitted
	SealClosed  SealState = "closed"  // no member without data can start
)

// Seal is the state of a cluster's seal.
type Seal struct {
	State  SealState
	Admits string // with SealOpen: the member that may start without data
}

// String returns the state for display.
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

// OpenData returns the data of a seal that admits one member. names has every member, and peers maps each to its peer
// URL. They have to match etcd's membership exactly, or the new member would refuse to start.
func OpenData(admit string, names []string, peers map[string]string) map[string]string {
	entries := make([]string, len(names))
	for i, name := range names {
		shown := fmt.Sprintf("%s%d", aliasPrefix, i)
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
		if name != fmt.Sprintf("%s%d", aliasPrefix, i) {
			seal.Admits = name
		}
	}
	return seal
}
