package settings

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// leaked is the name of a variable in this process's environment, which no script may read.
const leaked = "leaked-4f1c"

// FuzzScript reads arbitrary scripts. Reading must end soon, and must use nothing but the pod's spec.
func FuzzScript(f *testing.F) {
	f.Setenv("LEAK", leaked)
	for _, s := range scripts(f) {
		f.Add(s)
	}
	f.Add("etcd --name $LEAK ~root $(env) `cat /proc/self/environ` /e* <(env) ${!L*}")
	f.Add("f() { A=$A$A$1; f $A & f; }; f aaaa; while :; do f; done; etcd --name ${A//a/$A} $((A=1<<99)) ${A@Q} {1..9999999}")
	f.Add("set -- \"$@\" \"$@\"; case $1 in *) etcd $@;; esac; A=([9999999999]=b); A[99]=c; etcd ${A[-1]} $((A[1]++)) $((1/0))")
	f.Add("[[ a =~ (b|c ]] || [ ! -n ] || test; read; shift -1; unset; eval; . ; exec; export $A; local -x A=$B; let i++; time")
	f.Add("set -- " + strings.Repeat("a ", 10000) + "\n" + strings.Repeat("set -- \"$@\"\n", 3000))
	doubling := "a() { :; }\n"
	for c := 'b'; c <= 'z'; c++ {
		doubling += fmt.Sprintf("%[1]c() { %[2]c; %[2]c; }\n", c, c-1)
	}
	f.Add(doubling + "z\netcd")
	f.Fuzz(func(t *testing.T, script string) {
		begin := time.Now()
		s, err := Read(t.Context(), scriptPod(), scriptContainer("sh", "-c", script), objects{"scripts": {"self": script}})
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("took %s", took)
		}
		text := strings.Join(s.Unknown(), "\n")
		for flag := range s.flags {
			text += s.Pattern(flag) + s.Get(flag)
		}
		if strings.Contains(text, leaked) && !strings.Contains(script, leaked) {
			t.Errorf("the environment leaked: %q", text)
		}
		Runs(scriptContainer("sh", "-c", script))
	})
}

func FuzzArgs(f *testing.F) {
	f.Add("--name\x00a\x00-x=y\x00--\x00--client-cert-auth")
	f.Add("/bin/sh\x00-eo\x00pipefail\x00-c\x00exec etcd \"$@\"\x00-\x00--name=$(A)$$(B)$(")
	f.Add("tini\x00--\x00gosu\x00etcd\x00env\x00A=b\x00timeout\x0030s\x00etcd\x00grpc-proxy")
	f.Add("/scripts/self\x00--config-file=/scripts/self")
	f.Fuzz(func(t *testing.T, text string) {
		c := scriptContainer(strings.Split(text, "\x00")...)
		Runs(c)
		Runs(corev1.Container{Image: text, Args: c.Command})
		s, err := Read(t.Context(), scriptPod(), c, objects{"scripts": {"self": text}})
		if err != nil {
			t.Fatal(err)
		}
		for flag := range s.flags {
			if strings.HasPrefix(flag, "--") {
				t.Errorf("flag %q", flag)
			}
			Locate(scriptPod().Spec, c, s.Get(flag))
		}
		s.Unknown()
	})
}

func FuzzConfigFile(f *testing.F) {
	f.Add("name: a\nclient-transport-security: {cert-file: /a, auto-tls: true}\npeer-transport-security: {allowed-cn: b}\n")
	f.Add("a: &a [x]\nb: [*a, *a]\nlisten-client-urls: {etcd-2: [http://a:1]}\nquota-backend-bytes: 8589934592\nc: null\n")
	f.Fuzz(func(t *testing.T, text string) {
		flags, why := parseConfig(text, "etcd-2")
		if (flags == nil) == (why == "") {
			t.Errorf("flags %v, why %q", flags, why)
		}
	})
}

// scripts returns the scripts of the pods in testdata.
func scripts(tb testing.TB) []string {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) == 0 {
		tb.Fatal("no testdata", err)
	}
	var found []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		found = append(found, string(text))
		pod, have := load(tb, file)
		for _, c := range pod.Spec.Containers {
			found = append(found, c.Command...)
		}
		for _, data := range have {
			for _, text := range data {
				found = append(found, text)
			}
		}
	}
	return found
}
