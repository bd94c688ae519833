package maintain

import (
	"testing"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli/clitest"
)

func TestReplaceFlags(t *testing.T) {
	clitest.Check(t, newReplace, map[string]replaceOptions{
		"etcd-1":         {member: "etcd-1"},
		"etcd-1 --force": {member: "etcd-1", force: true},
	}, "", "etcd-1 etcd-2", "etcd-1 --queue -1s", "etcd-1 --timeout 1s --queue 1s")
}

func TestMoveLeaderFlags(t *testing.T) {
	clitest.Check(t, newMoveLeader, map[string]moveLeaderOptions{"": {}, "etcd-2": {member: "etcd-2"}}, "etcd-1 etcd-2")
}

func TestSealFlags(t *testing.T) {
	clitest.Check(t, newSeal, map[string]sealOptions{"": {}, "orders": {args: []string{"orders"}}}, "a b")
}
