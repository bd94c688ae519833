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

// Ask has somebody agree to go on. Its error says why not, and nothing of what was done until then.
type Ask func(ctx context.Context, question string) error

// RotateOptions say how far a replacement of the CAs goes.
type RotateOptions struct {
	Until report.RotationPhase // RotationTrusted, RotationSigned, RotationDone; "" is all that is to be done, from the beginning
	Ask   Ask
}

// RotateCA replaces both CAs of a cluster. The new ones are first trusted beside the old ones, by every member after a
// restart; then they sign; then the old ones are forgotten, after another restart. Before each of the last two it asks,
// because from there on clients that were not given what they need are refused. Killed at any step, not agreed to, or at
// the end of the phase that it was to go to, and run again, it goes on where the cluster is.
func RotateCA(ctx context.Context, e lifecycle.Env, o RotateOptions) error {
	c, k, err := kit(ctx, e, Names{})
	if err != nil {
		return err
	}
	if err := k.Own(); err != nil {
		return err
	}
	r := &rotation{Env: e.Of(c), cluster: c, options: o}
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
	begun   bool // this run has taken a step, so that being at the beginning again is the end
	last    certs.Stage
}

// step takes the step that is next. It reports whether there is none that this run is to take.
func (r *rotation) step(ctx context.Context) (bool, error) {
	_, k, err := kit(ctx, r.Env, Names{})
	if err != nil {
		return false, err
	}
	stage := k.Stage()
	switch {
	case r.begun && stage == certs.StageBegin:
		return true, nil
	case r.begun && stage <= r.last:
		return false, fmt.Errorf("the secrets %q and %q hold what was just replaced: somebody else writes them (see who, and run it again)", k.Clients.Secret, k.Peers.Secret)
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

func (r *rotation) begin(ctx context.Context, k *certs.Kit) error {
	if err := r.tell(ctx, "make the new CAs, beside those that sign"); err != nil {
		return err
	}
	return k.Begin(ctx)
}

// trust has every member trust the successors, and then has them sign.
func (r *rotation) trust(ctx context.Context, k *certs.Kit) (end bool, err error) {
	if err := r.tell(ctx, "have every member trust the new CAs beside the old ones"); err != nil {
		return false, err
	}
	if err := r.spread(ctx, k, false); err != nil {
		return false, err
	}
	if r.options.Until == report.RotationTrusted {
		return true, nil
	}
	question := fmt.Sprintf("Every member trusts the new CAs beside the old ones. From here on members show certificates of a new one, and refuse them who do not trust it.\n"+
		"Both are in ca.crt of these secrets: %s.\nWho reads it only at its start is to be started again now, and who has ca.crt in a file needs the new one: %s.",
		strings.Join(clientSecrets(k), ", "), r.again())
	if err := r.options.Ask(ctx, question); err != nil {
		return false, r.stopped(err, "every member trusts the new CAs beside the old ones, which still sign")
	}
	if err := r.tell(ctx, "have the new CAs sign"); err != nil {
		return false, err
	}
	return false, k.Succeed(ctx)
}

// issue replaces what the old CAs have signed.
func (r *rotation) issue(ctx context.Context, k *certs.Kit) (end bool, err error) {
	if r.options.Until == report.RotationTrusted {
		r.Progress.Step("every member trusts the new CAs already, and they sign")
		return true, nil
	}
	if err := r.tell(ctx, "issue all certificates anew"); err != nil {
		return false, err
	}
	for _, l := range k.Unsigned() {
		if err := do(ctx, r.Env, []certs.Step{k.Issue(l)}); err != nil {
			return false, err
		}
	}
	return false, nil
}

// forget has nobody trust the old CAs any more.
func (r *rotation) forget(ctx context.Context, k *certs.Kit) (end bool, err error) {
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
	question := fmt.Sprintf("Every certificate in this Kubernetes is of the new CAs. From here on members refuse clients that show one of the old CA: those with theirs in files (%s), "+
		"or that read it only at their start and were not started again since.", r.again())
	if err := r.options.Ask(ctx, question); err != nil {
		return false, r.stopped(err, "every certificate in this Kubernetes is of the new CAs, and the old ones are still trusted")
	}
	if err := r.tell(ctx, "have every member forget the old CAs"); err != nil {
		return false, err
	}
	if err := r.spread(ctx, k, true); err != nil {
		return false, err
	}
	return false, k.Forget(ctx)
}

// again is what to type for each client whose certificate is in files: which those are nobody knows here.
func (r *rotation) again() string {
	return fmt.Sprintf("%q", r.cluster.Command("certs issue --cn USER --out FOLDER"))
}

// stopped says what is so where somebody did not agree to go on.
func (r *rotation) stopped(err error, state string) error {
	return fmt.Errorf("%w: %s (go on from here with %q)", err, state, r.cluster.Command("certs rotate-ca"))
}

// spread writes whom to trust to every Secret, and restarts the members that do not.
func (r *rotation) spread(ctx context.Context, k *certs.Kit, signersAlone bool) error {
	if err := do(ctx, r.Env, k.Trust(signersAlone)); err != nil {
		return err
	}
	clients, peers := k.Expected(signersAlone)
	if err := roll.Restart(ctx, r.Env, trustChanged(r.Env, clients, peers)); err != nil {
		return err
	}
	_, err := r.WaitHealthy(ctx)
	return err
}

func (r *rotation) tell(ctx context.Context, text string) error {
	if err := r.lease.Step(ctx, "certs rotate-ca: "+text); err != nil {
		return err
	}
	r.Progress.Step("%s", text)
	return nil
}

// clientSecrets returns the names of the Secrets that clients have certificates or the CA from: all but the peers'.
func clientSecrets(k *certs.Kit) []string {
	var names []string
	for _, l := range k.Leaves {
		if l.Secret != k.Secrets.Peer {
			names = append(names, l.Secret)
		}
	}
	return names
}
