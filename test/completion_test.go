//go:build e2e

package test

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd"
)

const (
	completionNamespace = "e2e-completion"
	// screenWait is how long a screen may take to show a text: a loaded machine takes seconds to start kubectl.
	screenWait = 40 * time.Second
)

// TestCompletion types into real shells that are set up as in "completion --help", and reads their screens.
func TestCompletion(t *testing.T) {
	t.Parallel()
	s := open(t)
	there := s.up(t, completionNamespace, "--replicas", "1")
	for key, value := range map[string]string{"/config/host:port": "one", "/config/name=value": "two", "/config/two words": "three"} {
		s.must(t, there, "kubectl etcd put '"+key+"' "+value)
	}
	bin := s.install(t)
	kubeconfig := twoContexts(t, there)
	for name, rc := range map[string]string{
		"bash": "PS1='ready> '\nbind 'set page-completions off'\n. /usr/share/bash-completion/bash_completion\n. <(kubectl completion bash)\n. <(kubectl etcd completion bash)\n",
		"zsh":  "PS1='ready> '\nLISTMAX=1000\nautoload -Uz compinit; compinit -D\n. <(kubectl completion zsh)\n. <(kubectl etcd completion zsh)\n",
	} {
		t.Run(name, func(t *testing.T) {
			begin := time.Now()
			sh := startShell(t, name, rc, "KUBECONFIG="+kubeconfig, "PATH="+bin+":"+s.path())
			for _, c := range typedWords() {
				if name == "zsh" && !c.inZsh {
					continue
				}
				sh.types(c.typed)
				sh.shows(c.want)
				sh.clear()
			}
			sh.helps(t)
			t.Log(name, "took", time.Since(begin).Round(time.Millisecond))
		})
	}
}

// typedWord is what is typed, and what the screen must show then.
type typedWord struct {
	typed, want string
	inZsh       bool
}

// typedWords returns what is typed into the shells. Words whose completion depends on the shell's quoting or menu
// are typed into both shells. The rest comes from kubectl and the plugin, so bash alone types it.
func typedWords() []typedWord {
	return []typedWord{
		{"kubectl etcd sta\t", "kubectl etcd status ", true},
		{"kubectl-etcd sta\t", "kubectl-etcd status ", true},
		{"kubectl etcd status -n e2e-completio\t", "-n e2e-completion ", false},
		{"kubectl etcd status -n e2e-completion \t", "-n e2e-completion etcd ", true},
		{"kubectl etcd status --context her\t", "--context here ", false},
		{"kubectl etcd status --context here \t", "--context here etcd ", false},
		{"kubectl-etcd status --context=here \t", "--context=here etcd ", false},
		{"kubectl etcd replace --context here \t", "--context here etcd-0 ", false},
		{"kubectl etcd drill obs\t", "drill observe ", false},
		{"kubectl etcd up --overlay \t\t", "pd.csi.storage.gke.io pd-ssd", true},
		{"kubectl etcd get --context here /conf\t", "/config/", false},
		{"kubectl etcd get --context here /config/\t\t", "name=value", false},
		{"kubectl etcd get --context here /config/h\t\n", "one", true},
		{"kubectl etcd get --context here /config/host:\t\n", "one", true},
		{"kubectl etcd get --context here /config/name=\t\n", "two", true},
		{"kubectl-etcd get --context here /config/t\t\n", "three", true},
		{"kubectl etcd get --context here /config/two\\ w\t\n", "three", true},
	}
}

// helps has an API server that never answers: the shell must show the help, and keep the typed text.
func (sh *shell) helps(t *testing.T) {
	sh.types("export KUBECTL_ETCD_COMPLETION_TIMEOUT=200ms\n")
	sh.clear()
	line := "kubectl etcd get --kubeconfig " + kubeconfigFor(t, "http://"+neverAnswers(t)) + " k"
	sh.types(line + "\t\t")
	sh.shows("No answer in time")
	sh.types("X")
	sh.shows(line + "X")
}

// install runs make install, and returns the folder for the PATH.
func (s sandbox) install(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "make", "-C", s.root, "install", "DESTDIR="+dir, "PREFIX=/usr")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return filepath.Join(dir, "usr", "bin")
}

// twoContexts returns a kubeconfig whose context "here" is another kubeconfig's, and whose current context has no etcd.
func twoContexts(t *testing.T, kubeconfig string) string {
	t.Helper()
	config, err := clientcmd.LoadFromFile(kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	current := config.Contexts[config.CurrentContext]
	config.Contexts["here"] = current.DeepCopy()
	current.Namespace = "default"
	file := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*config, file); err != nil {
		t.Fatal(err)
	}
	return file
}

// neverAnswers returns the address of a server that accepts connections and sends nothing.
func neverAnswers(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0") // the kernel accepts
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return listener.Addr().String()
}

// shell is an interactive shell on a tmux screen.
type shell struct {
	t      *testing.T
	socket string
}

func startShell(t *testing.T, name, rc string, env ...string) *shell {
	t.Helper()
	dir, err := os.MkdirTemp("", "sh") // sun_path of unix(7) limits the length of a socket's path
	if err != nil {
		t.Fatal(err)
	}
	file, command := filepath.Join(dir, ".zshrc"), "zsh -i"
	if name == "bash" {
		file = filepath.Join(dir, "rc")
		command = "bash --noprofile --rcfile " + file + " -i"
	}
	if err := os.WriteFile(file, []byte(rc), 0o600); err != nil {
		t.Fatal(err)
	}
	sh := &shell{t: t, socket: filepath.Join(dir, "tmux")}
	cmd := exec.CommandContext(t.Context(), "tmux", "-S", sh.socket, "-f", "/dev/null", "new-session", "-d", "-x", "160", "-y", "50", command)
	cmd.Env = append(append(os.Environ(), env...), "HOME="+dir, "ZDOTDIR="+dir, "LANG=C.UTF-8", "KUBECTL_ETCD_COMPLETION_TIMEOUT=30s")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Cleanup(func() {
		_ = exec.Command("tmux", "-S", sh.socket, "kill-server").Run()
		_ = os.RemoveAll(dir)
	})
	sh.shows("ready>")
	return sh
}

func (sh *shell) tmux(args ...string) string {
	sh.t.Helper()
	out, err := exec.CommandContext(sh.t.Context(), "tmux", append([]string{"-S", sh.socket}, args...)...).CombinedOutput()
	if err != nil {
		sh.t.Fatalf("tmux %q: %v\n%s", args, err, out)
	}
	return string(out)
}

// types presses keys. A busy shell reads them later.
func (sh *shell) types(keys string) {
	sh.t.Helper()
	sh.tmux("send-keys", "-l", keys)
}

func (sh *shell) screen() string { return sh.tmux("capture-pane", "-p", "-J") }

// shows waits for a text on the screen. tmux pads the end of a line.
func (sh *shell) shows(want string) {
	sh.t.Helper()
	sh.until(want, func(screen string) bool { return strings.Contains(screen, strings.TrimRight(want, " ")) })
}

// clear clears the line and the screen.
func (sh *shell) clear() {
	sh.t.Helper()
	sh.until("an empty line", func(screen string) bool {
		sh.tmux("send-keys", "C-u", "C-l")
		return strings.TrimSpace(screen) == "ready>"
	})
}

func (sh *shell) until(what string, done func(screen string) bool) {
	sh.t.Helper()
	for deadline := time.Now().Add(screenWait); ; time.Sleep(50 * time.Millisecond) {
		screen := sh.screen()
		if done(screen) {
			return
		}
		if time.Now().After(deadline) {
			sh.t.Fatalf("the screen does not show %q:\n%s", what, bytes.TrimSpace([]byte(screen)))
		}
	}
}
