package history

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

func sample() *Record {
	healthy := 3 * time.Second
	return &Record{
		Head:  report.NewHead(kind, "data", "etcd"),
		Fault: "leader", Targets: []string{"etcd-1"}, Expect: Expectation{NewLeader: true}, Rate: 100, Clients: 3,
		PodsBefore: map[string]Pod{"etcd-0": {UID: "a", Container: "c", Restarts: 1}},
		Span:       6 * time.Second, FaultAt: 2 * time.Second, Healthy: &healthy,
		Operations: []Operation{
			{Kind: Write, Member: "etcd-0", Key: "p/w0", Value: "0", Called: 1, Returned: 2, Revision: 7},
			{Kind: CompareAndSwap, Key: "p/r0", Value: "1", From: 3, Called: 3, Returned: 9, Class: Ambiguous, Error: "no answer"},
			{Kind: Read, Key: "p/r0", Called: 4, Returned: 5, Class: Failed, Error: "<&>", Cut: true},
		},
		Events: []Event{{Key: "p/w0", Value: "0", Revision: 7, At: 2}},
		Stores: map[string]Store{
			"etcd-0": {Keys: map[string]Value{"p/w0": {Value: "0", Revision: 7}}},
			"etcd-1": {Keys: map[string]Value{}, Error: "no answer"},
			"etcd-2": {Keys: map[string]Value{}},
		},
	}
}

func encoded(t testing.TB, r *Record) string {
	t.Helper()
	var out bytes.Buffer
	if err := Encode(&out, r); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestFile(t *testing.T) {
	want := sample()
	got, err := Decode(strings.NewReader(encoded(t, want)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-written +read:\n%s", diff)
	}
}

func TestDecodeRefuses(t *testing.T) {
	complete := encoded(t, sample())
	lines := strings.SplitAfter(complete, "\n")
	for _, tc := range []struct{ name, text, want string }{
		{"nothing", "", "line 1: unexpected end"},
		{"another file", "hello\n", "line 1: invalid character"},
		{"another report", `{"kind":"Status"}` + "\n", `its kind is "Status"`},
		{"another version", strings.Replace(complete, report.APIVersion, "etcd.kubectl.dev/v9", 1), `its version is "etcd.kubectl.dev/v9"`},
		{"a file without its end", strings.Join(lines[:len(lines)-2], ""), "it is incomplete: its last line is missing"},
		{"a file that is incomplete within a line", complete[:len(complete)-40], "line 9: unexpected EOF"},
		{"a file that lacks an operation", strings.Join(append(append([]string{}, lines[0]), lines[2:]...), ""), "the file has 2 operations and 1 events, but 3 and 1 were written"},
		{"an unknown operation", strings.Replace(complete, `"op":"read"`, `"op":"rename"`, 1), `line 4: unknown operation "rename"`},
		{"an unknown class", strings.Replace(complete, `"class":"failed"`, `"class":"fine"`, 1), `unknown class "fine"`},
		{"an operation that returned before its call", strings.Replace(complete, `"called":4`, `"called":40`, 1), `the read of "p/r0" returned before it was called`},
		{"an unknown line", strings.Replace(complete, `{"event":`, `{"evnt":`, 1), `unknown field "evnt"`},
		{"data after its end", complete + "{}", "it has data after its last line"},
		{"a fault after its end", strings.Replace(complete, `"faultAt":2000000000`, `"faultAt":9000000000`, 1), "its times are impossible for a drill"},
		{"a fault before its start", strings.Replace(complete, `"faultAt":2000000000`, `"faultAt":-1`, 1), "its times are impossible for a drill"},
		{"an empty line", lines[0] + "{}\n", "it is not an operation, an event"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := Decode(strings.NewReader(tc.text)); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v, want %q", err, tc.want)
			}
		})
	}
}

// FuzzDecode: a decoded record stays the same when it is encoded and decoded again.
func FuzzDecode(f *testing.F) {
	f.Add(encoded(f, sample()))
	f.Add("{}\n")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := Decode(strings.NewReader(text))
		if err != nil {
			return
		}
		again, err := Decode(strings.NewReader(encoded(t, r)))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(r, again, cmp.FilterValues(func(x, y string) bool { return x != y }, cmp.Comparer(func(x, y string) bool {
			return strings.ToValidUTF8(x, "") == strings.ToValidUTF8(y, "")
		}))); diff != "" {
			t.Errorf("-read +read again:\n%s", diff)
		}
	})
}
