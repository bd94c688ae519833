package advice

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

func TestRotation(t *testing.T) {
	s := well(3)
	secrets := []string{"etcd-server-tls", "etcd-client-tls", "etcd-client-orders"}
	want := map[report.RotationPhase]string{
		report.RotationBegun: `a replacement of the CAs has begun, and not every member trusts the new ones beside the old ones yet
go on, which restarts those members and changes nothing for clients:
kubectl etcd certs rotate-ca --etcd etcd -n shop --until trusted`,
		report.RotationTrusted: `every member trusts the new CAs beside the old ones, which still sign
start those clients again that read ca.crt only at their start; it has old and new CAs in these secrets: etcd-server-tls, etcd-client-tls, etcd-client-orders
replace ca.crt in copies of them, and in files of "certs issue --out", of which nothing is known here:
kubectl etcd certs issue --cn USER --out FOLDER --etcd etcd -n shop
once every client has it, let the new CAs sign:
kubectl etcd certs rotate-ca --etcd etcd -n shop --until signed --yes`,
		report.RotationSigned: `the new CAs sign, and the old ones are still trusted
start those clients again that read their certificate only at their start; it is of the new CA in these secrets: etcd-server-tls, etcd-client-tls, etcd-client-orders
replace copies of them, and files of "certs issue --out", of which nothing is known here:
kubectl etcd certs issue --cn USER --out FOLDER --etcd etcd -n shop
once every client has one, let members refuse those of the old CAs:
kubectl etcd certs rotate-ca --etcd etcd -n shop --until done --yes`,
	}
	for phase, text := range want {
		r := Rotation(s.cluster, phase, secrets)
		if diff := cmp.Diff(text, r.Message+"\n"+r.Remedy); diff != "" {
			t.Errorf("%s (-want +got)\n%s", phase, diff)
		}
	}
}
