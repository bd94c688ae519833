//go:build e2e

package test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/yaml"
)

// section is a section of docs/rbac.md: a Role, and the commands that need all of it.
type section struct {
	title    string
	role     rbacv1.Role
	cluster  *rbacv1.ClusterRole // for resources outside of the namespace
	commands []string
}

// TestRBAC grants each Role of docs/rbac.md to a service account, and runs the section's commands with the account's token.
// Then it removes one rule at a time: a command must fail, or report what it may not read.
func TestRBAC(t *testing.T) {
	t.Parallel()
	s := open(t)
	sections := readSections(t, filepath.Join(s.root, "docs", "rbac.md"))
	s.up(t, "e2e-rbac-one", "--replicas", "1")
	s.up(t, "e2e-rbac-three")
	for i, sec := range sections {
		t.Run(sec.title, func(t *testing.T) {
			namespace := "e2e-rbac-one"
			if sec.runs("etcd replace", "etcd drill", "etcd move-leader", "etcd doctor") { // a cluster of one member has no PodDisruptionBudget
				namespace = "e2e-rbac-three"
			}
			account := fmt.Sprintf("account-%d", i)
			config := s.account(t, namespace, account)
			s.bind(t, namespace, account, sec)
			s.grant(t, namespace, account, sec)
			for _, c := range sec.commands {
				out, err := s.as(t, config, c)
				if err != nil || strings.Contains(out, "forbidden") {
					t.Errorf("with the Role as it is written: %s: %v\n%s", c, err, out)
				}
			}
			// These change the cluster, and cannot run once for each rule.
			if sec.runs("etcd up", "etcd drill", "etcd seal", "etcd certs rotate-ca") {
				return
			}
			for _, less := range sec.lessOne() {
				s.needed(t, namespace, account, config, less)
			}
		})
	}
}

// runs reports whether one of the section's commands contains one of the parts.
func (s section) runs(parts ...string) bool {
	return slices.ContainsFunc(s.commands, func(command string) bool {
		return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(command, part) })
	})
}

// lessOne returns the section without one rule, for each of its rules. The title names the rule.
func (s section) lessOne() []section {
	var all []section
	for i, rule := range s.role.Rules {
		less := s
		less.title = fmt.Sprintf("%+v", rule)
		less.role.Rules = slices.Delete(slices.Clone(s.role.Rules), i, i+1)
		all = append(all, less)
	}
	if s.cluster == nil {
		return all
	}
	for i, rule := range s.cluster.Rules {
		less := s
		less.title = fmt.Sprintf("%+v", rule)
		less.cluster = s.cluster.DeepCopy()
		less.cluster.Rules = slices.Delete(less.cluster.Rules, i, i+1)
		all = append(all, less)
	}
	return all
}

// needed grants the section without one rule, and checks that a command needs that rule.
func (s sandbox) needed(t *testing.T, namespace, account, config string, sec section) {
	t.Helper()
	s.grant(t, namespace, account, sec)
	for _, c := range sec.commands {
		if out, err := s.as(t, config, c); err != nil || strings.Contains(out, "forbidden") {
			return
		}
	}
	t.Errorf("no command misses the rule %s", sec.title)
}

// readSections parses the document: a heading, a Role in a yaml block, commands after a $.
func readSections(t *testing.T, file string) []section {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var found []section
	for _, part := range strings.Split(string(text), "\n## ")[1:] {
		title, rest, _ := strings.Cut(part, "\n")
		sec := section{title: title}
		for i, block := range strings.Split(rest, "```") {
			switch {
			case i%2 == 0:
			case strings.HasPrefix(block, "yaml\n"):
				sec.read(t, strings.TrimPrefix(block, "yaml\n"))
			case strings.HasPrefix(block, "console\n"):
				for _, line := range strings.Split(block, "\n") {
					if command, ok := strings.CutPrefix(line, "$ "); ok {
						sec.commands = append(sec.commands, command)
					}
				}
			}
		}
		if len(sec.commands) > 0 {
			found = append(found, sec)
		}
	}
	if len(found) == 0 {
		t.Fatalf("%s has no section with commands", file)
	}
	return found
}

func (s *section) read(t *testing.T, text string) {
	t.Helper()
	for _, doc := range strings.Split(text, "\n---\n") {
		if strings.Contains(doc, "kind: ClusterRole") {
			s.cluster = &rbacv1.ClusterRole{}
			if err := yaml.UnmarshalStrict([]byte(doc), s.cluster); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := yaml.UnmarshalStrict([]byte(doc), &s.role); err != nil {
			t.Fatal(err)
		}
	}
}

// account creates a service account, and returns a kubeconfig that has only its token.
func (s sandbox) account(t *testing.T, namespace, name string) string {
	t.Helper()
	accounts := s.kube.CoreV1().ServiceAccounts(namespace)
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if _, err := accounts.Create(t.Context(), account, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	token, err := accounts.CreateToken(t.Context(), name, &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "kubeconfig")
	err = s.writeKubeconfig(file, namespace, func(config *clientcmdapi.Config, current *clientcmdapi.Context) {
		config.AuthInfos = map[string]*clientcmdapi.AuthInfo{name: {Token: token.Status.Token}}
		current.AuthInfo = name
	})
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// bind creates the account's Roles without rules, and binds them to the account, which has their name.
func (s sandbox) bind(t *testing.T, namespace, account string, sec section) {
	t.Helper()
	ctx, rbac, create := t.Context(), s.kube.RbacV1(), metav1.CreateOptions{}
	subjects := []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: account, Namespace: namespace}}
	role := &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: account}}
	_, err := rbac.Roles(namespace).Create(ctx, role, create)
	if err == nil {
		binding := &rbacv1.RoleBinding{ObjectMeta: role.ObjectMeta, Subjects: subjects, RoleRef: rbacv1.RoleRef{Kind: "Role", Name: account}}
		_, err = rbac.RoleBindings(namespace).Create(ctx, binding, create)
	}
	if err == nil && sec.cluster != nil {
		wide := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: clusterRole(namespace, account)}}
		binding := &rbacv1.ClusterRoleBinding{ObjectMeta: wide.ObjectMeta, Subjects: subjects, RoleRef: rbacv1.RoleRef{Kind: "ClusterRole", Name: wide.Name}}
		s.dropClusterRole(t, wide.Name) // of an earlier run that was killed
		t.Cleanup(func() { s.dropClusterRole(t, wide.Name) })
		if _, err = rbac.ClusterRoles().Create(ctx, wide, create); err == nil {
			_, err = rbac.ClusterRoleBindings().Create(ctx, binding, create)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

// grant replaces the rules of the account's Roles by those of the section, and waits until the API server authorizes by them:
// it reads Roles from a cache.
func (s sandbox) grant(t *testing.T, namespace, account string, sec section) {
	t.Helper()
	ctx, rbac, update := t.Context(), s.kube.RbacV1(), metav1.UpdateOptions{}
	// A rule that only this grant has. An object is replaced as a whole, so the other rules are authorized by when this one is.
	marker := rbacv1.PolicyRule{APIGroups: []string{"e2e"}, Resources: []string{strings.ToLower(rand.Text())}, Verbs: []string{"get"}}
	role := &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: account}, Rules: append(slices.Clone(sec.role.Rules), marker)}
	_, err := rbac.Roles(namespace).Update(ctx, role, update)
	if err == nil {
		err = s.awaitRule(ctx, namespace, namespace, account, marker)
	}
	if err == nil && sec.cluster != nil {
		wide := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: clusterRole(namespace, account)}, Rules: append(slices.Clone(sec.cluster.Rules), marker)}
		if _, err = rbac.ClusterRoles().Update(ctx, wide, update); err == nil {
			err = s.awaitRule(ctx, "", namespace, account, marker)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

// awaitRule waits until an account has a rule in a namespace, or in all of them if scope is "".
func (s sandbox) awaitRule(ctx context.Context, scope, namespace, account string, rule rbacv1.PolicyRule) error {
	review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User:               fmt.Sprintf("system:serviceaccount:%s:%s", namespace, account),
		ResourceAttributes: &authorizationv1.ResourceAttributes{Namespace: scope, Verb: rule.Verbs[0], Group: rule.APIGroups[0], Resource: rule.Resources[0]},
	}}
	return wait.PollUntilContextTimeout(ctx, 20*time.Millisecond, 20*time.Second, true, func(ctx context.Context) (bool, error) {
		got, err := s.kube.AuthorizationV1().SubjectAccessReviews().Create(ctx, review, metav1.CreateOptions{})
		return err == nil && got.Status.Allowed, err
	})
}

// clusterRole is the name of an account's ClusterRole.
func clusterRole(namespace, account string) string { return namespace + "-" + account }

func (s sandbox) dropClusterRole(t *testing.T, name string) {
	t.Helper()
	ctx, rbac := context.WithoutCancel(t.Context()), s.kube.RbacV1()
	err := ignoreNotFound(rbac.ClusterRoleBindings().Delete(ctx, name, metav1.DeleteOptions{}))
	if err := errors.Join(err, ignoreNotFound(rbac.ClusterRoles().Delete(ctx, name, metav1.DeleteOptions{}))); err != nil {
		t.Error(err)
	}
}
