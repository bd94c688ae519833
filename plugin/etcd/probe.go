package etcd

import (
	"context"
	"errors"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Probe makes single requests to one member, each once, and returns gRPC's own errors: clientv3 tries reads again, and drops
// from an error whether the request had found a connection.
type Probe struct {
	Client *clientv3.Client
	Lease  clientv3.LeaseID // that what is written hangs on
}

// Found is what a member has of a key. The zero value is none.
type Found struct {
	Value    string
	Revision int64 // of its last change
}

func (p Probe) kv() pb.KVClient { return pb.NewKVClient(p.Client.ActiveConnection()) }

func (p Probe) put(key, value string) *pb.PutRequest {
	return &pb.PutRequest{Key: []byte(key), Value: []byte(value), Lease: int64(p.Lease)}
}

// Put writes a key and returns the revision.
func (p Probe) Put(ctx context.Context, key, value string) (int64, error) {
	resp, err := p.kv().Put(ctx, p.put(key, value))
	if err != nil {
		return 0, rpctypes.Error(err)
	}
	return resp.Header.Revision, nil
}

// Swap writes a key if its last change was at the revision from, or with 0 if there is none. It returns the revision of the
// write, or where it was not done what there is instead.
func (p Probe) Swap(ctx context.Context, key string, from int64, value string) (done bool, is Found, err error) {
	resp, err := p.kv().Txn(ctx, &pb.TxnRequest{
		Compare: []*pb.Compare{{
			Result: pb.Compare_EQUAL, Target: pb.Compare_MOD, Key: []byte(key), TargetUnion: &pb.Compare_ModRevision{ModRevision: from},
		}},
		Success: []*pb.RequestOp{{Request: &pb.RequestOp_RequestPut{RequestPut: p.put(key, value)}}},
		Failure: []*pb.RequestOp{{Request: &pb.RequestOp_RequestRange{RequestRange: &pb.RangeRequest{Key: []byte(key)}}}},
	})
	switch {
	case err != nil:
		return false, Found{}, rpctypes.Error(err)
	case resp.Succeeded:
		return true, Found{value, resp.Header.Revision}, nil
	case len(resp.Responses) != 1:
		return false, Found{}, errors.New("etcd answered a transaction with another number of operations than it had")
	}
	return false, found(resp.Responses[0].GetResponseRange()), nil
}

// Read reads a key, linearizably or from the member's own store.
func (p Probe) Read(ctx context.Context, key string, own bool) (Found, error) {
	resp, err := p.kv().Range(ctx, &pb.RangeRequest{Key: []byte(key), Serializable: own})
	if err != nil {
		return Found{}, rpctypes.Error(err)
	}
	return found(resp), nil
}

func found(resp *pb.RangeResponse) Found {
	for _, kv := range resp.GetKvs() {
		return Found{string(kv.Value), kv.ModRevision}
	}
	return Found{}
}

// CutOff reports whether a request failed because there is no connection, and not by an answer of etcd's or for want of one.
func CutOff(err error) bool {
	var answer rpctypes.EtcdError
	return err != nil && !errors.As(err, &answer) && status.Code(err) == codes.Unavailable
}
