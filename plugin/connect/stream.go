package connect

import (
	"errors"
	"strings"
	"sync/atomic"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/grpc"
)

// explainedStream adds the reason and the remedy to the error with which the server ends a stream.
type explainedStream struct {
	grpc.ClientStream
	explain func(err error, req any) error
	watched atomic.Pointer[pb.WatchCreateRequest] // the last watch that was requested
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

// RecvMsg implements grpc.ClientStream. etcd cancels a refused watch and keeps the stream open. RecvMsg returns an
// error instead, as for every other refused request.
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

// refusedWatch returns the error for which etcd's authentication canceled a watch, or nil if it was canceled for
// another reason. The response has only the text of the gRPC error (server/etcdserver/api/v3rpc/watch.go).
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
