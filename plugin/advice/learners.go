package advice

import (
	"fmt"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

func (v view) learner(m report.Member) []report.Warning {
	message := fmt.Sprintf("member %q is a learner: it does not vote yet", m.Name)
	if newest := v.newest(); m.Version != "" && newest > 0 {
		message += fmt.Sprintf(" (it has applied %s of %s entries)", entries(m.RaftAppliedIndex), entries(newest))
	}
	if m.Pod == "" {
		message += ", and has no pod"
	}
	_, declared := v.Member(m.Name)
	switch {
	case v.ours() && !declared:
		return warning(LearnerWaiting, message, "remove it:", v.removal(m))
	case m.Pod == "" && !v.ours():
		return warning(LearnerWaiting, message, v.startOrRemove(m)...)
	case v.ours():
		return warning(LearnerWaiting, message, "if its replacement was interrupted:", v.Command("replace "+m.Name))
	}
	return warning(LearnerWaiting, message, "once it has caught up:", v.etcdctl("member promote "+m.ID))
}

// start returns the steps that start a member without a pod: scaling, if its pod is the next one that the StatefulSet would
// create.
func (v view) start(m report.Member) []string {
	const how = "start it, with --initial-cluster-state=existing"
	if v.StatefulSet == nil || v.ordinal(m.Name) != v.Replicas() {
		return []string{how}
	}
	return []string{how + ":", v.scale(v.Replicas() + 1)}
}

// unstarted reports whether a member was added but never started, and no declared member has its name.
func (v view) unstarted(m report.Member) bool {
	_, declared := v.Member(m.Name)
	return m.ID != "" && m.Pod == "" && !m.Started && !declared
}

func (v view) startOrRemove(m report.Member) []string {
	if v.ours() {
		return []string{"remove it:", v.removal(m)}
	}
	return append(v.start(m), "or remove it:", v.removal(m))
}
