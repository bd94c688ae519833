package certificates

import (
	"context"
	"fmt"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/certs"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/deploy"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle/roll"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// Ask asks the user to confirm a step. Its error is the reason not to go on, without what was done before.
type Ask func(ctx context.Context, question string) error

// RotateOptions are the options of RotateCA.
type RotateOptions struct {
	Until report.RotationPhase // the last phase; "" runs all. RotationSigned and RotationDone only continue a replacement
	Ask   Ask
}

// RotateCA replaces both CAs of a cluster in three phases. First every member is restarted to trust the new CAs beside the old
// ones; then the new CAs issue all certificates; then every member is restarted to trust only the new CAs. Before each of the
// last two phases it calls o.Ask, because from there on clients without the new CA or certificate are refused. If it was
// killed, not confirmed, or stopped after o.Until, the next run continues from the state of the cluster.
func RotateCA(ctx context.Context, e lifecycle.Env, o RotateOptions) error {
	c, k, err := loadKit(ctx, e, Names{})
	if err != nil {
		return err
	}
	if err := k.Own(); err != nil {
		return err
	}
	r := &rotation{Env: e.WithCluster(c), cluster: c, options: o}
	return r.Hold(ctx, "certs rotate-ca", func(ctx context.Context, lease *deploy.Lease) error {
		r.lease = lease
		for {
			done, err := r.step(ctx)
			if err != nil || done {
				return err
			}
		}
	})
}

// rotation is one run of RotateCA.
type rotation struct {
	lifecycle.Env
	cluster *cluster.Cluster
	options RotateOptions
	lease   *deploy.Lease
	begun   bool        // this run has taken a step, so StageBegin again means that the replacement is done
	last    certs.Stage // of the last step
}

// step takes the next step. It reports true if this run has no further step to take.
func (r *rotation) step(ctx context.Context) (bool, error) {
	_, k, err := loadKit(ctx, r.Env, Names{})
	if err != nil {
		return false, err
	}
	stage := k.Stage()
	switch {
	case r.begun && stage == certs.StageBegin:
		return true, nil
	case r.begun && stage <= r.last:
		return false, fmt.Errorf("the Secrets %q and %q still hold the replaced CAs: another writer overwrites them (find out which one, and run the command again)", k.Clients.Secret, k.Peers.Secret)
	case !k.Begun() && (r.options.Until == report.RotationSigned || r.options.Until == report.RotationDone):
		return false, fmt.Errorf("no replacement of the CAs of cluster %q is under way (begin one with %q)", r.cluster.Name, r.cluster.Command("certs rotate-ca --until trusted"))
	}
	r.begun, r.last = true, stage
	switch stage {
	case certs.StageBegin:
		return false, r.begin(ctx, k)
	case certs.StageTrust:
		return r.trust(ctx, k)
	case certs.StageIssue:
		return r.issue(ctx, k)
	default:
		return r.forget(ctx, k)
	}
}

func (r *rotation) begin(ctx context.Context, k *certs.Certificates) error {
	if err := r.recordStep(ctx, "create the new CAs; the old CAs still sign"); err != nil {
		return err
	}
	return k.Begin(ctx)
}

// trust makes every member trust the new CAs, and then makes these sign.
func (r *rotation) trust(ctx context.Context, k *certs.Certificates) (end bool, err error) {
	if err := r.recordStep(ctx, "let every member trust the new CAs in addition to the old ones"); err != nil {
		return false, err
	}
	if err := r.writeTrust(ctx, k, false); err != nil {
		return false, err
	}
	if r.options.Until == report.RotationTrusted {
		return true, nil
	}
	question := fmt.Sprintf("Every member trusts both the new CAs and the old ones. From here on members serve certificates of a new CA, and clients that do not trust it refuse them.\n"+
		"Both are in ca.crt of these Secrets: %s.\nRestart now the clients that read it only at their start, and give the new ca.crt to clients that have it in a file: %s.",
		strings.Join(clientSecrets(k), ", "), r.issueCommand())
	if err := r.options.Ask(ctx, question); err != nil {
		return false, r.notConfirmed(err, "every member trusts the new CAs in addition to the old ones, which still sign")
	}
	if err := r.recordStep(ctx, "let the new CAs sign"); err != nil {
		return false, err
	}
	return false, k.Succeed(ctx)
}

// issue replaces the certificates that the old CAs have signed.
func (r *rotation) issue(ctx context.Context, k *certs.Certificates) (end bool, err error) {
	if r.options.Until == report.RotationTrusted {
		r.Progress.Step("every member trusts the new CAs already, and they sign")
		return true, nil
	}
	if err := r.recordStep(ctx, "renew all certificates"); err != nil {
		return false, err
	}
	for _, l := range k.Unsigned() {
		if err := runSteps(ctx, r.Env, []certs.Step{k.Issue(l)}); err != nil {
			return false, err
		}
	}
	return false, nil
}

// forget makes every member trust only the new CAs.
func (r *rotation) forget(ctx context.Context, k *certs.Certificates) (end bool, err error) {
	if r.options.Until == report.RotationTrusted {
		r.Progress.Step("every member trusts the new CAs already, and they have signed all certificates")
		return true, nil
	}
	c, err := r.Find(ctx)
	if err != nil {
		return false, err
	}
	if err := awaitLeaves(ctx, r.Env, c, k); err != nil {
		return false, err
	}
	if r.options.Until == report.RotationSigned {
		return true, nil
	}
	question := fmt.Sprintf("The new CAs have signed every certificate in this Kubernetes. From here on members refuse clients with a certificate of the old CA: clients whose certificate is in a file (%s), "+
		"and clients that read it only at their start and have not been restarted since.", r.issueCommand())
	if err := r.options.Ask(ctx, question); err != nil {
		return false, r.notConfirmed(err, "the new CAs have signed every certificate in this Kubernetes, and members still trust the old ones")
	}
	if err := r.recordStep(ctx, "remove the old CAs from every member's trust"); err != nil {
		return false, err
	}
	if err := r.writeTrust(ctx, k, true); err != nil {
		return false, err
	}
	return false, k.Forget(ctx)
}

// issueCommand returns the command to run for each client with a certificate in files. Which clients have files is not known.
func (r *rotation) issueCommand() string {
	return fmt.Sprintf("%q", r.cluster.Command("certs issue --cn USER --out FOLDER"))
}

// notConfirmed returns err of Ask with the state of the cluster and the command to continue.
func (r *rotation) notConfirmed(err error, state string) error {
	return fmt.Errorf("%w: %s (continue with %q)", err, state, r.cluster.Command("certs rotate-ca"))
}

// writeTrust writes the trusted CAs to every Secret, restarts the members that do not trust exactly these, and waits until the
// members are healthy. With signersOnly, the old CAs are left out.
func (r *rotation) writeTrust(ctx context.Context, k *certs.Certificates, signersOnly bool) error {
	if err := runSteps(ctx, r.Env, k.Trust(signersOnly)); err != nil {
		return err
	}
	clients, peers := k.Expected(signersOnly)
	if err := roll.Restart(ctx, r.Env, trustOutdated(r.Env, clients, peers)); err != nil {
		return err
	}
	_, err := r.WaitHealthy(ctx)
	return err
}

// recordStep records a step in the Lease and shows it.
func (r *rotation) recordStep(ctx context.Context, text string) error {
	if err := r.lease.Step(ctx, "certs rotate-ca: "+text); err != nil {
		return err
	}
	r.Progress.Step("%s", text)
	return nil
}

// clientSecrets returns the names of the Secrets from which clients read certificates or the CA: all except the peers'.
func clientSecrets(k *certs.Certificates) []string {
	var names []string
	for _, l := range k.Leaves {
		if l.Secret != k.Secrets.Peer {
			names = append(names, l.Secret)
		}
	}
	return names
}
