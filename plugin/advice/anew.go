package advice

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// anew is how a member of a cluster without a seal starts without data, and gets that of the others: it needs a new
// identity, for the others remember what the old one had acknowledged.
//
// How it starts is changed first, and its data goes last: once the old identity is removed nothing keeps the pod that
// there still is from starting as it used to, and what it writes then is of no use ("permanently removed").
func (v view) anew(m report.Member) []string {
	place, _ := v.Member(m.Name)
	steps := v.startsExisting()
	if m.ID != "" || len(v.status.Voters()) == 0 {
		steps = append(steps, v.removal(m))
	}
	steps = append(steps, v.others(m)+"member add "+m.Name+" --peer-urls="+cmp.Or(strings.Join(m.PeerURLs, ","), "URL"))
	steps = append(steps, v.withoutData(place)...)
	switch {
	case v.StatefulSet != nil:
		return append(steps, v.Kubectl("delete pod "+cmp.Or(place.PodName, m.Pod)))
	case v.Owner.Kind == cluster.OwnerNode || place.PodName == "":
		return append(steps, "start it")
	}
	return append(steps, v.Kubectl("delete pod "+place.PodName), "make its pod anew")
}

// startsExisting is how a member is told to join those that there are. A changed template restarts the other members as
// well, unless it is said before that it does not; where their data goes with the pods that would be its end.
func (v view) startsExisting() []string {
	if v.StatefulSet == nil {
		return []string{"see to it that it starts with --initial-cluster-state=existing, and with the member list that \"member add\" prints"}
	}
	set := "statefulset " + v.StatefulSet.Name
	return []string{
		"see to it that a changed template restarts no other member:",
		v.Kubectl("patch "+set) + ` --type=merge -p '{"spec":{"updateStrategy":{"type":"OnDelete","rollingUpdate":null}}}'`,
		"set initial-cluster-state to existing, where it is set now: --initial-cluster-state, ETCD_INITIAL_CLUSTER_STATE, or its configuration file",
		v.Kubectl("edit " + set),
	}
}

// withoutData is how the next pod of a member begins without data.
func (v view) withoutData(place cluster.Member) []string {
	volume, err := place.DataVolume()
	switch {
	case err != nil:
		return []string{"empty its data directory"}
	case volume == nil || volume.EmptyDir != nil || volume.Ephemeral != nil:
		return nil // it goes with the pod
	case volume.PersistentVolumeClaim != nil:
		return []string{v.Kubectl("delete persistentvolumeclaim " + volume.PersistentVolumeClaim.ClaimName + " --wait=false")}
	case volume.HostPath != nil:
		return []string{fmt.Sprintf("empty %s on node %q", place.Server.DataDir, place.Node())}
	}
	return []string{"empty its data directory"}
}
