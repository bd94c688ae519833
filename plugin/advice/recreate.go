package advice

import (
	"cmp"
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// rejoinWithoutData returns the steps by which a member of a cluster without a seal starts without data, and gets the data
// of the others. It needs a new member ID, because the others rely on what the old one acknowledged.
//
// Its start configuration is changed first and its data deleted last. Once the old member is removed, the existing pod may
// restart with the old configuration, and data that it writes then is useless ("permanently removed").
func (v view) rejoinWithoutData(m report.Member) []string {
	member, _ := v.Member(m.Name)
	steps := v.joinExisting(member.Server)
	if m.ID != "" || len(v.status.Voters()) == 0 {
		steps = append(steps, v.removal(m))
	}
	steps = append(steps, v.ctlOnOther(m)+"member add "+m.Name+" --peer-urls="+cmp.Or(strings.Join(m.PeerURLs, ","), member.Server.Start.PeerURLs, "URL"))
	steps = append(steps, v.deleteData(member)...)
	switch {
	case v.StatefulSet != nil:
		pod := cmp.Or(member.PodName, m.Pod)
		return append(append(steps, v.Kubectl("delete pod "+pod)), v.restoreInitialState(member.Server, pod)...)
	case v.Owner.Kind == cluster.OwnerNode || member.PodName == "":
		return append(steps, "start it")
	}
	return append(steps, v.Kubectl("delete pod "+member.PodName), "create its pod again")
}

// joinExisting returns the steps that make a member start with --initial-cluster-state=existing. They first set the update
// strategy to OnDelete: a changed template would restart the other members too, and lose the data that is deleted with a
// pod.
func (v view) joinExisting(s cluster.Server) []string {
	if s.Start.Existing {
		return nil
	}
	if v.StatefulSet == nil {
		return []string{"configure it to start with --initial-cluster-state=existing and with the initial cluster that \"member add\" prints"}
	}
	set := "statefulset " + v.StatefulSet.Name
	steps := v.useOnDelete()
	if stateFromEnv(s) {
		return append(steps, v.setState(s, "=existing"))
	}
	return append(steps,
		"set initial-cluster-state to existing in the place where it is set now (--initial-cluster-state, ETCD_INITIAL_CLUSTER_STATE or the configuration file):",
		v.Kubectl("edit "+set))
}

// useOnDelete returns the steps that keep a changed template of the StatefulSet from restarting members.
func (v view) useOnDelete() []string {
	if v.StatefulSet.Spec.UpdateStrategy.Type == appsv1.OnDeleteStatefulSetStrategyType {
		return nil
	}
	return []string{
		"keep a changed template from restarting other members:",
		v.Kubectl("patch statefulset "+v.StatefulSet.Name) + ` --type=merge -p '{"spec":{"updateStrategy":{"type":"OnDelete","rollingUpdate":null}}}'`,
	}
}

// restoreInitialState returns the steps that undo joinExisting once the new pod exists. With "existing" a member that loses
// its data later would start empty under its old ID, although the others rely on the writes that it acknowledged.
func (v view) restoreInitialState(s cluster.Server, pod string) []string {
	if s.Start.Existing {
		return nil
	}
	steps := []string{
		"once the new pod exists, set initial-cluster-state back to its earlier value, so that no member that loses its data later can start empty:",
		v.Kubectl("wait --for=create pod/"+pod) + " --timeout=2m",
	}
	if stateFromEnv(s) {
		return append(steps, v.setState(s, "-"))
	}
	return append(steps, v.Kubectl("edit statefulset "+v.StatefulSet.Name))
}

// stateFromEnv reports whether etcd takes its initial cluster state from an environment variable, or would if one was set.
func stateFromEnv(s cluster.Server) bool { return !s.Start.Fixed && s.Container != "" }

func (v view) setState(s cluster.Server, value string) string {
	return v.Kubectl(fmt.Sprintf("set env statefulset %s -c %s ETCD_INITIAL_CLUSTER_STATE%s", v.StatefulSet.Name, s.Container, value))
}

// deleteData returns the steps that delete a member's data, so that its next pod starts without.
func (v view) deleteData(member cluster.Member) []string {
	volume, err := member.DataVolume()
	switch {
	case err != nil:
		return []string{"empty its data directory"}
	case volume == nil || volume.EmptyDir != nil || volume.Ephemeral != nil:
		return nil // deleted with the pod
	case volume.PersistentVolumeClaim != nil:
		return []string{v.Kubectl("delete persistentvolumeclaim " + volume.PersistentVolumeClaim.ClaimName + " --wait=false")}
	case volume.HostPath != nil:
		return []string{fmt.Sprintf("empty %s on node %q", member.Server.DataDir, member.Node())}
	}
	return []string{"empty its data directory"}
}
