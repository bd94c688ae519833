package render

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

func TestProxyIsReadByAShell(t *testing.T) {
	p := report.Proxy{Head: report.NewHead("Proxy", "ns", "etcd")}.WithVariables(
		[]string{"ETCDCTL_ENDPOINTS=http://127.0.0.1:1", "ETCDCTL_CACERT=/run/o'brien/ca=1.crt"})
	var out strings.Builder
	if err := Print(&out, Proxy(p), "", false); err != nil {
		t.Fatal(err)
	}
	want := `export ETCDCTL_ENDPOINTS=http://127.0.0.1:1
export ETCDCTL_CACERT="/run/o'brien/ca=1.crt"
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"ETCDCTL_ENDPOINTS": "http://127.0.0.1:1", "ETCDCTL_CACERT": "/run/o'brien/ca=1.crt"}, p.Environment); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
