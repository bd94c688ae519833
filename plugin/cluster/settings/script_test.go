package settings

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func scriptPod() *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "etcd-2", Namespace: "ns"},
		Spec: corev1.PodSpec{Subdomain: "etcd", Volumes: []corev1.Volume{
			{Name: "scripts", VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{
				LocalObjectReference: corev1.LocalObjectReference{Name: "scripts"},
			}}},
			{Name: "work", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}},
		}},
		Status: corev1.PodStatus{PodIP: "10.0.0.1"},
	}
}

func scriptContainer(words ...string) corev1.Container {
	return corev1.Container{
		Name: "etcd", Image: "acme/etcd", Command: words,
		Env: []corev1.EnvVar{
			{Name: "NS", Value: "ns"},
			{Name: "SIZE", Value: "3"},
			{Name: "SECRET", ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: "s"}}}},
		},
		VolumeMounts: []corev1.VolumeMount{{Name: "scripts", MountPath: "/scripts"}, {Name: "work", MountPath: "/work"}},
	}
}

func TestScript(t *testing.T) {
	tests := []struct {
		name, script string
		want         string // --name
		unknown      []string
	}{
		{name: "plain", script: "exec etcd --name a", want: "a"},
		{name: "assignment", script: "A=b\nC=\"$A-${NS}\"\netcd --name $C", want: "b-ns"},
		{name: "appended", script: "A=b; A+=c; etcd --name $A", want: "bc"},
		{name: "quotes and escapes", script: `A='$NS'; etcd --name "$A"\ x"y"`, want: "$NS xy"},
		{name: "escapes in an assignment", script: `A=a\ b; B="a\$b"; etcd --name "$A$B"`, want: "a ba$b"},
		{name: "default", script: "etcd --name ${A:-b}${NS:-c}${A-d}", want: "bnsd"},
		{name: "alternative", script: "etcd --name ${A:+b}${NS:+c}", want: "c"},
		{name: "assigning default", script: ": ${A:=b}; etcd --name $A", want: "b"},
		{name: "ordinal", script: "etcd --name n${HOSTNAME##*-}", want: "n2"},
		{name: "base name", script: "etcd --name ${HOSTNAME%-*}", want: "etcd"},
		{name: "replacement", script: "etcd --name ${HOSTNAME//-/_}", want: "etcd_2"},
		{name: "pattern in a variable", script: "P=etcd-; etcd --name n${HOSTNAME#$P}", want: "n2"},
		{name: "slice and length", script: "etcd --name ${HOSTNAME: -1}${#HOSTNAME}", want: "26"},
		{name: "arithmetic", script: "I=${HOSTNAME##*-}; etcd --name n$((I + 1))$(($I * 2))", want: "n34"},
		{name: "host name", script: "etcd --name $(hostname)`hostname -s`", want: "etcd-2etcd-2"},
		{name: "full host name", script: "H=$(hostname -f)\netcd --name $H", want: "etcd-2.etcd.ns.svc.cluster.local"},
		{name: "address", script: "etcd --name $(hostname -i)", want: "10.0.0.1"},
		{name: "word splitting", script: "A='--name x --data-dir y'; etcd $A", want: "x"},
		{name: "array", script: "A=(--data-dir /d); A+=(--name \"a b\"); etcd \"${A[@]}\"", want: "a b"},
		{name: "exported variable", script: "export ETCD_NAME=a; etcd", want: "a"},
		{name: "exported later, quoted", script: "A=b; ETCD_NAME=a; export ETCD_NAME \"X=$A\"; etcd", want: "a"},
		{name: "not exported", script: "ETCD_NAME=a; etcd", want: ""},
		{name: "all exported", script: "set -a; ETCD_NAME=a; set +a; ETCD_DATA_DIR=b; etcd", want: "a"},
		{name: "variable for the call alone", script: "ETCD_NAME=a exec etcd", want: "a"},
		{name: "unset", script: "ETCD_NAME=a; export ETCD_NAME; unset ETCD_NAME; etcd", want: ""},
		{name: "positional arguments", script: "etcd --name $1-$2-$#", want: "one-two-2"},
		{name: "all positional arguments", script: "shift; set -- --name \"$@\"; exec etcd \"$@\"", want: "two"},
		{name: "in a chain", script: "mkdir -p /d && A=b && exec etcd --name $A", want: "b"},
		{name: "in the background", script: "etcd --name a & wait", want: "a"},
		{name: "in a loop", script: "while true; do etcd --name a; sleep 1; done", want: "a"},
		{name: "in a function", script: "run() { exec etcd --name $1; }\nrun a", want: "a"},
		{name: "a function that is not called", script: "run() { exec etcd --name a; }\nexec etcd --name b", want: "b"},
		{name: "eval", script: "A='etcd --name a'; eval exec $A", want: "a"},
		{name: "a script in a script", script: "exec sh -c 'exec etcd --name $1' - a", want: "a"},
		{name: "sourced", script: ". /scripts/env; etcd --name $FROM_FILE", want: "file"},
		{name: "script of a file", script: "exec /scripts/start x", want: "x"},
		{name: "condition that holds", script: "if [ -n \"$NS\" ]; then A=b; else A=c; fi; etcd --name $A", want: "b"},
		{name: "condition that does not", script: "if [ \"$NS\" = other ]; then A=b; elif test -z $UNSET; then A=c; fi; etcd --name $A", want: "c"},
		{name: "numbers", script: "if [ ${HOSTNAME##*-} -ge $SIZE ]; then exec etcd --name more; fi; exec etcd --name first", want: "first"},
		{name: "double brackets", script: "[[ -z $UNSET && ( $NS == ns || 1 -gt 2 ) && $NS != x ]] && A=b; etcd --name $A", want: "b"},
		{name: "or", script: "[ -n \"$A\" ] || A=b; false || B=c; etcd --name $A$B", want: "bc"},
		{name: "not", script: "if ! [ -z \"$NS\" ]; then A=b; fi; etcd --name $A", want: "b"},
		{name: "case", script: "case $HOSTNAME in etcd-1) A=b;; etcd-2|etcd-3) A=c;; *) A=d;; esac; etcd --name $A", want: "c"},
		{name: "case, the last", script: "case $HOSTNAME in etcd-1) A=b;; *) A=d;; esac; etcd --name $A", want: "d"},
		{name: "a way that ends", script: "if [ -e /f ]; then A=b; exit 1; fi; A=c; etcd --name $A", want: "c"},
		{name: "both ways alike", script: "if [ -e /f ]; then A=b; else A=b; fi; etcd --name $A", want: "b"},
		{name: "subshell", script: "A=b; (A=c); A=d | A=e; etcd --name $A", want: "b"},
		{name: "each branch returns", script: "f() { if test -e /x; then return 0; else return 1; fi; }; A=b; f; etcd --name $A", want: "b"},
		{name: "branches of which some exit", script: "f() { if test -e /x; then exit; else A=c; return; fi; }; A=b; f; etcd --name $A", want: "c"},
		{name: "return", script: "f() { return; A=c; }; A=b; f; etcd --name $A", want: "b"},
		{
			name: "the first that says where clients go", want: "b",
			script: "if [ -e /f ]; then exec etcd --name a; else exec etcd --name b --advertise-client-urls http://b:2379; fi",
		},

		{name: "both ways", script: "if [ -e /f ]; then A=b; fi; etcd --name $A", unknown: []string{`--name: $A in the script of container "etcd"`}},
		{name: "case that may be", script: "A=a; case $HOSTNAME in etcd-*) A=b;; esac; etcd --name $A", unknown: []string{`--name: $A in the script of container "etcd"`}},
		{name: "unset variable", script: "etcd --name a$FOO", unknown: []string{`--name: $FOO in the script of container "etcd"`}},
		{
			name: "several ways", script: "if x; then exec etcd --name a --cert-file=/a; fi; exec etcd --name b", want: "a",
			unknown: []string{`script of container "etcd", which calls etcd in several ways (the first is taken)`},
		},
		{name: "further arguments", script: "exec etcd --name a $MORE", want: "a", unknown: []string{`$MORE in the script of container "etcd"`}},
		{name: "in the background before another", script: "etcd --name a --listen-client-urls=x & kill $!; etcd --name b", want: "b"},
		{name: "Secret", script: "etcd --name ${SECRET:-a}", unknown: []string{`--name: environment variable SECRET (from secret "s")`}},
		{name: "operation on a Secret", script: "etcd --name ${SECRET##*-}", unknown: []string{`--name: ${SECRET##*-} in the script of container "etcd"`}},
		{name: "unknown pattern", script: "etcd --name ${HOSTNAME#$FOO}", unknown: []string{`--name: ${HOSTNAME#$FOO} in the script of container "etcd"`}},
		{name: "arithmetic on a Secret", script: "etcd --name $((SECRET + 1))", unknown: []string{`--name: $((SECRET + 1)) in the script of container "etcd"`}},
		{name: "command", script: "A=$(cat /etc/name)\netcd --name $A", unknown: []string{`--name: $(cat /etc/name) in the script of container "etcd"`}},
		{name: "after a loop", script: "A=; for i in 0 1 2; do A=$A,$i; done; etcd --name $A", unknown: []string{`--name: $A in the script of container "etcd"`}},
		{name: "in a loop's variable", script: "for i in 0 1; do etcd --name n$i; done", unknown: []string{`--name: $i in the script of container "etcd"`}},
		{name: "in a loop that changes it", script: "A=0; while x; do etcd --name n$A; A=1; done", unknown: []string{`--name: $A in the script of container "etcd"`}},
		{name: "a function in a loop", script: "A=0; add() { A=1; }; while [ -e /f ]; do add; done; etcd --name $A", unknown: []string{`--name: $A in the script of container "etcd"`}},
		{name: "read", script: "read -r A; etcd --name $A", unknown: []string{`--name: $A in the script of container "etcd"`}},
		{name: "braces", script: "etcd --name {1..999999999}", unknown: []string{`--name: {1..999999999} in the script of container "etcd"`}},
		{name: "indirect", script: "etcd --name ${!NS}", unknown: []string{`--name: ${!NS} in the script of container "etcd"`}},
		{name: "another user's home", script: "etcd --name ~root/x", unknown: []string{`--name: a home directory in the script of container "etcd"`}},
		{name: "no shell's syntax", script: "etcd --name (", unknown: []string{
			"script of container \"etcd\", which is not understood (1:13: a command can only contain words and redirects; encountered `(`)",
		}},
		{name: "too large", script: "etcd --name a #" + strings.Repeat("x", maxScript), unknown: []string{`script of container "etcd", which is larger than 64 KiB`}},
		{name: "too deep", script: "etcd --name $((" + strings.Repeat("(", maxBrackets), unknown: []string{`script of container "etcd", which has too many brackets to follow`}},
		{name: "endless", script: "f() { f; f; }; f; etcd", unknown: []string{`script of container "etcd", which takes too long to follow`}},
		{name: "doubling", script: "A=aaaaaaaaaaaaaaaa; f() { A=$A$A; f; }; f; etcd", unknown: []string{`script of container "etcd", which takes too long to follow`}},
		{
			name: "costly patterns", script: "A=" + strings.Repeat("a", 30000) + strings.Repeat("\nB=${A//?/b}", 10) + "\netcd",
			unknown: []string{`script of container "etcd", which takes too long to follow`},
		},
		{name: "program of the image", script: "exec /run.sh", unknown: []string{"the settings with which /run.sh starts etcd (/run.sh in the image)"}},
		{name: "script that an init container writes", script: "exec /work/run.sh", unknown: []string{
			`the settings with which /work/run.sh starts etcd (volume "work", which is empty at first (an emptyDir))`,
		}},
	}
	have := objects{"scripts": {"env": "FROM_FILE=file", "start": "#!/bin/sh\nexec etcd --name $1", "python": "#!/usr/bin/env python\netcd"}}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, err := Read(t.Context(), scriptPod(), scriptContainer("/bin/sh", "-ec", test.script, "sh", "one", "two"), have)
			if err != nil {
				t.Fatal(err)
			}
			if got := s.Get("name"); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if diff := cmp.Diff(test.unknown, s.Unknown()); diff != "" {
				t.Errorf("unknown (-want +got)\n%s", diff)
			}
		})
	}
}
