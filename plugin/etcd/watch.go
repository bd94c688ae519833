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

// The wait before a lost watch is opened again: from the first to the longest, doubled each time.
const (
	firstPause   = 250 * time.Millisecond
	longestPause = 5 * time.Second
)

// Watch says which changes to tell. It speaks the watch protocol itself: clientv3's watcher takes up a broken stream
// again without a word, and holds all of a large catch-up in memory.
type Watch struct {
	Key    string
	Prefix bool
	Rev    int64 // the first revision to tell; 0 is what comes from now on

	Event func(report.Event) error         // is told each change once, in order
	Note  func(format string, args ...any) // is told what a person should know: where it begins, what was lost
}

// Run tells changes until ctx ends, which is no error, or until Event returns one.
func (w Watch) Run(ctx context.Context, client *clientv3.Client) error {
	s := watchState{Watch: w, next: w.Rev}
	begun, err := s.begin(ctx, client)
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
		case refused(err): // as another stream would be
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

// watchState is how far a watch has come.
type watchState struct {
	Watch
	next   int64 // the revision that the next stream has to begin with
	within int   // changes of that revision that have been told: a large revision comes in several messages
	lost   bool  // the last stream ended, and the next one does not stand yet
}

// stopError ends a watch: another stream would end in the same way.
type stopError struct{ err error }

func (e stopError) Error() string { return e.err.Error() }

// begin finds the revision to begin with. It is read, not left to the server: then nothing between this moment and
// the first stream, or a second one after an early loss, is missed.
func (s *watchState) begin(ctx context.Context, client *clientv3.Client) (int64, error) {
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

// stream runs one stream until it ends, and returns why.
func (s *watchState) stream(ctx context.Context, watches pb.WatchClient) error {
	// A member that is cut off from the others ends the stream then, instead of saying nothing for ever.
	ctx, cancel := context.WithCancel(clientv3.WithRequireLeader(ctx))
	defer cancel()
	stream, err := watches.Watch(ctx)
	if err != nil {
		return Explain(err)
	}
	create := &pb.WatchCreateRequest{
		Key: []byte(s.firstKey()), StartRevision: s.next, Fragment: true,
		ProgressNotify: true, // an idle watch moves on too, or a later compaction would be taken for a loss
	}
	if s.Prefix {
		create.RangeEnd = []byte(clientv3.GetPrefixRangeEnd(s.Key))
	}
	request := &pb.WatchRequest{RequestUnion: &pb.WatchRequest_CreateRequest{CreateRequest: create}}
	if err := stream.Send(request); err != nil && !errors.Is(err, io.EOF) { // after io.EOF the reason is received
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
				s.next, s.within, seen = e.Kv.ModRevision, 0, 0
			}
			if seen++; seen <= s.within {
				continue // told by the stream before this one
			}
			if err := s.Event(event(e)); err != nil {
				return stopError{err}
			}
			s.within = seen
		}
		s.complete(resp)
		if s.within == 0 {
			seen = 0
		}
	}
}

// complete moves on behind what need not be asked for again. A fragment's last revision goes on in the next message.
// The header's revision counts in a message without changes only: in one that catches up it is far ahead of them.
func (s *watchState) complete(resp *pb.WatchResponse) {
	switch {
	case resp.Fragment, resp.Created:
	case len(resp.Events) > 0:
		s.next, s.within = resp.Events[len(resp.Events)-1].Kv.ModRevision+1, 0
	case resp.Header.Revision >= s.next:
		s.next, s.within = resp.Header.Revision+1, 0
	}
}

// canceled deals with the server's end of a watch. Compacted history is gone: where the user asked for it that is an
// error, where it went while the connection was lost the watch goes on behind the gap, and says so.
func (s *watchState) canceled(resp *pb.WatchResponse) error {
	switch {
	case resp.CompactRevision == 0:
		return stopError{fmt.Errorf("the server ended the watch: %s", resp.CancelReason)}
	case s.next == s.Rev:
		return stopError{fmt.Errorf("revision %d has been compacted: the oldest that can be watched is %d", s.next, resp.CompactRevision)}
	}
	s.Note("changes of the revisions %d to %d were compacted meanwhile and are LOST to this watch", s.next, resp.CompactRevision-1)
	s.next, s.within = resp.CompactRevision, 0
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
