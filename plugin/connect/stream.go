package connect

import (
	"errors"
	"strings"
	"sync/atomic"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/grpc"
)

// explainedStream says in words of ours why the server ends a stream.
type explainedStream struct {
	grpc.ClientStream
	explain func(err error, req any) error
	watched atomic.Pointer[pb.WatchCreateRequest] // what the last request to watch was for
}

// SendMsg implements grpc.ClientStream.
func (s *explainedStream) SendMsg(m any) error {
	if r, ok := m.(*pb.WatchRequest); ok {
		if create := r.GetCreateRequest(); create != nil {
			s.watched.Store(create)
		}
	}
	return s.ClientStream.SendMsg(m)
}

// RecvMsg implements grpc.ClientStream. A watch that etcd refuses it cancels, and goes on with the stream; here that ends
// the stream, as it does everything else that is refused.
func (s *explainedStream) RecvMsg(m any) error {
	err := s.ClientStream.RecvMsg(m)
	if resp, ok := m.(*pb.WatchResponse); ok && err == nil {
		err = refusedWatch(resp)
	}
	if watched := s.watched.Load(); watched != nil {
		return s.explain(err, watched)
	}
	return s.explain(err, nil)
}

// refusedWatch returns the error that a watch was canceled for, where that is authentication's
// (server/etcdserver/api/v3rpc/watch.go has it as the text of gRPC's error).
func refusedWatch(resp *pb.WatchResponse) error {
	if !resp.Canceled {
		return nil
	}
	_, reason, _ := strings.Cut(resp.CancelReason, " desc = ")
	err := rpctypes.Error(errors.New(reason))
	for _, refused := range []error{rpctypes.ErrPermissionDenied, rpctypes.ErrUserEmpty, rpctypes.ErrInvalidAuthToken, rpctypes.ErrAuthOldRevision} {
		if errors.Is(err, refused) {
			return err
		}
	}
	return nil
}
