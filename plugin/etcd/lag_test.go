package etcd_test

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/mvccpb"
	"google.golang.org/grpc"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd/etcdtest"
)

// lagging is a member's store whose first responses are of an old revision. Real members lag too briefly for a test.
type lagging struct {
	pb.UnimplementedKVServer
	behind atomic.Int32 // responses that are still to be old
}

func (l *lagging) Range(context.Context, *pb.RangeRequest) (*pb.RangeResponse, error) {
	if l.behind.Add(-1) >= 0 {
		return &pb.RangeResponse{Header: &pb.ResponseHeader{Revision: 1}}, nil
	}
	return &pb.RangeResponse{
		Header: &pb.ResponseHeader{Revision: 2},
		Kvs:    []*mvccpb.KeyValue{{Key: []byte("k"), Value: []byte("v"), ModRevision: 2}},
	}, nil
}

func lag(t *testing.T, answers int32) etcd.Member {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	store := &lagging{}
	store.behind.Store(answers)
	server := grpc.NewServer()
	pb.RegisterKVServer(server, store)
	go func() { _ = server.Serve(l) }()
	t.Cleanup(server.Stop)
	return etcd.Member{Name: "etcd", Client: etcdtest.Client(t, "http://"+l.Addr().String())}
}

func TestEachMemberReadsLaggingMemberAgain(t *testing.T) {
	values := etcd.ReadEach(t.Context(), []etcd.Member{lag(t, 0), lag(t, 5)}, etcd.Read{Key: "k"}, memberLimit)
	if !values.Equal {
		t.Errorf("a member that catches up in time: %+v", values.Members)
	}

	begin := time.Now()
	values = etcd.ReadEach(t.Context(), []etcd.Member{lag(t, 0), lag(t, 1<<30)}, etcd.Read{Key: "k"}, time.Second)
	if values.Equal || values.Members[1].Found || values.Members[1].Revision != 1 {
		t.Errorf("a member that does not catch up: %+v", values.Members)
	}
	if took := time.Since(begin); took > 3*time.Second {
		t.Errorf("it took %s with a limit of 1s", took)
	}
}
