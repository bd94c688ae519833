package deploy

import (
	"errors"
	"testing"

	"github.com/kubectl-etcd/kubectl-etcd/kustomize"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli/clitest"
)

// TestChoices covers every flag of manifestFlags, with one command: all commands add them by one function.
func TestChoices(t *testing.T) {
	for line, want := range map[string]manifestFlags{
		"": {},
		"--overlay gke --replicas 5 --storage 64Gi --quota 4Gi --storage-class fast": {choice: kustomize.Options{
			Overlay: "gke", Replicas: 5, Storage: "64Gi", Quota: "4Gi", StorageClass: "fast",
		}},
		"--etcd-version 3.6.5 --image mirror.example/etcd": {choice: kustomize.Options{EtcdVersion: "3.6.5", Image: "mirror.example/etcd"}},
		"--expose internal --tls cert-manager":             {choice: kustomize.Options{Expose: kustomize.ExposeInternal, TLS: kustomize.TLSCertManager}},
		"--tls secret --tls-server-secret s --tls-peer-secret p --tls-client-secret c": {choice: kustomize.Options{
			TLS: kustomize.TLSSecret, Secrets: kustomize.Secrets{Server: "s", Peer: "p", Client: "c"},
		}},
		"--tls-san a.example,b.example --tls-san 10.0.0.1": {choice: kustomize.Options{Names: []string{"a.example", "b.example", "10.0.0.1"}}},
		"--network-policy --drillable --force":             {choice: kustomize.Options{NetworkPolicy: true, Drillable: true, Force: true}},
		"--replicas 0":                                     {noMembers: true},
	} {
		got, err := clitest.Parse(t, newDiff, line)
		if diff := clitest.Diff(diffOptions{manifestFlags: want}, got); err != nil || diff != "" {
			t.Errorf("%q: %v (-want +got):\n%s", line, err, diff)
		}
	}
}

func TestUpFlags(t *testing.T) {
	clitest.Check(t, newUp, map[string]upOptions{
		"":                              {dryRun: "none", wait: true},
		"orders":                        {args: []string{"orders"}, dryRun: "none", wait: true},
		"--wait=false":                  {dryRun: "none"},
		"--dry-run client":              {dryRun: "client", wait: true},
		"--dry-run=server --replicas 0": {dryRun: "server", wait: true, manifestFlags: manifestFlags{noMembers: true}},
		"--force-conflicts":             {dryRun: "none", wait: true, forceConflicts: true},
		"--overlay eks --queue 1m":      {dryRun: "none", wait: true, manifestFlags: manifestFlags{choice: kustomize.Options{Overlay: "eks"}}},
	}, "a b", "--dry-run maybe", "--dry-run=", "--queue -1s")
}

func TestDownFlags(t *testing.T) {
	clitest.Check(t, newDown, map[string]downOptions{
		"":                           {},
		"orders":                     {args: []string{"orders"}},
		"--yes":                      {yes: true},
		"orders --delete-data":       {args: []string{"orders"}, deleteData: true},
		"orders --delete-data --yes": {args: []string{"orders"}, deleteData: true, yes: true},
	})
	if _, err := clitest.Parse(t, newDown, "a b"); !errors.As(err, &cli.UsageError{}) {
		t.Errorf("a b: %v is no usage error", err)
	}
}

func TestDiffTakesOneName(t *testing.T) {
	got, err := clitest.Parse(t, newDiff, "orders")
	if diff := clitest.Diff(diffOptions{args: []string{"orders"}}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if _, err := clitest.Parse(t, newDiff, "a b"); !errors.As(err, &cli.UsageError{}) {
		t.Errorf("a b: %v is no usage error", err)
	}
}

func TestOverlaysTakesNoName(t *testing.T) {
	if _, err := clitest.Parse(t, newOverlays, ""); err != nil {
		t.Error(err)
	}
	if _, err := clitest.Parse(t, newOverlays, "orders"); !errors.As(err, &cli.UsageError{}) {
		t.Errorf("orders: %v is no usage error", err)
	}
}
