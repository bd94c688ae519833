package etcd_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd/etcdtest"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// watcher runs a watch in the background and records its events. A test may add its own Event function.
type watcher struct {
	mu     sync.Mutex
	events []string
	notes  []string
	cancel context.CancelFunc
	done   chan error
}

func begin(t *testing.T, w etcd.Watch, endpoint string) *watcher {
	t.Helper()
	client := etcdtest.ClientWith(t, clientv3.Config{
		Endpoints: []string{endpoint},
		DialOptions: []grpc.DialOption{grpc.WithConnectParams(grpc.ConnectParams{
			MinConnectTimeout: time.Second, Backoff: backoff.Config{BaseDelay: 10 * time.Millisecond, Multiplier: 1, MaxDelay: 10 * time.Millisecond},
		})},
	})
	r := &watcher{done: make(chan error, 1)}
	also := w.Event
	w.Event = func(e report.Event) error {
		if also != nil {
			_ = also(e)
		}
		text := fmt.Sprint(e.Revision, " ", e.Type, " ", e.Key)
		if e.Value != nil && len(*e.Value) < 100 {
			text += "=" + *e.Value
		}
		r.add(&r.events, text)
		return nil
	}
	w.Note = func(format string, args ...any) { r.add(&r.notes, fmt.Sprintf(format, args...)) }
	ctx, cancel := context.WithCancel(t.Context())
	r.cancel = cancel
	go func() { r.done <- w.Run(ctx, client) }()
	t.Cleanup(cancel)
	return r
}

func (w *watcher) add(to *[]string, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	*to = append(*to, text)
}

// wait returns the events once there are n, or the ones so far after a timeout.
func (w *watcher) wait(n int) []string {
	for range 500 {
		w.mu.Lock()
		events := slices.Clone(w.events)
		w.mu.Unlock()
		if len(events) >= n {
			return events
		}
		time.Sleep(20 * time.Millisecond)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.events)
}

// noted waits for a note that contains a text.
func (w *watcher) noted(t *testing.T, text string) {
	t.Helper()
	for range 500 {
		w.mu.Lock()
		found := strings.Contains(strings.Join(w.notes, "\n"), text)
		w.mu.Unlock()
		if found {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("no note says %q: %q", text, w.notes)
}

// end ends the watch as Ctrl-C does.
func (w *watcher) end(t *testing.T) {
	t.Helper()
	w.cancel()
	select {
	case err := <-w.done:
		if err != nil {
			t.Errorf("the end of a watch is no error: %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Error("the watch does not end")
	}
}

func put(t *testing.T, client *clientv3.Client, key, value string) {
	t.Helper()
	if _, err := client.Put(t.Context(), key, value); err != nil {
		t.Fatal(err)
	}
}

func TestWatch(t *testing.T) {
	t.Parallel()
	c := etcdtest.Start(t, 1, nil)
	client := etcdtest.Client(t, c.Members[0].Endpoint)
	put(t, client, "a", "before")

	key := begin(t, etcd.Watch{Key: "a"}, c.Members[0].Endpoint)
	prefix := begin(t, etcd.Watch{Key: "a", Prefix: true}, c.Members[0].Endpoint)
	past := begin(t, etcd.Watch{Prefix: true, Rev: 1}, c.Members[0].Endpoint)
	key.noted(t, "watching")
	prefix.noted(t, "watching")
	put(t, client, "a", "1")
	put(t, client, "ab", "2")
	put(t, client, "b", "3")
	if _, err := client.Delete(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name string
		got  *watcher
		want []string
	}{
		{"key", key, []string{"3 put a=1", "6 delete a"}},
		{"prefix", prefix, []string{"3 put a=1", "4 put ab=2", "6 delete a"}},
		{"everything from the beginning", past, []string{"2 put a=before", "3 put a=1", "4 put ab=2", "5 put b=3", "6 delete a"}},
	} {
		if diff := cmp.Diff(tc.want, tc.got.wait(len(tc.want))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
		tc.got.end(t)
	}
}

// TestWatchGoesOnAfterALoss closes the connection several times: each change must be passed on once, in order.
func TestWatchGoesOnAfterALoss(t *testing.T) {
	t.Parallel()
	c := etcdtest.Start(t, 1, nil)
	client := etcdtest.Client(t, c.Members[0].Endpoint)
	proxy := etcdtest.Through(t, c.Members[0].Endpoint)
	w := begin(t, etcd.Watch{Key: "k", Prefix: true}, proxy.Endpoint)
	w.noted(t, "watching")

	var want []string
	change := func() {
		rev := len(want) + 2
		put(t, client, "k", fmt.Sprint(rev))
		want = append(want, fmt.Sprintf("%d put k=%d", rev, rev))
	}
	for range 3 {
		change()
		w.wait(len(want))
		proxy.Cut()
		change()
		change()
		w.noted(t, "lost the watch")
		proxy.Mend()
	}
	if diff := cmp.Diff(want, w.wait(len(want))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	w.noted(t, "watching again")
	w.end(t)
}

// TestWatchGoesOnWithinARevision loses the connection between two messages of one revision: a large history comes in
// messages of 1.5 MiB, which end anywhere.
func TestWatchGoesOnWithinARevision(t *testing.T) {
	t.Parallel()
	c := etcdtest.Start(t, 1, nil)
	client := etcdtest.Client(t, c.Members[0].Endpoint)
	proxy := etcdtest.Through(t, c.Members[0].Endpoint)
	var want []string
	for rev := 2; rev < 6; rev++ {
		var ops []clientv3.Op
		for i := range 100 {
			ops = append(ops, clientv3.OpPut(fmt.Sprintf("k/%03d", i), strings.Repeat("x", 14<<10)))
			want = append(want, fmt.Sprintf("%d put k/%03d", rev, i))
		}
		if _, err := client.Txn(t.Context()).Then(ops...).Commit(); err != nil {
			t.Fatal(err)
		}
	}
	told := 0
	w := begin(t, etcd.Watch{Key: "k", Prefix: true, Rev: 1, Event: func(report.Event) error {
		if told++; told == 105 { // the first message ends a few changes later
			proxy.Cut()
			time.AfterFunc(100*time.Millisecond, proxy.Mend)
		}
		return nil
	}}, proxy.Endpoint)
	if diff := cmp.Diff(want, w.wait(len(want))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	w.noted(t, "watching again, from revision 3 on")
	w.end(t)
}

func TestWatchOfCompactedHistory(t *testing.T) {
	t.Parallel()
	c := etcdtest.Start(t, 1, nil)
	client := etcdtest.Client(t, c.Members[0].Endpoint)
	for i := range 5 {
		put(t, client, "k", fmt.Sprint(i)) // revisions 2 to 6
	}
	proxy := etcdtest.Through(t, c.Members[0].Endpoint)
	lost := begin(t, etcd.Watch{Key: "k"}, proxy.Endpoint)
	lost.noted(t, "watching")
	proxy.Cut()
	for i := range 5 {
		put(t, client, "k", fmt.Sprint("later", i)) // revisions 7 to 11
	}
	if _, err := client.Compact(t.Context(), 9); err != nil {
		t.Fatal(err)
	}

	asked := begin(t, etcd.Watch{Key: "k", Rev: 3}, c.Members[0].Endpoint)
	select {
	case err := <-asked.done:
		if err == nil || !strings.Contains(err.Error(), "revision 3 has been compacted: the oldest that can be watched is 9") {
			t.Errorf("a watch from compacted history: %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("a watch from compacted history does not end")
	}

	lost.noted(t, "lost the watch")
	proxy.Mend()
	want := []string{"9 put k=later2", "10 put k=later3", "11 put k=later4"}
	if diff := cmp.Diff(want, lost.wait(len(want))); diff != "" {
		t.Errorf("what is left after a compaction (-want +got):\n%s", diff)
	}
	lost.noted(t, "revisions 7 to 8 were compacted meanwhile and are LOST")
	lost.end(t)
}

func TestWatchEndsWithErrorOfEvent(t *testing.T) {
	t.Parallel()
	c := etcdtest.Start(t, 1, nil)
	client := etcdtest.Client(t, c.Members[0].Endpoint)
	put(t, client, "k", "v")
	closed := errors.New("stdout is closed")
	w := etcd.Watch{Key: "k", Rev: 1, Event: func(report.Event) error { return closed }, Note: func(string, ...any) {}}
	if err := w.Run(t.Context(), client); !errors.Is(err, closed) {
		t.Errorf("got %v, want the reader's own error", err)
	}
}
