package plugin

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd/etcdtest"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/kubetest"
)

// uncompletedFlags returns the flags whose values cannot be completed.
func uncompletedFlags() []string {
	return []string{
		"as", "as-group", "as-uid", "as-user-extra", "proxy-url", "request-timeout", "server", "tls-server-name", "token", // kubectl's
		"container", "etcd-user", "selector", "image", "agent-image", "storage", "quota", "tls-san", "cn", "secret", "range",
	}
}

// TestEveryWordIsCompleted checks that each argument and each flag with a value has a completion, or is listed as having none.
func TestEveryWordIsCompleted(t *testing.T) {
	var visit func(*cobra.Command)
	visit = func(c *cobra.Command) {
		_, arguments, _ := strings.Cut(c.Use, " ")
		guess := slices.Contains([]string{"ctl -- ARGS", "add USER", "add ROLE"}, c.Use)
		if (arguments != "") != (c.ValidArgsFunction != nil) && !guess {
			t.Errorf("%s: its arguments are %q, but it has a completion: %v", c.CommandPath(), arguments, c.ValidArgsFunction != nil)
		}
		c.Flags().VisitAll(func(f *pflag.Flag) { checkFlagCompletion(t, c, f) })
		c.PersistentFlags().VisitAll(func(f *pflag.Flag) { checkFlagCompletion(t, c, f) })
		for _, sub := range c.Commands() {
			visit(sub)
		}
	}
	streams, _, _, _ := genericiooptions.NewTestIOStreams()
	root := newCommand(streams)
	visit(root)
	if len(root.Commands()) < 10 {
		t.Fatalf("only %d commands", len(root.Commands()))
	}
}

// checkFlagCompletion fails for a flag that has no completion and is not in uncompletedFlags, or has one and is in it.
func checkFlagCompletion(t *testing.T, c *cobra.Command, f *pflag.Flag) {
	t.Helper()
	switch f.Value.Type() {
	case "bool", "int", "int64", "uint64", "duration":
		return
	}
	_, completed := c.GetFlagCompletionFunc(f.Name)
	if completed == slices.Contains(uncompletedFlags(), f.Name) {
		t.Errorf("%s --%s: it has a completion: %v", c.CommandPath(), f.Name, completed)
	}
}

// completions returns the candidates and the directive for a line whose last word is being typed.
func completions(t *testing.T, words ...string) string {
	t.Helper()
	streams, _, out, _ := genericiooptions.NewTestIOStreams()
	if status := execute(t.Context(), streams, append([]string{"__complete"}, words...)); status != cli.ExitDone {
		t.Errorf("%q: exit status %d", words, status)
	}
	return out.String()
}

func TestCompletesWithoutACluster(t *testing.T) {
	dir := t.TempDir()
	kubeconfig := filepath.Join(dir, "config")
	config := `{apiVersion: v1, kind: Config, current-context: near,
contexts: [{name: near, context: {cluster: c1, user: u1}}, {name: far, context: {cluster: c2, user: u1}}],
clusters: [{name: c1, cluster: {server: "http://127.0.0.1:1"}}, {name: c2, cluster: {server: "http://127.0.0.1:1"}}], users: [{name: u1}]}`
	if err := os.WriteFile(kubeconfig, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("KUBECONFIG", "/does/not/exist")
	t.Setenv(cli.CompleteVariable, "10s")
	t.Setenv("KUBECTL_ETCD_ACTIVE_HELP", "0")
	for line, want := range map[string]string{
		"sta":                        "status\tShow the health of a cluster and of every member\n:4",
		"nope ":                      ":4",
		"auth ena":                   "enable\tSwitch authentication on, with user root as its administrator\n:4",
		"completion po":              "powershell\n:36",
		"completion bash ":           ":4",
		"overlays ":                  ":4",
		"render --overlay g":         "gke\tpd.csi.storage.gke.io pd-ssd\n:36",
		"up --overlay lo":            "local\tthe default StorageClass\n:36",
		"up --etcd-version ":         "3.7.3\n3.6.16\n:36",
		"diff --tls cert":            "cert-manager\n:36",
		"up --expose=in":             "internal\n:36",
		"up --dry-run s":             "server\n:36",
		"up --replicas ":             "1\n3\n5\n7\n:36",
		"up --storage ":              ":4",
		"status -o j":                "json\njsonpath=\n:36",
		"status -o jsonp":            "jsonpath=\n:38",
		"status -o jsonpath={.":      ":36",
		"status --color al":          "always\n:36",
		"drill ob":                   "observe\tno fault: judge while a node upgrade, a chaos tool or a person changes the cluster (see --for)\n:36",
		"drill leader ":              ":4",
		"drill --faults leader,obs":  "leader,observe\tno fault: judge while a node upgrade, a chaos tool or a person changes the cluster (see --for)\n:38",
		"drill verify ":              ":0",
		"drill leader --report ":     ":0",
		"render --export ":           ":16",
		"put k ":                     ":4",
		"proxy etcd -- ls ":          ":0",
		"get --etcd-cacert ":         ":0",
		"status --kubeconfig ":       ":0",
		"status --server ":           ":4",
		"status ":                    ":4", // no kubeconfig
		"get ":                       ":4",
		"status -n ":                 ":4",
		"get --etcd-cert /none k":    ":4",
		"status --context  ":         ":4",
		"--kubeconfig $K --context ": "far\nnear\n:4",
		"--kubeconfig $K --cluster ": "c1\nc2\n:4",
		"--kubeconfig $K --user ":    "u1\n:4",
		"--kubeconfig $K status ":    ":4", // connection refused
	} {
		words := strings.Split(strings.ReplaceAll(line, "$K", kubeconfig), " ")
		if diff := cmp.Diff(want+"\n", completions(t, words...)); diff != "" {
			t.Errorf("%q -want +got:\n%s", line, diff)
		}
	}
}

// TestCompletesWhatThereIs completes with names from a fake API server and an etcd member.
func TestCompletesWhatThereIs(t *testing.T) {
	member := etcdtest.Start(t, 1, nil).Members[0]
	client := etcdtest.Client(t, member.Endpoint)
	for _, key := range []string{
		"/config/a", "/config/a:b", "/config/a=b", "/config/two words", "/config/ends ", "/config/$(id)", "/config/`id`", "/config/a;b", "/config/it's",
		"/config/\x1b[31m", "/config/\xff", "/config/new\nline", "-flag", "/übung",
	} {
		if _, err := client.Put(t.Context(), key, password); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 200 {
		if _, err := client.Put(t.Context(), fmt.Sprintf("/many/%03d", i), ""); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := client.RoleAdd(t.Context(), "reader"); err != nil {
		t.Fatal(err)
	}
	if _, err := client.UserAdd(t.Context(), "app", password); err != nil {
		t.Fatal(err)
	}
	k := kubetest.Serve(t, member.Endpoint, completable())
	t.Setenv(cli.CompleteVariable, "30s")
	for line, want := range map[string]string{
		"status ":                            "etcd\n:4",
		"status etcd ":                       ":4",
		"status x":                           ":4",
		"status statefulset/e":               "statefulset/etcd\n:4",
		"status statefulset/x":               ":4",
		"status pod/":                        "pod/etcd-0\n:4",
		"get --etcd ":                        "etcd\n:4",
		"get --etcd sts/":                    "sts/etcd\n:4",
		"replace ":                           "etcd-0\ton node n1\n:4",
		"replace etcd-0 ":                    ":4",
		"move-leader e":                      "etcd-0\ton node n1\n:4",
		"ctl --member ":                      "etcd-0\ton node n1\n:4",
		"proxy etcd --member ":               "etcd-0\ton node n1\n:4",
		"proxy ":                             "etcd\n:4",
		"status -n ":                         "default\nns\n:4",
		"get k --etcd-tls-secret ":           "app\netcd-client-tls\n:4",
		"get k --etcd-tls-secret other/t":    "other/tls\n:4",
		"up --storage-class ":                "fast\n:4",
		"get /config/":                       "/config/a\n/config/a:b\n/config/a=b\n/config/two words\n:4",
		"get /ü":                             "/übung\n:4",
		"del /config/a:":                     "/config/a:b\n:4",
		"watch /config/a=":                   "/config/a=b\n:4",
		"put /config/t":                      "/config/two words\n:4",
		"put /config/a ":                     ":4",
		"auth role grant r --key /config/a:": "/config/a:b\n:4",
		"auth user delete ":                  "app\n:4",
		"auth user grant app r":              "reader\n:4",
		"auth role delete ":                  "reader\n:4",
	} {
		words := append([]string{"--server", k.URL}, strings.Split(line, " ")...)
		if !strings.Contains(line, "-n ") {
			words = append([]string{"-n", "ns"}, words...)
		}
		if diff := cmp.Diff(want+"\n", completions(t, words...)); diff != "" {
			t.Errorf("%q -want +got:\n%s", line, diff)
		}
	}
	many := strings.Fields(completions(t, "get", "-n", "ns", "--server", k.URL, "/many/"))
	if len(many) != cli.MaxKeys+1 || many[0] != "/many/000" || many[cli.MaxKeys-1] != "/many/100" {
		t.Errorf("%q", many)
	}
	if slices.ContainsFunc(k.Asked, func(s string) bool { return strings.HasSuffix(s, " app") }) {
		t.Errorf("Secrets were read: %q", k.Asked)
	}
}

// completable returns the objects of a cluster, and the lists that completions read names from.
func completable() map[string]runtime.Object {
	objects := clusterObjects("--name=etcd-0", "--listen-client-urls=http://0.0.0.0:2379")
	set := objects["/apis/apps/v1/namespaces/ns/statefulsets/etcd"].(*appsv1.StatefulSet)
	objects["/apis/apps/v1/namespaces/ns/statefulsets"] = &appsv1.StatefulSetList{Items: []appsv1.StatefulSet{*set}}
	objects["/api/v1/namespaces/ns/pods/etcd-0"].(*corev1.Pod).Spec.NodeName = "n1"
	for path, names := range map[string][]string{
		"/api/v1/namespaces":                     {"default", "ns"},
		"/api/v1/namespaces/ns/secrets":          {"app", "etcd-client-tls"},
		"/api/v1/namespaces/other/secrets":       {"tls"},
		"/apis/storage.k8s.io/v1/storageclasses": {"fast"},
	} {
		list := &metav1.PartialObjectMetadataList{TypeMeta: metav1.TypeMeta{APIVersion: "meta.k8s.io/v1", Kind: "PartialObjectMetadataList"}}
		for _, name := range names {
			list.Items = append(list.Items, metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: name}})
		}
		objects[path] = list
	}
	return objects
}

// TestCompletionSaysWhatHelps checks the help for a namespace with several clusters.
func TestCompletionSaysWhatHelps(t *testing.T) {
	objects := completable()
	list := objects["/apis/apps/v1/namespaces/ns/statefulsets"].(*appsv1.StatefulSetList)
	second := list.Items[0].DeepCopy()
	second.Name, second.UID = "second", "second"
	list.Items = append(list.Items, *second)
	k := kubetest.Serve(t, "", objects)
	t.Setenv(cli.CompleteVariable, "30s")
	want := "_activeHelp_ The namespace has several etcd clusters: name one with --etcd.\n:4\n"
	if diff := cmp.Diff(want, completions(t, "get", "-n", "ns", "--server", k.URL, "")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
