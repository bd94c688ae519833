//go:build e2e

package test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
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
	namespace := "e2e-rbac"
	s.up(t, namespace)
	for i, sec := range sections {
		t.Run(sec.title, func(t *testing.T) {
			account := fmt.Sprintf("account-%d", i)
			config := s.account(t, namespace, account)
			s.grant(t, namespace, account, sec)
			for _, c := range sec.commands {
				out, err := s.as(t, config, c)
				if err != nil || strings.Contains(out, "forbidden") {
					t.Errorf("with the Role as it is written: %s: %v\n%s", c, err, out)
				}
			}
			if sec.changes() {
				return
			}
			for _, less := range sec.lessOne() {
				s.needed(t, namespace, account, config, less)
			}
		})
	}
}

// changes reports whether the section's commands change the cluster, so that they cannot run once for each rule.
func (s section) changes() bool {
	for _, c := range s.commands {
		for _, verb := range []string{"etcd up", "etcd down", "etcd replace", "etcd drill", "etcd seal", "etcd certs rotate-ca"} {
			if strings.Contains(c, verb) {
				return true
			}
		}
	}
	return false
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
	if out, err := s.kubectl(t.Context(), "", "create", "serviceaccount", name, "-n", namespace); err != nil {
		t.Fatal(err, out)
	}
	token, err := s.kubectl(t.Context(), "", "create", "token", name, "-n", namespace, "--duration=1h")
	if err != nil {
		t.Fatal(err, token)
	}
	file := filepath.Join(t.TempDir(), "kubeconfig")
	if err := s.writeKubeconfig(t.Context(), file, namespace); err != nil {
		t.Fatal(err)
	}
	user := []string{"config", "set-credentials", name, "--token=" + strings.TrimSpace(token), "--kubeconfig=" + file}
	if out, err := s.kubectl(t.Context(), "", user...); err != nil {
		t.Fatal(err, out)
	}
	if out, err := s.kubectl(t.Context(), "", "config", "set-context", "--current", "--user="+name, "--kubeconfig="+file); err != nil {
		t.Fatal(err, out)
	}
	return file
}

// grant binds the section's roles to the account.
func (s sandbox) grant(t *testing.T, namespace, account string, sec section) {
	t.Helper()
	subject := []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: account, Namespace: namespace}}
	role := sec.role.DeepCopy()
	role.Name, role.Namespace = account, namespace
	binding := rbacv1.RoleBinding{Subjects: subject, RoleRef: rbacv1.RoleRef{Kind: "Role", Name: account}}
	binding.APIVersion, binding.Kind, binding.Name, binding.Namespace = rbacv1.SchemeGroupVersion.String(), "RoleBinding", account, namespace
	objects := []any{role, binding}
	if sec.cluster != nil {
		all := sec.cluster.DeepCopy()
		all.Name = namespace + "-" + account
		wide := rbacv1.ClusterRoleBinding{Subjects: subject, RoleRef: rbacv1.RoleRef{Kind: "ClusterRole", Name: all.Name}}
		wide.APIVersion, wide.Kind, wide.Name = binding.APIVersion, "ClusterRoleBinding", all.Name
		objects = append(objects, all, wide)
		t.Cleanup(func() { s.dropClusterRole(t, all.Name) })
	}
	var manifest strings.Builder
	for _, o := range objects {
		text, err := yaml.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		manifest.WriteString("---\n" + string(text))
	}
	if out, err := s.kubectl(t.Context(), manifest.String(), "apply", "-f", "-"); err != nil {
		t.Fatal(err, out)
	}
}

func (s sandbox) dropClusterRole(t *testing.T, name string) {
	t.Helper()
	for _, kind := range []string{"clusterrolebinding", "clusterrole"} {
		cmd := exec.Command(s.program("kubectl"), "delete", kind, name, "--ignore-not-found")
		cmd.Env = environment(s.kubeconfig)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	}
}
