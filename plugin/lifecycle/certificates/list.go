package certificates

import (
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/advice"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/certs"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// List returns the certificates of any cluster: those that its members present, and, if it was deployed from these manifests,
// those in its Secrets. It needs no client certificate, so it works with broken ones.
func List(ctx context.Context, e lifecycle.Env) (report.Certificates, error) {
	c, err := e.Find(ctx)
	if err != nil {
		return report.Certificates{}, err
	}
	list := report.Certificates{Head: report.NewHead("Certificates", c.Namespace, c.Name), Certificates: []report.Certificate{}}
	var k *certs.Certificates
	if c.SealConfig != "" && cluster.CertificateSecrets(c.StatefulSet) != (cluster.Secrets{}) {
		if k, err = addSecrets(ctx, e, c, &list); err != nil {
			return list, err
		}
	}
	shown := Show(ctx, e, c)
	addShown(shown, &list)
	if k != nil {
		if phase := keptPhase(k, shown); phase != report.RotationDone {
			r := advice.Rotation(c, phase, clientSecrets(k))
			list.Rotation = &r
		}
	}
	return list, nil
}

// addSecrets adds the certificates in the Secrets, and returns them. If the user may not get Secrets, it returns nil, and the
// list is incomplete.
func addSecrets(ctx context.Context, e lifecycle.Env, c *cluster.Cluster, list *report.Certificates) (*certs.Certificates, error) {
	_, k, err := loadKit(ctx, e.WithCluster(c), Names{})
	if apierrors.IsForbidden(err) {
		list.Incomplete = append(list.Incomplete, "Secrets: "+err.Error())
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	now := time.Now()
	for _, a := range []*certs.Authority{k.Clients, k.Peers} {
		if a.Err != nil {
			list.Incomplete = append(list.Incomplete, a.Err.Error())
			continue
		}
		if a.Authority == nil {
			list.Incomplete = append(list.Incomplete, "secret/"+a.Secret+": it does not exist, so certificates that its CA signed cannot be renewed here")
			continue
		}
		list.Add("secret/"+a.Secret, a.Signer.Cert, "", "", now)
		if a.Next != nil {
			list.Add("secret/"+a.Secret, a.Next.Cert, "", "will sign next", now)
		}
		for _, old := range a.Old {
			list.Add("secret/"+a.Secret, old, "", "does not sign any more", now)
		}
	}
	for _, l := range k.Leaves {
		if l.Err != nil {
			list.Incomplete = append(list.Incomplete, l.Err.Error())
		}
		if l.Cert != nil {
			list.Add("secret/"+l.Secret, l.Cert, "", "", now)
		}
	}
	return k, nil
}

// addShown adds the certificates that the members present. They may differ from those in the Secrets until the kubelet has
// updated the volumes.
func addShown(shown []MemberShown, list *report.Certificates) {
	now := time.Now()
	for _, m := range shown {
		if m.Err != nil {
			list.Incomplete = append(list.Incomplete, m.Place.Name+": "+m.Err.Error())
		}
		if len(m.Clients.Chain) > 0 {
			list.Add(m.Place.Server.TLS.Cert.From.Text, m.Clients.Chain[0], m.Place.Name+" (clients)", "", now)
		}
		if len(m.Peers.Chain) > 0 {
			list.Add(m.Place.Server.TLS.Peer.From.Text, m.Peers.Chain[0], m.Place.Name+" (peers)", "", now)
		}
	}
}
