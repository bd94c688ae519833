package etcd

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// TestRowsOfMembersOfOneName has members with the same name. They are told apart by their IDs, or by the host in the
// peer URL if one does not answer. A member that was only added is reported as never started.
func TestRowsOfMembersOfOneName(t *testing.T) {
	list := []*etcdserverpb.Member{
		{ID: 1, Name: "node", PeerURLs: []string{"http://same-0.kv:2380"}},
		{ID: 2, Name: "node", PeerURLs: []string{"http://same-1.kv:2380"}},
		{ID: 3, Name: "node", PeerURLs: []string{"http://same-2.kv:2380"}},
		{ID: 4, PeerURLs: []string{"http://ghost:2380"}},
	}
	says := func(id uint64) answer {
		return answer{members: list, status: &clientv3.StatusResponse{Header: &etcdserverpb.ResponseHeader{MemberId: id}, Version: "3.6.16"}}
	}
	members := []Member{{Name: "same-0", Pod: "same-0"}, {Name: "same-1", Pod: "same-1"}, {Name: "same-2", Pod: "same-2"}}
	type row struct{ Name, ID, Pod, Reason string }
	var got []row
	for _, m := range rows(members, []answer{says(1), {err: errors.New("no answer")}, says(3)}) {
		got = append(got, row{m.Name, m.ID, m.Pod, m.Reason})
	}
	want := []row{{"same-0", "1", "same-0", ""}, {"same-1", "2", "same-1", "no answer"}, {"same-2", "3", "same-2", ""}, {"ghost", "4", "", "never started"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
