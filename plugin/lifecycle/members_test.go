package lifecycle

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/credentials"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
)

// TestMakeMembers: a member that runs has a client, which it keeps as long as its pod is the same.
func TestMakeMembers(t *testing.T) {
	gone := cluster.Member{Name: "etcd-1", PodName: "etcd-1"}
	v := viewOf(started(time.Hour, false), gone)
	defer v.Close()
	describe := func() []string {
		var out []string
		for _, m := range v.Members {
			out = append(out, fmt.Sprintf("%s, pod %q, client: %t, %s", m.Name, m.Pod, m.Client != nil, m.PodProblem))
		}
		return out
	}
	if err := v.makeMembers(); err != nil {
		t.Fatal(err)
	}
	want := []string{`etcd-0, pod "etcd-0", client: true, `, `etcd-1, pod "", client: false, pod does not exist`}
	if diff := cmp.Diff(want, describe()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	before := v.Members[0].Client
	if err := v.makeMembers(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, describe()); diff != "" {
		t.Errorf("again, -want +got:\n%s", diff)
	}
	if v.Members[0].Client != before {
		t.Error("a client was replaced, though its member is the same")
	}
}

// TestNoteCredentials: a flag that has no effect is noted once, however often the cluster is found again.
func TestNoteCredentials(t *testing.T) {
	var shown bytes.Buffer
	env := Env{Progress: render.NewProgress(&shown)}
	c := viewOf(started(time.Hour, false)).Cluster
	env.NoteCredentials(c)
	if shown.Len() > 0 {
		t.Errorf("without flags: %q", &shown)
	}
	given, err := credentials.Flags{SkipVerify: true}.Read()
	if err != nil {
		t.Fatal(err)
	}
	env.Credentials = given
	env.NoteCredentials(c)
	env.NoteCredentials(c)
	want := "note: the members of etcd cluster ns/etcd serve plain http: these flags are not used: --etcd-insecure-skip-tls-verify\n"
	if diff := cmp.Diff(want, shown.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
