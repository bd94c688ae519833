package report

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func keyValue(key, value string) KeyValue {
	kv := NewKey([]byte(key)).WithValue([]byte(value))
	kv.CreateRevision, kv.ModRevision, kv.Version = 2, 3, 1
	return kv
}

func TestKeyValueEncoding(t *testing.T) {
	for _, tc := range []struct {
		name string
		kv   KeyValue
		want string
	}{
		{"text", keyValue("k", "v"), `{"key":"k","value":"v","createRevision":2,"modRevision":3,"version":1}`},
		{"a binary value", keyValue("k", "\xff\x00"), `{"key":"k","value":"/wA=","encoding":"base64","createRevision":2,"modRevision":3,"version":1}`},
		{"a binary key", keyValue("\xff", "v"), `{"key":"/w==","keyEncoding":"base64","value":"v","createRevision":2,"modRevision":3,"version":1}`},
		{"an empty value", keyValue("k", ""), `{"key":"k","value":"","createRevision":2,"modRevision":3,"version":1}`},
		{"text with control characters", keyValue("k", "a\x00\x1b"), `{"key":"k","value":"a\u0000\u001b","createRevision":2,"modRevision":3,"version":1}`},
		{"no value", NewKey([]byte("k")), `{"key":"k","modRevision":0}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := json.Marshal(tc.kv)
			if diff := cmp.Diff(tc.want, string(got)); diff != "" || err != nil {
				t.Errorf("error %v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestMemberValues(t *testing.T) {
	holds := func(member, value string, rev int64) MemberValue {
		kv := keyValue("k", value)
		kv.ModRevision = rev
		return MemberValue{Member: member, Revision: 9}.Holds(kv)
	}
	silent := MemberValue{Member: "c", Error: "no answer"}
	for _, tc := range []struct {
		name    string
		members []MemberValue
		equal   bool
		nowhere bool
		problem string
	}{
		{"equal", []MemberValue{holds("a", "v", 3), holds("b", "v", 3)}, true, false, ""},
		{"another value", []MemberValue{holds("a", "v", 3), holds("b", "w", 3)}, false, false, "differs between the members"},
		{"another revision", []MemberValue{holds("a", "v", 3), holds("b", "v", 4)}, false, false, "differs between the members"},
		{"missing on one", []MemberValue{holds("a", "v", 3), {Member: "b"}}, false, false, "is missing on b"},
		{"nowhere", []MemberValue{{Member: "a"}, {Member: "b"}}, false, true, "is missing on a, b"},
		{"silent", []MemberValue{holds("a", "v", 3), silent}, false, false, "no answer from c"},
		{"all silent", []MemberValue{silent}, false, false, "no answer from c"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := NewMemberValues([]byte("k"), tc.members)
			if v.Equal != tc.equal || v.MissingOnAll() != tc.nowhere || !strings.Contains(v.Problem(), tc.problem) || (v.Problem() == "") != tc.equal {
				t.Errorf("equal %v, nowhere %v, problem %q", v.Equal, v.MissingOnAll(), v.Problem())
			}
		})
	}
}
