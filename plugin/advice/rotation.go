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
		r.Message = "a replacement of the CAs has begun, and not every member trusts the new ones beside the old ones yet"
		steps = []string{"go on, which restarts those members and changes nothing for clients:", rotate + " --until trusted"}
	case report.RotationTrusted:
		r.Message = "every member trusts the new CAs beside the old ones, which still sign"
		steps = []string{
			fmt.Sprintf("start those clients again that read ca.crt only at their start; it has old and new CAs in these secrets: %s", list(secrets)),
			"replace ca.crt in copies of them, and in files of \"certs issue --out\", of which nothing is known here:", again,
			"once every client has it, let the new CAs sign:", rotate + " --until signed --yes",
		}
	default:
		r.Message = "the new CAs sign, and the old ones are still trusted"
		steps = []string{
			fmt.Sprintf("start those clients again that read their certificate only at their start; it is of the new CA in these secrets: %s", list(secrets)),
			"replace copies of them, and files of \"certs issue --out\", of which nothing is known here:", again,
			"once every client has one, let members refuse those of the old CAs:", rotate + " --until done --yes",
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
		r.Remedy = fmt.Sprintf("unless somebody works on it (%s):\n", v.Operation.Text) + r.Remedy
	}
	return warning(CARotation, r.Message, r.Remedy)
}
