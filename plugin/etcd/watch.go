package etcd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/keyrange"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// The wait before a lost watch is opened again. It doubles from firstPause to longestPause.
const (
	firstPause   = 250 * time.Millisecond
	longestPause = 5 * time.Second
)

// Watch is a watch on a key or a prefix. It implements the watch protocol itself: clientv3's watcher resumes a broken
// stream silently, and holds all of a large catch-up in memory.
type Watch struct {
	Key    string
	Prefix bool
	Rev    int64 // the first revision; 0 is the next one

	Event func(report.Event) error         // gets each change once, in order
	Note  func(format string, args ...any) // gets messages for the user: where the watch starts, what was lost
}

// Run watches until ctx ends, which is no error, or until Event returns an error.
func (w Watch) Run(ctx context.Context, client *clientv3.Client) error {
	s := watchState{Watch: w, next: w.Rev}
	begun, err := s.startRevision(ctx, client)
	if err != nil {
		return err
	}
	w.Note("watching %s from revision %d on (Ctrl-C ends it)", w.what(), begun)
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		err := s.stream(ctx, pb.NewWatchClient(client.ActiveConnection()))
		var stop stopError
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.As(err, &stop):
			return stop.err
		case refused(err): // another stream would be refused too
			return err
		case !s.lost:
			w.Note("lost the watch (%v): trying again", err)
			s.lost, pause = true, firstPause
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}

func (w Watch) what() string {
	if w.Prefix {
		return keyrange.Prefix(w.Key).String()
	}
	return fmt.Sprintf("key %q", w.Key)
}

// watchState is the progress of a watch.
type watchState struct {
	Watch
	next      int64 // the start revision of the next stream
	delivered int   // changes of revision next already passed to Event: a large revision comes in several messages
	lost      bool  // the last stream ended, and no other one is open yet
}

// stopError ends a watch whose next stream would fail in the same way.
type stopError struct{ err error }

func (e stopError) Error() string { return e.err.Error() }

// startRevision returns the revision to start with. It reads the current revision instead of letting the server choose
// it, so that no change between this read and the first stream is missed, nor before a second stream if the first is
// lost early.
func (s *watchState) startRevision(ctx context.Context, client *clientv3.Client) (int64, error) {
	resp, err := retryUntilLeader(ctx, func(ctx context.Context) (*clientv3.GetResponse, error) {
		return client.Get(ctx, s.firstKey(), append(s.rangeOption(), clientv3.WithCountOnly(), clientv3.WithLimit(1))...)
	})
	if err != nil {
		return 0, Explain(err)
	}
	if s.next == 0 {
		s.next = resp.Header.Revision + 1
	}
	return s.next, nil
}

func (s *watchState) firstKey() string {
	if s.Key == "" {
		return "\x00"
	}
	return s.Key
}

func (s *watchState) rangeOption() []clientv3.OpOption {
	if !s.Prefix {
		return nil
	}
	return []clientv3.OpOption{clientv3.WithRange(clientv3.GetPrefixRangeEnd(s.Key))}
}

// stream runs one stream until it ends, and returns the reason.
func (s *watchState) stream(ctx context.Context, watches pb.WatchClient) error {
	// With WithRequireLeader, a member that is partitioned from the others ends the stream instead of staying silent.
	ctx, cancel := context.WithCancel(clientv3.WithRequireLeader(ctx))
	defer cancel()
	stream, err := watches.Watch(ctx)
	if err != nil {
		return Explain(err)
	}
	create := &pb.WatchCreateRequest{
		Key: []byte(s.firstKey()), StartRevision: s.next, Fragment: true,
		ProgressNotify: true, // an idle watch must advance too, or a later compaction would count as a loss
	}
	if s.Prefix {
		create.RangeEnd = []byte(clientv3.GetPrefixRangeEnd(s.Key))
	}
	request := &pb.WatchRequest{RequestUnion: &pb.WatchRequest_CreateRequest{CreateRequest: create}}
	if err := stream.Send(request); err != nil && !errors.Is(err, io.EOF) { // after io.EOF, Recv returns the reason
		return Explain(err)
	}
	return s.receive(stream)
}

func (s *watchState) receive(stream grpc.BidiStreamingClient[pb.WatchRequest, pb.WatchResponse]) error {
	seen := 0 // changes of revision s.next in this stream
	for {
		resp, err := stream.Recv()
		if err != nil {
			return Explain(err)
		}
		if resp.Canceled {
			return s.canceled(resp)
		}
		if resp.Created && s.lost {
			s.lost = false
			s.Note("watching again, from revision %d on", s.next)
		}
		for _, e := range resp.Events {
			if e.Kv.ModRevision > s.next {
				s.next, s.delivered, seen = e.Kv.ModRevision, 0, 0
			}
			if seen++; seen <= s.delivered {
				continue // passed to Event by the previous stream
			}
			if err := s.Event(event(e)); err != nil {
				return stopError{err}
			}
			s.delivered = seen
		}
		s.advance(resp)
		if s.delivered == 0 {
			seen = 0
		}
	}
}

// advance sets next after a message. A fragment does not complete its last revision, because the next message continues
// it. The header's revision only counts in a message without changes: during a catch-up it is far ahead of the changes.
func (s *watchState) advance(resp *pb.WatchResponse) {
	switch {
	case resp.Fragment, resp.Created:
	case len(resp.Events) > 0:
		s.next, s.delivered = resp.Events[len(resp.Events)-1].Kv.ModRevision+1, 0
	case resp.Header.Revision >= s.next:
		s.next, s.delivered = resp.Header.Revision+1, 0
	}
}

// canceled handles a watch that the server canceled. If the history was compacted before the watch had started, it is
// an error. If it was compacted while the connection was lost, the watch continues after the gap and reports it.
func (s *watchState) canceled(resp *pb.WatchResponse) error {
	switch {
	case resp.CompactRevision == 0:
		return stopError{fmt.Errorf("the server ended the watch: %s", resp.CancelReason)}
	case s.next == s.Rev:
		return stopError{fmt.Errorf("revision %d has been compacted: the oldest that can be watched is %d", s.next, resp.CompactRevision)}
	}
	s.Note("changes of the revisions %d to %d were compacted meanwhile and are LOST to this watch", s.next, resp.CompactRevision-1)
	s.next, s.delivered = resp.CompactRevision, 0
	return errors.New("the history was compacted")
}

func event(e *mvccpb.Event) report.Event {
	out := report.Event{Meta: report.NewMeta("Event"), Type: "put", Revision: e.Kv.ModRevision, KeyValue: keyValue(e.Kv)}
	if e.Type == mvccpb.Event_DELETE {
		out.Type = "delete"
		return out
	}
	out.KeyValue = out.WithValue(e.Kv.Value)
	return out
}
