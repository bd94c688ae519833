package advice

import (
	"fmt"
	"maps"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/judge"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// budgets judges what keeps the drain of nodes from evicting members together. Fewer than three members survive no
// loss whatever a budget says, and the static pods of a node are not evicted.
func (v view) budgets() []report.Warning {
	n := len(v.Members)
	if n < 3 || v.Owner.Kind == cluster.OwnerNode || v.Around.Why(cluster.UnseenBudgets) != "" {
		return nil
	}
	d := judge.Drained(v.Cluster)
	tooMany := d.Evictable > judge.Tolerance(n)
	switch {
	case len(v.Around.Budgets) == 0:
		return one(NoBudget, "no PodDisruptionBudget selects the members: the drain of nodes may evict several at the same time", v.makeBudget()...)
	case len(d.Several) > 0:
		return one(BudgetsOverlap, fmt.Sprintf("several PodDisruptionBudgets (%s) select the same pods (%s): Kubernetes refuses to evict those, with an error", list(v.budgetNames()), list(d.Several)),
			append([]string{"keep one that selects all members, and delete the others:"}, v.deleteBudgets()...)...)
	case tooMany && len(d.Bare) == 0 && len(v.Around.Budgets) == 1:
		return one(BudgetTooLoose, v.looseText(d), v.tighten())
	case tooMany:
		return one(BudgetTooLoose, v.looseText(d), append(v.deleteBudgets(), v.makeBudget()...)...)
	case d.Evictable == 0 && len(v.Around.Budgets) > 1: // several that let one go each would let several go
		return one(BudgetTooTight, fmt.Sprintf("the PodDisruptionBudgets %s let no member be evicted: the drain of a node that has one does not end", list(v.budgetNames())),
			append(v.deleteBudgets(), v.makeBudget()...)...)
	case d.Evictable == 0:
		return one(BudgetTooTight, fmt.Sprintf("the PodDisruptionBudget %s lets no member be evicted: the drain of a node that has one does not end", list(v.budgetNames())), v.tighten())
	}
	return nil
}

func (v view) looseText(d judge.Drain) string {
	n := len(v.Members)
	text := fmt.Sprintf("the PodDisruptionBudget %s lets %d of %d members be evicted at the same time, and a quorum needs %d",
		list(v.budgetNames()), d.Evictable, n, n-judge.Tolerance(n))
	if len(d.Bare) > 0 {
		text += fmt.Sprintf(" (it does not select %s)", list(d.Bare))
	}
	return text
}

func (v view) budgetNames() []string {
	var names []string
	for _, b := range v.Around.Budgets {
		names = append(names, b.Name)
	}
	return names
}

func (v view) deleteBudgets() []string {
	return []string{v.Kubectl("delete poddisruptionbudget " + strings.Join(v.budgetNames(), " "))}
}

// scalable reports whether Kubernetes knows how many pods there should be. Of pods that no controller made, a budget
// can only say how many must stay.
func (v view) scalable() bool { return v.Owner.Kind != cluster.OwnerNone }

// tighten lets one member go at a time.
func (v view) tighten() string {
	spec := `{"spec":{"maxUnavailable":1,"minAvailable":null}}`
	if !v.scalable() {
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
		return []string{"give the members' pods a label in common, and make a budget that selects it: kubectl create poddisruptionbudget --help"}
	}
	limit := "--max-unavailable=1"
	if !v.scalable() {
		limit = fmt.Sprintf("--min-available=%d", len(v.Members)-1)
	}
	return []string{fmt.Sprintf("%s --selector='%s' %s", v.Kubectl("create poddisruptionbudget "+v.Name), selector, limit)}
}

// selector returns what selects the members' pods: the StatefulSet's selector, else the labels they have in common.
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
	for _, passing := range []string{ // the next pod may have another value
		appsv1.PodIndexLabel, appsv1.ControllerRevisionHashLabelKey, appsv1.DefaultDeploymentUniqueLabelKey, corev1.LabelTopologyZone, corev1.LabelTopologyRegion,
	} {
		delete(common, passing)
	}
	return labels.Set(common).String()
}
