package bringup

import (
	"context"
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/deploy"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
)

// announce shows how an apply would change the pods of a cluster that runs. It returns an error if the apply is not Acceptable.
func announce(ctx context.Context, e lifecycle.Env, applier deploy.Applier, existing Existing, objects []*unstructured.Unstructured) error {
	if existing.StatefulSet == nil {
		return nil // there are no pods
	}
	changes, err := applier.DryRunApply(ctx, objects)
	if err != nil {
		return err
	}
	if err := Acceptable(e, changes); err != nil {
		return err
	}
	words, err := PodChanges(ctx, e, changes)
	SayPodChanges(e, words)
	return err
}

// Acceptable returns an error if the changes of a dry run conflict with another field manager, or no member would start with
// them.
func Acceptable(e lifecycle.Env, changes []deploy.Change) error {
	for _, c := range changes {
		if err := deploy.Shadowed(c); err != nil {
			return err
		}
	}
	if err := deploy.Conflicts(changes); err != nil {
		return fmt.Errorf("%w (to change them: \"kubectl etcd up %s -n %s --force-conflicts\"; to keep the values that are set, put them into a kustomization of your own and deploy that: \"kubectl etcd render --export\")",
			err, e.Target.Name, e.Target.Namespace)
	}
	return nil
}

// PodChanges returns how the changes of a dry run would change the pods of a cluster, as text for users: the differences in the
// template, and those of pods that were created from an older template.
func PodChanges(ctx context.Context, e lifecycle.Env, changes []deploy.Change) ([]string, error) {
	i := slices.IndexFunc(changes, func(c deploy.Change) bool { return c.Object.GetKind() == "StatefulSet" })
	if i < 0 || changes[i].Before == nil {
		return nil, nil
	}
	words := deploy.PodChanges(changes[i])
	pods, err := e.Kube.CoreV1().Pods(e.Target.Namespace).List(ctx, metav1.ListOptions{LabelSelector: cluster.Selector(e.Target.Name, cluster.ComponentMember)})
	if err != nil {
		return nil, err
	}
	revision, _, _ := unstructured.NestedString(changes[i].Before.Object, "status", "updateRevision")
	for _, pod := range pods.Items {
		if pod.DeletionTimestamp != nil || pod.Labels[appsv1.ControllerRevisionHashLabelKey] == revision {
			continue
		}
		for _, word := range deploy.PodDiffers(&pod, changes[i]) {
			if !slices.Contains(words, word) {
				words = append(words, word)
			}
		}
	}
	return words, nil
}

// SayPodChanges shows the changes of the pods, if there are any.
func SayPodChanges(e lifecycle.Env, words []string) {
	if len(words) > 0 {
		e.Progress.Step("the pods change: %s", strings.Join(words, "; "))
	}
}
