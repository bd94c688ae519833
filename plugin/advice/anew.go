package advice

import (
	"cmp"
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"

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
	steps := v.startsExisting(place.Server)
	if m.ID != "" || len(v.status.Voters()) == 0 {
		steps = append(steps, v.removal(m))
	}
	steps = append(steps, v.others(m)+"member add "+m.Name+" --peer-urls="+cmp.Or(strings.Join(m.PeerURLs, ","), place.Server.Start.PeerURLs, "URL"))
	steps = append(steps, v.withoutData(place)...)
	switch {
	case v.StatefulSet != nil:
		pod := cmp.Or(place.PodName, m.Pod)
		return append(append(steps, v.Kubectl("delete pod "+pod)), v.setBack(place.Server, pod)...)
	case v.Owner.Kind == cluster.OwnerNode || place.PodName == "":
		return append(steps, "start it")
	}
	return append(steps, v.Kubectl("delete pod "+place.PodName), "make its pod anew")
}

// startsExisting is how a member is told to join those that there are. A changed template restarts the other members as
// well, unless it is said before that it does not; where their data goes with the pods that would be its end.
func (v view) startsExisting(s cluster.Server) []string {
	if s.Start.Existing {
		return nil
	}
	if v.StatefulSet == nil {
		return []string{"see to it that it starts with --initial-cluster-state=existing, and with the member list that \"member add\" prints"}
	}
	set := "statefulset " + v.StatefulSet.Name
	steps := v.restartNone()
	if byEnv(s) {
		return append(steps, v.setState(s, "=existing"))
	}
	return append(steps,
		"set initial-cluster-state to existing, where it is set now: --initial-cluster-state, ETCD_INITIAL_CLUSTER_STATE, or its configuration file",
		v.Kubectl("edit "+set))
}

// restartNone keeps a changed template of the StatefulSet from restarting members.
func (v view) restartNone() []string {
	if v.StatefulSet.Spec.UpdateStrategy.Type == appsv1.OnDeleteStatefulSetStrategyType {
		return nil
	}
	return []string{
		"see to it that a changed template restarts no other member:",
		v.Kubectl("patch statefulset "+v.StatefulSet.Name) + ` --type=merge -p '{"spec":{"updateStrategy":{"type":"OnDelete","rollingUpdate":null}}}'`,
	}
}

// setBack makes members start as they did before, once the new pod is there: told that they join an existing cluster, those
// that lose their data later would start empty under an identity whose acknowledged writes the others count on.
func (v view) setBack(s cluster.Server, pod string) []string {
	if s.Start.Existing {
		return nil
	}
	steps := []string{
		"once its pod is made, set that back, so that no member that loses its data starts without:",
		v.Kubectl("wait --for=create pod/"+pod) + " --timeout=2m",
	}
	if byEnv(s) {
		return append(steps, v.setState(s, "-"))
	}
	return append(steps, v.Kubectl("edit statefulset "+v.StatefulSet.Name))
}

// byEnv reports whether a variable tells etcd that it joins an existing cluster, or would.
func byEnv(s cluster.Server) bool { return !s.Start.Fixed && s.Container != "" }

func (v view) setState(s cluster.Server, value string) string {
	return v.Kubectl(fmt.Sprintf("set env statefulset %s -c %s ETCD_INITIAL_CLUSTER_STATE%s", v.StatefulSet.Name, s.Container, value))
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
