package plugin

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history/historytest"
	"github.com/kubectl-etcd/kubectl-etcd/test/scriptcommands"
)

// commandLimit bounds one command of a script. No command waits for a kubelet, so only one that hangs takes that long.
const commandLimit = 2 * time.Minute

// TestCommands runs each testdata/commands/*.txtar in this process, against a Kubernetes of its own (world). Beside
// testscript's commands there are
//
//	kubectl etcd status                        # it must succeed, or with "!" fail
//	kubectl etcd ctl -- txn <file              # with a file as stdin
//	exits 3 kubectl etcd status                # it must exit with that status
//	capture LEADER                             # what the last command printed, as $LEADER
//	certs server by=ca use=server              # see scriptcommands.Certs
//	object file.yaml                           # stores objects, with variables expanded
//	secret mine tls.crt=mine.crt password:=pw  # stores a Secret: of files, and of values
//	deny eve list pods                         # 403 for that user (--as), verb and resource; each can be '*'
//	has statefulset/etcd                       # it must exist, or with "!" not
//	remove secret/mine                         # deletes an object
//	history leader.jsonl                       # writes the history of a simulated drill, which passes
//
// A StatefulSet of etcd that is stored, by object or by "kubectl etcd up", gets pods that run real members.
// Files are named by $WORK/, because the current directory belongs to the whole process. At the end of a script, no value of a
// Secret or of a password file may be in anything that its commands printed.
func TestCommands(t *testing.T) {
	t.Parallel()
	testscript.RunT(scriptT{t}, testscript.Params{
		Dir:                filepath.Join("testdata", "commands"),
		Setup:              setupCommands,
		RequireUniqueNames: true,
		ContinueOnError:    true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"kubectl": func(ts *testscript.TestScript, neg bool, args []string) {
				if status := worldOf(ts).kubectl(ts, args); (status == 0) == neg {
					ts.Fatalf("exit status %d", status)
				}
			},
			"exits": func(ts *testscript.TestScript, neg bool, args []string) {
				if neg || len(args) < 2 || args[1] != "kubectl" {
					ts.Fatalf("usage: exits STATUS kubectl etcd [args...]")
				}
				want, err := strconv.Atoi(args[0])
				ts.Check(err)
				if got := worldOf(ts).kubectl(ts, args[2:]); got != want {
					ts.Fatalf("exit status %d, want %d", got, want)
				}
			},
			"capture": scriptcommands.Capture,
			"certs":   scriptcommands.Certs,
			"object":  func(ts *testscript.TestScript, _ bool, args []string) { worldOf(ts).object(ts, args) },
			"secret":  func(ts *testscript.TestScript, _ bool, args []string) { worldOf(ts).secret(ts, args) },
			"deny": func(ts *testscript.TestScript, _ bool, args []string) {
				if len(args) != 3 {
					ts.Fatalf("usage: deny USER VERB RESOURCE")
				}
				worldOf(ts).kube.Deny(args[0], args[1], args[2])
			},
			"has": func(ts *testscript.TestScript, neg bool, args []string) {
				for _, arg := range args {
					if found := worldOf(ts).kube.Get(objectPath(ts, arg)) != nil; found == neg {
						ts.Fatalf("%s exists: %v", arg, found)
					}
				}
			},
			"remove": func(ts *testscript.TestScript, _ bool, args []string) {
				for _, arg := range args {
					if !worldOf(ts).kube.Delete(objectPath(ts, arg)) {
						ts.Fatalf("there is no %s", arg)
					}
				}
			},
			"history": func(ts *testscript.TestScript, _ bool, args []string) {
				var file bytes.Buffer
				ts.Check(history.Encode(&file, historytest.Simulate(1, 400)))
				ts.Check(os.WriteFile(ts.MkAbs(strings.Join(args, "")), file.Bytes(), 0o600))
			},
		},
	})
}

// scriptT gives scripts their *testing.T, which etcdtest needs.
type scriptT struct{ *testing.T }

// Run implements testscript.T.
func (s scriptT) Run(name string, f func(testscript.T)) {
	s.T.Run(name, func(t *testing.T) { f(scriptT{t}) })
}

// Verbose implements testscript.T.
func (scriptT) Verbose() bool { return testing.Verbose() }

// worldKey is the key of a script's world in its values.
type worldKey struct{}

func worldOf(ts *testscript.TestScript) *world { return ts.Value(worldKey{}).(*world) }

// setupCommands gives a script its world, and a kubeconfig for it.
func setupCommands(env *testscript.Env) error {
	t := env.T().(scriptT).T
	w := newWorld(t)
	env.Values[worldKey{}] = w
	w.kubeconfig = filepath.Join(t.TempDir(), "kubeconfig")
	env.Setenv("KUBECONFIG", w.kubeconfig)
	env.Setenv("NAMESPACE", namespace)
	env.Defer(func() { w.checkSecrets(t) })
	const config = `{apiVersion: v1, kind: Config, current-context: c, contexts: [{name: c, context: {cluster: k, user: u, namespace: %s}}],
clusters: [{name: k, cluster: {server: "%s"}}], users: [{name: u, user: {}}]}`
	return os.WriteFile(w.kubeconfig, fmt.Appendf(nil, config, namespace, w.kube.URL), 0o600)
}

// kubectl runs "kubectl etcd" in this process and returns the exit status.
func (w *world) kubectl(ts *testscript.TestScript, args []string) int {
	if len(args) < 2 || args[0] != "etcd" {
		ts.Fatalf("usage: kubectl etcd [args...] [<file]")
	}
	args = args[1:]
	var in, out, errOut bytes.Buffer
	if last := args[len(args)-1]; strings.HasPrefix(last, "<") {
		args = args[:len(args)-1]
		in.WriteString(ts.ReadFile(last[1:]))
	}
	for i, arg := range args[1:] {
		if args[i] == "--etcd-password-file" || args[i] == "--password-file" {
			if password, err := os.ReadFile(arg); err == nil {
				w.passwords = append(w.passwords, strings.TrimSpace(string(password)))
			}
		}
	}
	if !slices.Contains(args, "--kubeconfig") {
		args = append([]string{"--kubeconfig=" + w.kubeconfig}, args...)
	}
	ctx, cancel := context.WithTimeout(w.t.Context(), commandLimit)
	defer cancel()
	status := execute(ctx, genericiooptions.IOStreams{In: &in, Out: &out, ErrOut: &errOut}, args)
	w.printed.Write(out.Bytes())
	w.printed.Write(errOut.Bytes())
	_, err := ts.Stdout().Write(out.Bytes())
	ts.Check(err)
	_, err = ts.Stderr().Write(errOut.Bytes())
	ts.Check(err)
	return status
}

// object stores the objects of YAML files.
func (w *world) object(ts *testscript.TestScript, files []string) {
	for _, file := range files {
		text := os.Expand(ts.ReadFile(file), func(name string) string {
			if name == "NAMESPACE" || name == "NAME" {
				return ts.Getenv(name)
			}
			return "$" + name
		})
		decoder := yaml.NewYAMLOrJSONDecoder(strings.NewReader(text), len(text))
		for {
			object := &unstructured.Unstructured{}
			if decoder.Decode(&object.Object) != nil {
				break
			}
			if object.GetNamespace() == "" {
				object.SetNamespace(namespace)
			}
			w.kube.Put(object)
		}
	}
}

// secret stores a Secret: KEY=FILE or KEY:=VALUE.
func (w *world) secret(ts *testscript.TestScript, args []string) {
	data := map[string]any{}
	for _, arg := range args[1:] {
		key, value, _ := strings.Cut(arg, "=")
		if literal, found := strings.CutSuffix(key, ":"); found {
			key = literal
		} else {
			value = ts.ReadFile(value)
		}
		data[key] = base64.StdEncoding.EncodeToString([]byte(value))
	}
	w.kube.Put(&unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{"name": args[0], "namespace": namespace}, "data": data,
	}})
}

// objectPath returns the API path of a name like secret/mine.
func objectPath(ts *testscript.TestScript, name string) string {
	kind, name, _ := strings.Cut(name, "/")
	root := "/api/v1"
	switch kind {
	case "statefulset":
		root = "/apis/apps/v1"
	case "lease":
		root = "/apis/coordination.k8s.io/v1"
	case "secret", "configmap", "pod", "service", "persistentvolumeclaim":
	default:
		ts.Fatalf("kind %q", kind)
	}
	return root + "/namespaces/" + namespace + "/" + kind + "s/" + name
}

// shortestSecret is the length from which the output is searched for a value.
const shortestSecret = 5

// checkSecrets fails the test if a value of a Secret or a password was printed, in any of its forms.
func (w *world) checkSecrets(t *testing.T) {
	printed := w.printed.String()
	check := func(value []byte) {
		for _, form := range scriptcommands.SecretForms(value, shortestSecret) {
			if strings.Contains(printed, form) {
				t.Errorf("the value of a Secret is in what the commands printed: %q", form)
			}
		}
	}
	for _, password := range w.passwords {
		check([]byte(password))
	}
	for _, encoded := range w.kube.Secrets() {
		value, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			t.Errorf("a Secret's value is not base64: %v", err)
		}
		check(value)
	}
}
