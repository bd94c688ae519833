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

// Probe makes single requests to one member, without retries, and returns gRPC's errors: clientv3 retries reads, and
// drops from an error whether there was a connection.
type Probe struct {
	Client *clientv3.Client
	Lease  clientv3.LeaseID // lease of the keys that are written
}

// Found is the value of a key on a member. The zero value means that the key does not exist.
type Found struct {
	Value    string
	Revision int64 // mod revision
}

func (p Probe) kv() pb.KVClient { return pb.NewKVClient(p.Client.ActiveConnection()) }

func (p Probe) put(key, value string) *pb.PutRequest {
	return &pb.PutRequest{Key: []byte(key), Value: []byte(value), Lease: int64(p.Lease)}
}

// Put writes a key and returns the revision of the write.
func (p Probe) Put(ctx context.Context, key, value string) (int64, error) {
	resp, err := p.kv().Put(ctx, p.put(key, value))
	if err != nil {
		return 0, rpctypes.Error(err)
	}
	return resp.Header.Revision, nil
}

// Swap writes a key if its mod revision is from; 0 means that the key must not exist. It returns the written value, or
// the current one if the key was not written.
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
		return false, Found{}, errors.New("etcd's answer to a transaction has a different number of operations than the request")
	}
	return false, found(resp.Responses[0].GetResponseRange()), nil
}

// Read reads a key, linearizably or serializably.
func (p Probe) Read(ctx context.Context, key string, serializable bool) (Found, error) {
	resp, err := p.kv().Range(ctx, &pb.RangeRequest{Key: []byte(key), Serializable: serializable})
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

// IsUnavailable reports whether a request failed because there was no connection, and not with an error of etcd or a timeout.
func IsUnavailable(err error) bool {
	var answer rpctypes.EtcdError
	return err != nil && !errors.As(err, &answer) && status.Code(err) == codes.Unavailable
}
