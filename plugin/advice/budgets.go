package advice

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/judge"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// budgets warns of PodDisruptionBudgets that do not limit evictions to what the quorum allows. It skips clusters of fewer
// than three members, which survive no loss with any budget, and static pods, which are not evicted.
func (v view) budgets() []report.Warning {
	n := len(v.Members)
	if n < 3 || len(v.pods()) == 0 || v.Owner.Kind == cluster.OwnerNode || v.Surroundings.Why(cluster.IncompleteBudgets) != "" {
		return nil
	}
	d := judge.EvaluateBudgets(v.Cluster)
	tooMany := d.Evictable > judge.Tolerance(n)
	switch {
	case len(v.Surroundings.Budgets) == 0:
		return warning(NoBudget, "no PodDisruptionBudget selects the members: "+v.evicts()+" may evict several at the same time", v.makeBudget()...)
	case len(d.Several) > 0:
		return warning(BudgetsOverlap, fmt.Sprintf("several PodDisruptionBudgets (%s) select the same pods (%s): Kubernetes refuses to evict these pods, with an error", list(v.budgetNames()), list(d.Several)),
			v.keepOne()...)
	case len(d.Failed) > 0:
		return warning(BudgetFails, fmt.Sprintf("Kubernetes cannot evaluate the PodDisruptionBudget %s, and refuses to evict the pods that it selects: %s", d.Failed[0].Budget, cluster.OneLine(d.Failed[0].Why)),
			v.countable(d)...)
	case tooMany && len(d.Bare) == 0 && len(v.Surroundings.Budgets) == 1:
		return warning(BudgetTooLoose, v.looseText(d), v.tighten())
	case tooMany:
		return warning(BudgetTooLoose, v.looseText(d), v.renewBudget()...)
	case d.Evictable == 0 && len(v.Surroundings.Budgets) > 1: // to loosen each of them to one would allow several evictions
		return warning(BudgetTooTight, fmt.Sprintf("the PodDisruptionBudgets %s allow no member to be evicted: draining a node that runs a member never ends", list(v.budgetNames())),
			v.renewBudget()...)
	case d.Evictable == 0:
		return warning(BudgetTooTight, fmt.Sprintf("the PodDisruptionBudget %s allows no member to be evicted: draining a node that runs a member never ends", list(v.budgetNames())), v.tighten())
	}
	return nil
}

// evicts returns what evicts the members' pods. "kubectl drain" skips those of a DaemonSet (kubectl/pkg/drain/filters.go).
func (v view) evicts() string {
	if v.Owner.Kind == "DaemonSet" {
		return "an autoscaler that removes nodes"
	}
	return "draining nodes"
}

func (v view) looseText(d judge.Disruption) string {
	n := len(v.Members)
	text := fmt.Sprintf("the PodDisruptionBudget %s allows %d of %d members to be evicted at the same time, but a quorum needs %d",
		list(v.budgetNames()), d.Evictable, n, n-judge.Tolerance(n))
	if len(d.Bare) > 0 {
		text += fmt.Sprintf(" (it does not select %s)", list(d.Bare))
	}
	return text
}

func (v view) budgetNames() []string {
	var names []string
	for _, b := range v.Surroundings.Budgets {
		names = append(names, b.Name)
	}
	return names
}

// renewBudget returns the steps that replace the budgets by a correct one.
func (v view) renewBudget() []string {
	return append([]string{v.Kubectl("delete poddisruptionbudget " + strings.Join(v.budgetNames(), " "))}, v.makeBudget()...)
}

// keepOne returns the steps that delete all budgets but the first one that would be correct without the others.
func (v view) keepOne() []string {
	n := len(v.Members)
	for i, b := range v.Surroundings.Budgets {
		alone := *v.Cluster
		alone.Surroundings.Budgets = []policyv1.PodDisruptionBudget{b}
		d := judge.EvaluateBudgets(&alone)
		if len(d.Bare) > 0 || len(d.Failed) > 0 || d.Evictable == 0 || d.Evictable > judge.Tolerance(n) {
			continue
		}
		others := slices.Delete(v.budgetNames(), i, i+1)
		return []string{fmt.Sprintf("keep %s, which is correct by itself, and delete the others:", b.Name), v.Kubectl("delete poddisruptionbudget " + strings.Join(others, " "))}
	}
	return append([]string{"none of them is correct by itself: delete them, and create a correct one:"}, v.renewBudget()...)
}

// countable returns the steps to a budget that the disruption controller can evaluate. If it can find the number of members,
// it fails because of other pods that the budget selects.
func (v view) countable(d judge.Disruption) []string {
	if judge.Countable(v.Cluster) {
		return []string{
			"it also selects other pods, such as those of a Job: make it select only the members, by a label that only they have:",
			v.Kubectl("describe poddisruptionbudget " + d.Failed[0].Budget), v.Kubectl("edit poddisruptionbudget " + d.Failed[0].Budget),
		}
	}
	if len(v.Surroundings.Budgets) == 1 && len(d.Bare) == 0 {
		return []string{"for these pods Kubernetes can only evaluate a minAvailable that is a whole number:", v.tighten()}
	}
	return v.renewBudget()
}

// tighten returns the command that makes the budgets allow one eviction at a time.
func (v view) tighten() string {
	spec := `{"spec":{"maxUnavailable":1,"minAvailable":null}}`
	if !judge.Countable(v.Cluster) {
		spec = fmt.Sprintf(`{"spec":{"minAvailable":%d,"maxUnavailable":null}}`, len(v.Members)-1)
	}
	return fmt.Sprintf("%s --type=merge -p '%s'", v.Kubectl("patch poddisruptionbudget "+strings.Join(v.budgetNames(), " ")), spec)
}

func (v view) makeBudget() []string {
	if v.ours() {
		return []string{v.Command("up")}
	}
	selector := v.selector()
	if selector == "" {
		return []string{"give the members' pods a common label, and create a budget that selects it: kubectl create poddisruptionbudget --help"}
	}
	limit := "--max-unavailable=1"
	if !judge.Countable(v.Cluster) {
		limit = fmt.Sprintf("--min-available=%d", len(v.Members)-1)
	}
	return []string{fmt.Sprintf("%s --selector='%s' %s", v.Kubectl("create poddisruptionbudget "+v.Name), selector, limit)}
}

// templateGeneration is a label whose value the DaemonSet controller increments with each change of its template
// (kubernetes/pkg/controller/daemon/util, CreatePodTemplate).
const templateGeneration = "pod-template-generation"

// selector returns a label selector for the members' pods: the StatefulSet's, or else the labels that they have in common.
func (v view) selector() string {
	if v.StatefulSet != nil {
		return metav1.FormatLabelSelector(v.StatefulSet.Spec.Selector)
	}
	var common map[string]string
	for _, m := range v.Members {
		switch {
		case m.Pod == nil:
		case common == nil:
			common = maps.Clone(m.Pod.Labels)
		default:
			maps.DeleteFunc(common, func(k, value string) bool { return m.Pod.Labels[k] != value })
		}
	}
	for _, passing := range []string{ // labels whose value may differ in the next pod
		appsv1.PodIndexLabel, appsv1.StatefulSetPodNameLabel, appsv1.ControllerRevisionHashLabelKey, appsv1.DefaultDeploymentUniqueLabelKey,
		templateGeneration, corev1.LabelHostname, corev1.LabelTopologyZone, corev1.LabelTopologyRegion,
	} {
		delete(common, passing)
	}
	return labels.Set(common).String()
}
