package etcd

import "testing"

func TestReasons(t *testing.T) {
	for trouble, want := range map[string]string{
		"pod does not exist": "pod does not exist",
		"CrashLoopBackOff, exit code 1, restarted 2 times: couldn't find local name": "CrashLoopBackOff",
		"unschedulable: 0/3 nodes are available":                                     "unschedulable",
		"pod does not exist (FailedCreate: create Pod etcd-0 … exceeded quota)":      "pod does not exist",
		"ContainerCreating": "ContainerCreating",
	} {
		if got := podReason(trouble); got != want {
			t.Errorf("podReason(%q) = %q, want %q", trouble, got, want)
		}
	}
	for text, want := range map[string]string{
		"no answer within 3s": "no answer within 3s",
		"shop/etcd-2:2379: connection refused (nothing listens on that port)": "connection refused",
		"linearizable read: the member knows no leader":                       "knows no leader",
		"a text that goes on and on and on and on and on and on":              "a text that goes on and on and on and o…",
		"": "",
	} {
		if got := cause(text); got != want {
			t.Errorf("cause(%q) = %q, want %q", text, got, want)
		}
	}
}
