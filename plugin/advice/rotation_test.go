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
		report.RotationBegun: `a replacement of the CAs has begun, but not every member trusts the new CAs in addition to the old ones yet
continue; this restarts those members and changes nothing for clients:
kubectl etcd certs rotate-ca --etcd etcd -n shop --until trusted`,
		report.RotationTrusted: `every member trusts the new CAs in addition to the old ones, which still sign
restart the clients that read ca.crt only when they start; it contains the old and the new CAs in these Secrets: etcd-server-tls, etcd-client-tls, etcd-client-orders
replace ca.crt in copies of these Secrets and in files of "certs issue --out", which are not known here:
kubectl etcd certs issue --cn USER --out FOLDER --etcd etcd -n shop
once every client has it, let the new CAs sign:
kubectl etcd certs rotate-ca --etcd etcd -n shop --until signed --yes`,
		report.RotationSigned: `the new CAs sign, and the old ones are still trusted
restart the clients that read their certificate only when they start; the new CA has signed it in these Secrets: etcd-server-tls, etcd-client-tls, etcd-client-orders
replace copies of these Secrets and files of "certs issue --out", which are not known here:
kubectl etcd certs issue --cn USER --out FOLDER --etcd etcd -n shop
once every client has a certificate of the new CA, let the members refuse those of the old CA:
kubectl etcd certs rotate-ca --etcd etcd -n shop --until done --yes`,
	}
	for phase, text := range want {
		r := Rotation(s.cluster, phase, secrets)
		if diff := cmp.Diff(text, r.Message+"\n"+r.Remedy); diff != "" {
			t.Errorf("%s (-want +got)\n%s", phase, diff)
		}
	}
}
