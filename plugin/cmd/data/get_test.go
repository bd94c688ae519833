package data

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/rest"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/connect"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
)

// TestGetProblem checks that errors refer to "status" if the quorum may be lost, and others do not.
func TestGetProblem(t *testing.T) {
	v := &lifecycle.View{Cluster: &cluster.Cluster{Name: "etcd", Namespace: "ns"}}
	const see = ` (see "kubectl etcd status --etcd etcd -n ns")`
	lost := &etcd.NoQuorumError{}
	for _, test := range []struct {
		read etcd.Read
		err  error
		want string
	}{
		{etcd.Read{Key: "k"}, lost, `get "k": ` + lost.Error() + see + `; "get --each-member" shows what each member has in its own store`},
		{etcd.Read{Key: "k", Prefix: true}, lost, `get "k": ` + lost.Error() + see},
		{etcd.Read{Key: "k"}, fmt.Errorf("no answer: %w", context.DeadlineExceeded), `get "k": no answer: context deadline exceeded` + see},
		{etcd.Read{Key: "k"}, errors.New("permission denied"), `get "k": permission denied`},
		{etcd.Read{Key: "k"}, &etcd.NotFoundError{Key: "k"}, `key "k" does not exist in etcd cluster ns/etcd`},
	} {
		if diff := cmp.Diff(test.want, getProblem(t.Context(), v, test.read, render.KeyVolume{}, test.err).Error()); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
}

// TestGetEachThatIsInterrupted prints the values that were read, and reports no difference for members that had no time.
func TestGetEachThatIsInterrupted(t *testing.T) {
	v := &lifecycle.View{Cluster: &cluster.Cluster{Name: "etcd", Namespace: "ns"}, Members: []etcd.Member{{Name: "etcd-0", PodProblem: "ContainerCreating"}}}
	v.Conn = connect.OpenWithoutTLS(&rest.Config{}, fake.NewClientset(), v.Cluster)
	streams, _, out, _ := genericiooptions.NewTestIOStreams()
	o := &getOptions{Factory: &cli.Factory{IOStreams: streams, MemberTimeout: time.Second}, Read: etcd.Read{Key: "k"}}
	if err := o.getEach(t.Context(), v); !errors.As(err, &cli.BadNewsError{}) {
		t.Errorf("%v, want bad news", err)
	}
	out.Reset()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := o.getEach(ctx, v); !errors.Is(err, context.Canceled) || !strings.Contains(out.String(), "etcd-0") {
		t.Errorf("%v, want that it was interrupted, after\n%s", err, out)
	}
}
