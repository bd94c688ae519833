package advice

import (
	"fmt"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// Rotation returns the report of a replacement of a cluster's CAs in a phase, with the next steps. secrets are the names of
// the Secrets that the replacement updates and that clients have to load again.
func Rotation(c *cluster.Cluster, phase report.RotationPhase, secrets []string) report.Rotation {
	r := report.Rotation{Phase: phase}
	rotate := c.Command("certs rotate-ca")
	again := c.Command("certs issue --cn USER --out FOLDER")
	var steps []string
	switch phase {
	case report.RotationBegun:
		r.Message = "a replacement of the CAs has begun, but not every member trusts the new CAs in addition to the old ones yet"
		steps = []string{"continue; this restarts those members and changes nothing for clients:", rotate + " --until trusted"}
	case report.RotationTrusted:
		r.Message = "every member trusts the new CAs in addition to the old ones, which still sign"
		steps = []string{
			fmt.Sprintf("restart the clients that read ca.crt only when they start; it contains the old and the new CAs in these Secrets: %s", list(secrets)),
			"replace ca.crt in copies of these Secrets and in files of \"certs issue --out\", which are not known here:", again,
			"once every client has it, let the new CAs sign:", rotate + " --until signed --yes",
		}
	default:
		r.Message = "the new CAs sign, and the old ones are still trusted"
		steps = []string{
			fmt.Sprintf("restart the clients that read their certificate only when they start; the new CA has signed it in these Secrets: %s", list(secrets)),
			"replace copies of these Secrets and files of \"certs issue --out\", which are not known here:", again,
			"once every client has a certificate of the new CA, let the members refuse those of the old CA:", rotate + " --until done --yes",
		}
	}
	r.Remedy = strings.Join(steps, "\n")
	return r
}

// rotation warns of a replacement of the CAs that is not complete. If an operation is in progress, its remedy says so first.
func (v view) rotation() []report.Warning {
	if v.status.RotationPhase == "" {
		return nil
	}
	s := cluster.CertificateSecrets(v.StatefulSet)
	r := Rotation(v.Cluster, v.status.RotationPhase, []string{s.Server, s.Client})
	if v.Operation.Text != "" && !v.Operation.Abandoned {
		r.Remedy = fmt.Sprintf("unless the operation that is under way completes it (%s):\n", v.Operation.Text) + r.Remedy
	}
	return warning(CARotation, r.Message, r.Remedy)
}
