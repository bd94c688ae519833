package lifecycle

import (
	"context"
	"fmt"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/certs"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/deploy"
)

// Ask has somebody agree to go on.
type Ask func(ctx context.Context, question string) error

// RotateCA replaces both CAs of a cluster. The new ones are first trusted beside the old ones, by every member after a
// restart; then they sign; then the old ones are forgotten, after another restart. Before each of the last two it asks,
// because from there on clients that were not given what they need are refused. Killed at any step, or not agreed to,
// and run again, it goes on where the cluster is.
func (e Env) RotateCA(ctx context.Context, name string, ask Ask) error {
	c, k, err := e.kit(ctx, name, CertificateNames{})
	if err != nil {
		return err
	}
	if err := k.Own(); err != nil {
		return err
	}
	r := &rotation{Env: e, cluster: c.Name, ask: ask}
	return e.hold(ctx, c.Name, "certs rotate-ca", func(ctx context.Context, lease *deploy.Lease) error {
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
	Env
	cluster string
	ask     Ask
	lease   *deploy.Lease
	begun   bool // this run has taken a step, so that being at the beginning again is the end
	last    certs.Stage
}

// step takes the step that is next. It reports whether there is none.
func (r *rotation) step(ctx context.Context) (bool, error) {
	_, k, err := r.kit(ctx, r.cluster, CertificateNames{})
	if err != nil {
		return false, err
	}
	stage := k.Stage()
	switch {
	case r.begun && stage == certs.StageBegin:
		return true, nil
	case r.begun && stage <= r.last:
		return false, fmt.Errorf("the secrets %q and %q hold what was just replaced: somebody else writes them (see who, and run it again)", k.Clients.Secret, k.Peers.Secret)
	}
	r.begun, r.last = true, stage
	switch stage {
	case certs.StageBegin:
		return false, r.begin(ctx, k)
	case certs.StageTrust:
		return false, r.trust(ctx, k)
	case certs.StageIssue:
		return false, r.issue(ctx, k)
	default:
		return false, r.forget(ctx, k)
	}
}

func (r *rotation) begin(ctx context.Context, k *certs.Kit) error {
	if err := r.tell(ctx, "make the new CAs, beside those that sign"); err != nil {
		return err
	}
	return k.Begin(ctx)
}

// trust has every member trust the successors, and then has them sign.
func (r *rotation) trust(ctx context.Context, k *certs.Kit) error {
	if err := r.tell(ctx, "have every member trust the new CAs beside the old ones"); err != nil {
		return err
	}
	if err := r.spread(ctx, k, false); err != nil {
		return err
	}
	question := fmt.Sprintf("Every member trusts the new CAs beside the old ones. From here on members show certificates of a new one, and refuse them who do not trust it.\n"+
		"Both are in ca.crt of these secrets: %s.\nWho reads it only at its start is to be started again now, and who has ca.crt in a file needs the new one.", strings.Join(secretNames(k), ", "))
	if err := r.ask(ctx, question); err != nil {
		return fmt.Errorf("%w (old and new CAs are trusted, and the old ones sign: \"certs rotate-ca\" goes on from here)", err)
	}
	if err := r.tell(ctx, "have the new CAs sign"); err != nil {
		return err
	}
	return k.Succeed(ctx)
}

// issue replaces what the old CAs have signed.
func (r *rotation) issue(ctx context.Context, k *certs.Kit) error {
	if err := r.tell(ctx, "issue all certificates anew"); err != nil {
		return err
	}
	for _, l := range k.Unsigned() {
		if err := r.do(ctx, []certs.Step{k.Issue(l)}); err != nil {
			return err
		}
	}
	return nil
}

// forget has nobody trust the old CAs any more.
func (r *rotation) forget(ctx context.Context, k *certs.Kit) error {
	c, err := r.find(ctx, r.cluster)
	if err != nil {
		return err
	}
	if err := r.awaitLeaves(ctx, c, k); err != nil {
		return err
	}
	question := "Every certificate in this Kubernetes is of the new CAs. From here on members refuse clients that show one of the old CA: those with theirs in files, " +
		"or that read it only at their start and were not started again since."
	if err := r.ask(ctx, question); err != nil {
		return fmt.Errorf("%w (old and new CAs are trusted, and the new ones sign: \"certs rotate-ca\" goes on from here)", err)
	}
	if err := r.tell(ctx, "have every member forget the old CAs"); err != nil {
		return err
	}
	if err := r.spread(ctx, k, true); err != nil {
		return err
	}
	return k.Forget(ctx)
}

// spread writes whom to trust to every Secret, and restarts the members that do not.
func (r *rotation) spread(ctx context.Context, k *certs.Kit, signersAlone bool) error {
	if err := r.do(ctx, k.Trust(signersAlone)); err != nil {
		return err
	}
	clients, peers := k.Expected(signersAlone)
	if err := r.restartAll(ctx, r.cluster, trustChanged(r.Env, clients, peers)); err != nil {
		return err
	}
	_, err := r.waitHealthy(ctx, r.cluster)
	return err
}

func (r *rotation) tell(ctx context.Context, text string) error {
	if err := r.lease.Step(ctx, "certs rotate-ca: "+text); err != nil {
		return err
	}
	r.Progress.Step("%s", text)
	return nil
}

func secretNames(k *certs.Kit) []string {
	var names []string
	for _, l := range k.Leaves {
		names = append(names, l.Secret)
	}
	return names
}
