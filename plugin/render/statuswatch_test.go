package render

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// observation is one state that a watch observed, or the error from reading it.
type observation struct {
	status report.Status
	lost   error
}

// observations returns states whose figures change each time, and whose state changes three times.
func observations() []observation {
	busy, slower, crashed, warned := threeMembers(), threeMembers(), statuses()["degraded"], threeMembers()
	busy.Revision, busy.Members[0].Latency, busy.Members[0].RaftIndex = 900, "1s", 901
	slower.Revision, slower.Members[0].DBSizeBytes = 950, 400<<20
	warned.Operation = "up: roll, by somebody, last seen 1s ago"
	warned.Warnings = []report.Warning{{Reason: "QuotaNearlyUsed", Message: "takes 81 %"}}
	again := warned
	again.Operation = "up: roll, by somebody, last seen 3s ago"
	again.Warnings = []report.Warning{{Reason: "QuotaNearlyUsed", Message: "takes 82 %"}}
	gone := errors.New("connection refused")
	return []observation{{status: threeMembers()}, {status: busy}, {status: slower}, {status: crashed}, {lost: gone}, {lost: gone}, {status: warned}, {status: again}}
}

func play(t *testing.T, w *StatusWatch) {
	t.Helper()
	at := time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC)
	for _, l := range observations() {
		var err error
		if l.lost != nil {
			err = w.Lost(at, l.lost)
		} else {
			err = w.Show(at, l.status)
		}
		if err != nil {
			t.Fatal(err)
		}
		at = at.Add(2 * time.Second)
	}
}

func TestWatchAppendsALineForEachChange(t *testing.T) {
	var out bytes.Buffer
	play(t, NewStatusWatch(&out, "", false))
	golden(t, "status-watch.txt", out.Bytes())
}

func TestWatchWritesALineOfJSONForEachChange(t *testing.T) {
	var out bytes.Buffer
	var notes []string
	w := NewStatusWatch(&out, "json", false)
	w.Note = func(_ string, args ...any) { notes = append(notes, args[0].(error).Error()) }
	play(t, w)
	var times []string
	for line := range strings.Lines(out.String()) {
		var doc struct{ Kind, Time, Cluster string }
		if err := json.Unmarshal([]byte(line), &doc); err != nil || doc.Kind != "Status" || doc.Cluster != "etcd" {
			t.Errorf("%v in %s", err, line)
		}
		times = append(times, doc.Time)
	}
	if diff := cmp.Diff([]string{"2026-01-02T03:04:00Z", "2026-01-02T03:04:06Z", "2026-01-02T03:04:12Z"}, times); diff != "" {
		t.Errorf("documents (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"connection refused"}, notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
}

// TestWatchRedraws: a terminal shows every observation with its time; if one fails, the last state stays.
func TestWatchRedraws(t *testing.T) {
	var out bytes.Buffer
	w := NewStatusWatch(&out, "", false)
	w.Every, w.screen = 2*time.Second, &screen{out: &out, fd: ^uintptr(0)}
	play(t, w)
	frames := strings.Split(out.String(), "\x1b[H")[1:]
	if len(frames) != len(observations()) {
		t.Fatalf("%d frames of %d looks", len(frames), len(observations()))
	}
	for i, want := range map[int]string{
		0: "2026-01-02 03:04:00, every 2s (Ctrl-C ends it)",
		1: "2026-01-02 03:04:02, every 2s (Ctrl-C ends it)",
		5: "2026-01-02 03:04:10, trying again every 2s: connection refused (below is the status at 03:04:06)",
	} {
		if first, _, _ := strings.Cut(frames[i], "\n"); strings.TrimSuffix(first, "\x1b[K") != want {
			t.Errorf("frame %d begins with %q", i, first)
		}
	}
	if !strings.Contains(frames[5], "degraded: 2 of 3 members") {
		t.Errorf("what was seen last is not below:\n%s", frames[5])
	}
}

func TestFrame(t *testing.T) {
	const home, rest, below = "\x1b[H", "\x1b[K\n", "\x1b[J"
	for name, c := range map[string]struct {
		lines         []string
		width, height int
		want          string
	}{
		"it fits":                     {[]string{"a", "", "b"}, 5, 4, home + "a" + rest + rest + "b" + rest + below},
		"trailing spaces are trimmed": {[]string{"a       "}, 5, 4, home + "a" + rest + below},
		// The terminal's cursor is still on the last column, and erasing the rest would erase the character there.
		"a line of the full width":  {[]string{"abcde"}, 5, 4, home + "abcde\n" + below},
		"a line that wraps":         {[]string{"abcdefg"}, 5, 4, home + "abcdefg" + rest + below},
		"colour takes no room":      {[]string{"\x1b[32mabcde\x1b[0m"}, 5, 4, home + "\x1b[32mabcde\x1b[0m\n" + below},
		"more lines than fit":       {[]string{"a", "b", "c", "d"}, 9, 4, home + "a" + rest + "b" + rest + "… 2 more lines" + rest + below},
		"the last line just fits":   {[]string{"a", "b", "c"}, 9, 4, home + "a" + rest + "b" + rest + "c" + rest + below},
		"a wrapped one is too much": {[]string{"a", "abcdefghijk"}, 5, 3, home + "a" + rest + "… 1 more lines" + rest + below},
	} {
		if diff := cmp.Diff(c.want, frame(c.lines, c.width, c.height)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
