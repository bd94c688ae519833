package advice

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

func down(m *report.Member) {
	*m = report.Member{Name: m.Name, Pod: m.Pod, ID: m.ID, Error: "no answer within 3s"}
}

func lost(m *report.Member) {
	down(m)
	m.Error = `CrashLoopBackOff, exit code 1, restarted 3 times: couldn't find local name "etcd-1" in the initial cluster configuration`
}

func unanswered(m *report.Member) { m.Healthy = false }

func noQuorum(s *subject) { s.status.Quorum.Have = 0 }

// crashes makes etcd of the last but one member end after each start, with this termination message.
func crashes(words string) func(*subject) {
	return func(s *subject) {
		s.cluster.Members[max(0, len(s.cluster.Members)-2)].Pod.Status.ContainerStatuses = []corev1.ContainerStatus{{
			Name: "etcd", RestartCount: 4,
			State:                corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}},
			LastTerminationState: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 1, Message: words}},
		}}
	}
}

func learner(m *report.Member) { m.Role, m.RaftAppliedIndex = report.Learner, 40_000 }

// podless makes the fourth member a learner without a pod.
func podless(s *subject) {
	s.status.Members[3] = report.Member{Name: "etcd-3", ID: "a3", Role: report.Learner, Error: "no pod"}
	s.cluster.Members = s.cluster.Members[:3]
	if s.cluster.StatefulSet != nil {
		s.cluster.StatefulSet.Spec.Replicas = ptrTo(3)
	}
}

func notAMember(m *report.Member) { m.ID = "" }

// initialCluster gives every pod an --initial-cluster of these members.
func initialCluster(names ...string) func(*subject) {
	return func(s *subject) {
		for i := range s.cluster.Members {
			m := &s.cluster.Members[i]
			m.Server.Start = cluster.Start{Initial: names, PeerURLs: "http://" + m.Name + ".etcd:2380"}
		}
	}
}

// ends makes etcd of one pod end after each start, with this end of its log.
func ends(i, code int, words string) func(*subject) {
	return func(s *subject) {
		m := &s.cluster.Members[i]
		m.LastLogLines = map[string]string{"etcd": words}
		m.Pod.Status.ContainerStatuses = []corev1.ContainerStatus{{
			Name: "etcd", RestartCount: 4,
			State:                corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}},
			LastTerminationState: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: int32(code), Message: ""}},
		}}
	}
}

// waits makes the container of one pod wait with a reason and message, and with a message of its last event, news.
func waits(i int, reason, message, news string) func(*subject) {
	return func(s *subject) {
		m := &s.cluster.Members[i]
		m.News = news
		m.Pod.Status.Phase = corev1.PodPending
		m.Pod.Status.ContainerStatuses = []corev1.ContainerStatus{{
			Name: "etcd", State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}},
		}}
	}
}

// ghost adds a voter that never started.
func ghost(s *subject) {
	s.status.Members = append(s.status.Members, report.Member{Name: "ghost", ID: "a9", PeerURLs: []string{"http://ghost:2380"}, Error: "no pod"})
	s.status.Quorum.Need = len(s.status.Voters())/2 + 1
}

// quotaDenies removes the pods: a ResourceQuota does not allow them to be created.
func quotaDenies(s *subject) {
	for i := range s.cluster.Members {
		m := &s.cluster.Members[i]
		m.Pod, m.News = nil, "FailedCreate: create Pod "+m.Name+" failed: exceeded quota: small"
		m.News = "FailedCreate: create Pod etcd-0 failed: exceeded quota: small"
	}
}

const removedWords = "the member has been permanently removed from the cluster"

func full(share float64, inUse int64) func(*report.Member) {
	return func(m *report.Member) {
		m.QuotaBytes, m.DBSizeBytes, m.DBInUseBytes = 100<<20, int64(share*(100<<20)), inUse<<20
	}
}

func alarm(name string) func(*report.Member) {
	return func(m *report.Member) { m.Alarms = append(m.Alarms, name) }
}

// abandoned returns a cluster with an operation at a step; dead says whether it is abandoned.
func abandoned(step string, dead bool) *subject {
	return well(3).with(func(s *subject) {
		s.cluster.Operation = cluster.Operation{Text: step + ", by ann@laptop (pid 7), last seen 1h0m0s ago", Step: step, Abandoned: dead}
		s.status.Operation = s.cluster.Operation.Text
		s.status.Unfinished = []string{"operation was abandoned"}
	})
}

// rotated sets the phase of a replacement of the CAs.
func (s *subject) rotated(phase report.RotationPhase) *subject {
	s.status.RotationPhase = phase
	return s
}

// behind makes the last two pods ones of an earlier template.
func behind(s *subject) {
	s.cluster.StatefulSet.Status.UpdateRevision = "etcd-2"
	s.cluster.Members[0].Pod.Labels[appsv1.ControllerRevisionHashLabelKey] = "etcd-2"
}

func memberVerdicts() []verdict {
	version := func(v string) func(*report.Member) { return func(m *report.Member) { m.Version = v } }
	seal := func(state cluster.SealState) *subject {
		return well(3).with(func(s *subject) { s.cluster.Seal = cluster.Seal{State: state, Admits: "etcd-1"} })
	}
	return []verdict{
		{"nothing to say", well(3), nil},
		{"nothing to say of five", well(5), nil},
		{"nothing to say of one", well(1), nil},
		{"nothing to say of others", well(3).otherDeployment(), nil},
		{"nobody answers", well(3).each(down).with(noQuorum), []string{NoQuorum}},
		{"nobody answers, and who is a member is not known", well(3).each(down).each(notAMember).with(noQuorum), []string{NoQuorum}},
		{"one is left", well(3).member(1, down).member(2, func(m *report.Member) { down(m); m.Pod = "" }).with(noQuorum), []string{NoQuorum}},
		{"nobody is elected", well(3).each(func(m *report.Member) { m.Healthy = false }).with(noQuorum), []string{NoQuorum}},
		{"nobody lets itself be asked", well(3).each(func(m *report.Member) { down(m); m.AccessDenied = true }).with(noQuorum), nil},
		{"etcd of others ends after each start", well(3).otherDeployment().member(1, down).with(crashes("")), []string{MemberFails}},
		{"etcd of others has lost its data", well(3).otherDeployment().member(1, down).with(crashes("member a1 has already been bootstrapped")), []string{DataLost}},
		{"etcd of others has lost its data, and ended once", well(3).otherDeployment().member(1, func(m *report.Member) {
			down(m)
			m.Error = "Error, exit code 1, restarted 0 times: member a1 has already been bootstrapped"
		}), []string{DataLost}},
		{"etcd of others ends after each start, and there is no quorum", well(3).otherDeployment().each(down).with(noQuorum).with(crashes("")), []string{NoQuorum, PodDown}},
		{"the only etcd of others ends after each start", well(1).otherDeployment().each(down).with(noQuorum).with(crashes("")), []string{NoQuorum, PodDown}},

		{"not sealed", seal(cluster.SealEmpty), []string{NotSealed}},
		{"the seal is missing", seal(cluster.SealMissing), []string{SealMissing}},
		{"the seal is open", seal(cluster.SealOpen), []string{SealOpen}},
		{"the seal is open for a learner", seal(cluster.SealOpen).member(1, learner), []string{SealOpen, LearnerWaiting}},
		{"an operation is under way", abandoned("up: roll", false), nil},
		{"up was abandoned", abandoned("up: roll the members to the current template", true), []string{OperationAbandoned}},
		{"a replacement was abandoned", abandoned("replace etcd-1: open the seal", true).member(1, learner).with(func(s *subject) {
			s.status.Unfinished = append(s.status.Unfinished, `member "etcd-1" is a learner`)
		}), []string{OperationAbandoned, LearnerWaiting}},
		{"a replacement was abandoned at its end", abandoned("replace etcd-1: close the seal", true), []string{OperationAbandoned}},
		{"a seal was abandoned", abandoned("seal", true), []string{OperationAbandoned}},
		{"a rotation was abandoned at its end", abandoned("certs rotate-ca: restart the members", true), []string{OperationAbandoned}},
		{"a rotation was abandoned half-way", abandoned("certs rotate-ca: restart the members", true).rotated(report.RotationTrusted), []string{CARotation}},
		{"a rotation ended after a phase", well(3).rotated(report.RotationSigned), []string{CARotation}},
		{"a rotation is under way", abandoned("certs rotate-ca: restart the members", false).rotated(report.RotationBegun), []string{CARotation}},
		{"a certificate was being issued", abandoned("certs issue", true), []string{OperationAbandoned}},
		{"a deletion was abandoned", abandoned("down", true), []string{OperationAbandoned}},
		{"a drill of others was abandoned", abandoned("drill drain", true).otherDeployment(), []string{OperationAbandoned}},
		{"a roll was interrupted", well(3).with(behind), []string{TemplateChanged}},
		{"a roll of others is under way", well(3).with(behind).otherDeployment(), nil},
		{"a roll was abandoned", abandoned("up: roll the members to the current template", true).with(behind), []string{OperationAbandoned}},
		{"a claim is being deleted", well(3).with(func(s *subject) { s.cluster.Members[2].ClaimGoing = "data-etcd-2" }), []string{ClaimDeleted}},
		{"a claim of others is being deleted", well(3).otherDeployment().with(func(s *subject) { s.cluster.Members[0].ClaimGoing = "data-etcd-0" }), []string{ClaimDeleted}},
		{"a claim of others is being deleted, its member's ID is not known", well(3).otherDeployment().member(0, down).each(notAMember).with(func(s *subject) { s.cluster.Members[0].ClaimGoing = "data-etcd-0" }), []string{ClaimDeleted}},
		{"a claim of an operator's is being deleted", well(3).ownedBy("EtcdCluster", "etcd").with(func(s *subject) { s.cluster.Members[0].ClaimGoing = "data-etcd-0" }), []string{ClaimDeleted}},
		{"a claim of others is being deleted, and another one is down", well(3).otherDeployment().member(1, down).with(func(s *subject) { s.cluster.Members[0].ClaimGoing = "data-etcd-0" }), []string{ClaimDeleted}},
		{"the only claim is being deleted", well(1).otherDeployment().with(func(s *subject) { s.cluster.Members[0].ClaimGoing = "data-etcd-0" }), []string{ClaimDeleted}},
		{"a member lost its data", well(3).member(1, lost), []string{DataLost}},
		{"a member lost its data, and there is no quorum", well(3).member(1, lost).member(2, down).with(func(s *subject) { s.status.Quorum.Have = 1 }), []string{DataLost}},
		{"a member of others that does not find itself", well(3).otherDeployment().member(1, lost), nil},
		{"a pod is no member", well(4).member(3, notAMember).with(ends(3, 1, noLocalName+" \"etcd-3\"")), []string{NoMember}},
		{"a pod that was a member is no member", well(4).member(3, notAMember).with(ends(3, 0, removedWords)), []string{NoMember}},
		{"a pod is no member any more, or not yet", well(3).member(2, notAMember), []string{NoMember}},
		{"a pod of others is no member", well(4).otherDeployment().member(3, notAMember).with(initialCluster("etcd-0", "etcd-1", "etcd-2")), []string{NoMember}},
		{"a pod of others is no member, and what it was told is not known", well(4).otherDeployment().member(3, notAMember), []string{NoMember}},
		{"the last pod of others was removed", well(3).otherDeployment().member(2, notAMember).with(initialCluster("etcd-0", "etcd-1", "etcd-2")).with(ends(2, 0, removedWords)), []string{NoMember}},
		{"the last pod of others was removed, its data goes with the pod, and an argument says how it starts", well(3).otherDeployment().member(2, notAMember).with(func(s *subject) {
			ends(2, 0, removedWords)(s)
			s.cluster.Members[2].Pod.Spec.Volumes[0].VolumeSource = corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}
			s.cluster.Members[2].Server.Start = cluster.Start{Initial: []string{"etcd-2"}, Fixed: true, PeerURLs: "http://etcd-2.etcd:2380"}
		}), []string{NoMember, VolatileData}},
		{"the last pod of others was removed, and joins by itself", well(3).otherDeployment().member(2, notAMember).with(func(s *subject) {
			ends(2, 0, removedWords)(s)
			s.cluster.Members[2].Server.Start = cluster.Start{Existing: true, PeerURLs: "http://etcd-2.etcd:2380"}
		}), []string{NoMember}},
		{"a bare pod was removed", well(3).ownedBy(cluster.OwnerNone, "etcd").member(2, notAMember).with(ends(2, 0, removedWords)), []string{NoMember}},
		{"the first pod of others was removed", well(3).otherDeployment().member(0, notAMember), []string{NoMember}},
		{"the first pod of others was removed, and the last was scaled away", well(3).otherDeployment().each(unanswered).member(0, notAMember).with(func(s *subject) {
			s.status.Members[2].Pod, s.status.Members[2].Version = "", ""
			s.status.Quorum = report.Quorum{Need: 2}
			s.cluster.Members, s.cluster.StatefulSet.Spec.Replicas = s.cluster.Members[:2], ptrTo(2)
			s.status.Members[1].Role = report.Follower
		}), []string{NoQuorum}},
		{"a pod that has no image is no member", well(2).ownedBy("ReplicaSet", "etcd").member(1, notAMember).with(func(s *subject) {
			s.cluster.Members[1].Pod.Status.ContainerStatuses = []corev1.ContainerStatus{{
				Name: "etcd", State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ImagePullBackOff", Message: "no such tag"}},
			}}
		}), []string{NoMember}},
		{"a bare pod is no member", well(4).ownedBy(cluster.OwnerNone, "etcd").budgets().member(3, notAMember), []string{NoMember, NoBudget}},

		{"a learner", well(4).member(3, learner), []string{LearnerWaiting}},
		{"a learner of others", well(4).otherDeployment().member(3, learner), []string{LearnerWaiting}},
		{"a learner without a pod", well(4).with(podless), []string{LearnerWaiting}},
		{"a learner of others without a pod", well(4).otherDeployment().with(podless), []string{LearnerWaiting}},
		{"a learner of others without a pod, of another name", well(4).otherDeployment().with(podless).member(3, func(m *report.Member) { m.Name = "other" }), []string{LearnerWaiting}},
		{"a learner of static pods without a pod", well(4).ownedBy(cluster.OwnerNode, "etcd").with(podless), []string{LearnerWaiting}},
		{"a learner whose pod is yet to be made", well(4).with(podless).with(func(s *subject) {
			s.cluster.StatefulSet.Spec.Replicas = ptrTo(4)
			s.cluster.Members = append(s.cluster.Members, cluster.Member{Name: "etcd-3", PodName: "etcd-3"})
		}), []string{LearnerWaiting}},
		{"a learner that never started", well(4).member(3, down).member(3, func(m *report.Member) { m.Role = report.Learner }), []string{LearnerWaiting}},
		{"an even membership", well(4), []string{EvenMembership}},
		{"an even membership whose last one leads", well(2).otherDeployment().with(func(s *subject) { s.status.Leader = "etcd-1" }), []string{EvenMembership}},
		{"an even membership of bare pods", well(4).ownedBy(cluster.OwnerNone, "etcd"), []string{EvenMembership}},
		{"an even membership of an operator's", well(4).ownedBy("EtcdCluster", "etcd"), []string{EvenMembership}},
		{"an even membership, and the last one is down", well(4).member(3, down).with(func(s *subject) { s.status.Quorum.Have = 3 }), []string{EvenMembership}},
		{"an even membership, and the first one is down", well(4).member(0, down).with(func(s *subject) { s.status.Quorum.Have = 3 }), []string{EvenMembership}},
		{"an even membership of bare pods, and the first one is down", well(4).ownedBy(cluster.OwnerNone, "etcd").member(0, down).with(func(s *subject) { s.status.Quorum.Have = 3 }), []string{EvenMembership}},
		{"an even membership, and one lets nobody ask it", well(4).ownedBy(cluster.OwnerNone, "etcd").member(0, func(m *report.Member) { down(m); m.AccessDenied = true }).with(func(s *subject) { s.status.Quorum.Have = 3 }), []string{EvenMembership}},
		{"an even membership without a quorum", well(4).member(0, down).member(3, down).with(func(s *subject) { s.status.Quorum.Have = 2 }), nil},
		{"a member that was added and never started", well(3).ownedBy(cluster.OwnerNone, "etcd").with(ghost), []string{NeverStarted}},
		{"a member of a StatefulSet of others that never started", well(3).otherDeployment().with(ghost).member(3, func(m *report.Member) { m.Name = "etcd-3" }), []string{NeverStarted}},
		{"a member of ours that never started", well(3).with(ghost), []string{NeverStarted}},
		{"an even membership of static pods", well(4).ownedBy(cluster.OwnerNode, "etcd"), []string{EvenMembership}},
		{"an even membership, on its way", well(4).with(func(s *subject) { s.status.Operation = "replace etcd-3, by somebody" }), nil},
		{"scaled down by hand", well(3).with(func(s *subject) {
			s.cluster.StatefulSet.Spec.Replicas, s.cluster.Members = ptrTo(1), s.cluster.Members[:1]
			s.status.Members[1].Pod, s.status.Members[2].Pod = "", ""
		}), []string{ReplicasDiffer}},
		{"two run elsewhere", well(3).otherDeployment().member(1, func(m *report.Member) { m.Name, m.Pod = "other-0", "" }).member(2, func(m *report.Member) { m.Name, m.Pod = "other-1", "" }), []string{MembersElsewhere}},
		{"scaled up by hand, no pod yet", well(3).with(func(s *subject) { s.cluster.StatefulSet.Spec.Replicas = ptrTo(5) }), []string{ReplicasDiffer}},
		{"versions mixed", well(3).member(0, version("3.6.16")), []string{VersionsMixed}},
		{"versions of others mixed, restarted by hand", well(3).otherDeployment().member(0, version("3.6.16")).with(func(s *subject) {
			s.cluster.StatefulSet.Spec.UpdateStrategy.Type = appsv1.OnDeleteStatefulSetStrategyType
		}), []string{VersionsMixed}},
		{"versions of others mixed", well(3).otherDeployment().member(0, version("3.6.16")), []string{VersionsMixed}},
		{"versions of static pods mixed", well(3).ownedBy(cluster.OwnerNode, "etcd").member(0, version("3.6.16")), []string{VersionsMixed}},
		{"versions of an operator's mixed", well(3).ownedBy("EtcdCluster", "etcd").member(0, version("3.6.16")), []string{VersionsMixed}},

		{"two say that they lead", well(3).member(1, func(m *report.Member) { m.Role, m.RaftTerm = report.Leader, 2 }), []string{SeveralLeaders}},
		{"two bare pods say that they lead", well(3).ownedBy(cluster.OwnerNone, "etcd").member(1, func(m *report.Member) { m.Role, m.RaftTerm = report.Leader, 2 }), []string{SeveralLeaders}},
		{"two lead in one term", well(3).otherDeployment().each(func(m *report.Member) { m.ClusterID = "c0" }).member(1, func(m *report.Member) { m.Role = report.Leader }), []string{SeveralClusters}},
		{"two lead, of two clusters", well(3).otherDeployment().each(func(m *report.Member) { m.ClusterID = "c0" }).member(2, func(m *report.Member) {
			m.Role, m.RaftTerm, m.ClusterID = report.Leader, 2, "c1"
		}), []string{SeveralClusters}},
		{"terms differ", well(3).member(1, func(m *report.Member) { m.RaftTerm = 2 }), []string{TermsDiffer}},
		{"the log of one is behind", well(3).member(1, func(m *report.Member) { m.RaftIndex, m.RaftAppliedIndex = 84_999, 84_999 }), []string{FollowerLags}},
		{"the log of one is a little behind", well(3).member(1, func(m *report.Member) { m.RaftIndex, m.RaftAppliedIndex = 85_000, 85_000 }), nil},
		{"one is slow to apply", well(3).member(1, func(m *report.Member) { m.RaftAppliedIndex = 88_999 }), []string{ApplyLags}},
		{"one is a little slow to apply", well(3).member(1, func(m *report.Member) { m.RaftAppliedIndex = 89_000 }), nil},

		{"nearly full", well(3).member(2, full(0.85, 82)), []string{QuotaNearlyUsed}},
		{"nearly full, but much is free", well(3).member(2, full(0.85, 30)), []string{QuotaNearlyUsed}},
		{"at the limit", well(3).each(full(0.8, 80)), []string{QuotaNearlyUsed}},
		{"not nearly full", well(3).each(full(0.79, 79)), nil},
		{"without a quota", well(3).each(func(m *report.Member) { m.QuotaBytes, m.DBSizeBytes = -1, 9<<30 }), nil},
		{"full", well(3).each(full(1, 99)).each(alarm("NOSPACE")), []string{NoSpace}},
		{"full, raised by one that is gone", well(3).each(full(0.1, 9)).with(func(s *subject) { s.status.Alarms = []string{"NOSPACE"} }), []string{NoSpace}},
		{"full of old revisions of a key, of which none is free", well(3).each(full(1, 100)).each(alarm("NOSPACE")), []string{NoSpace}},
		{"full, and half of it free", well(3).each(full(1, 50)).each(alarm("NOSPACE")), []string{NoSpace}},
		{"full once", well(3).each(full(0.5, 50)).each(alarm("NOSPACE")), []string{NoSpace}},
		{"corrupt", well(3).member(1, alarm("CORRUPT")), []string{Corrupt}},
		{"corrupt, of others", well(3).otherDeployment().member(1, alarm("CORRUPT")), []string{Corrupt}},
		{"corrupt, of others, and another one is down", well(3).otherDeployment().member(1, alarm("CORRUPT")).member(2, down), []string{Corrupt}},
		{"corrupt, most of them", well(3).member(0, alarm("CORRUPT")).member(1, alarm("CORRUPT")), []string{Corrupt}},
		{"corrupt, etcd cannot say who", well(3).with(func(s *subject) { s.status.Alarms = []string{"CORRUPT"} }), []string{Corrupt}},
		{"corrupt and full", well(3).member(1, alarm("CORRUPT")).each(alarm("NOSPACE")), []string{Corrupt, NoSpace}},
		{"an alarm of a later etcd", well(3).member(1, alarm("FUTURE")), []string{Alarm}},
	}
}
