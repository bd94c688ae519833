// Package auth switches etcd's authentication on and off, so that user root can always administer the cluster.
package auth

import (
	"context"
	"fmt"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/connect"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/credentials"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/deploy"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// rootUser is the name of etcd's user with all permissions, and of its role.
const rootUser = "root"

// Switch has the options of Enable and Disable.
type Switch struct {
	RootSecret string                               // the Secret with root's password, created if it does not exist; "" chooses one
	Confirm    func(question, cluster string) error // called before anything is changed; its error ends the operation
}

// Enable switches authentication on. Before it changes anything, it makes sure that root can authenticate afterwards: by client
// certificate if every member takes users from certificates, or else by a password in a Secret. It changes nothing if
// authentication is on already. After the change it authenticates as root, and returns an error if that fails.
func Enable(ctx context.Context, e lifecycle.Env, s Switch) (report.AuthSwitch, error) {
	view, client, result, err := openAuth(ctx, e)
	if err != nil {
		return result, err
	}
	defer view.Close()
	if result.Enabled {
		return result, nil
	}
	root, err := planRoot(ctx, e, view, s.RootSecret)
	if err != nil {
		return result, err
	}
	c := view.Cluster
	question := fmt.Sprintf("From now on etcd cluster %s/%s refuses every request without a user: applications that connect without credentials stop working. %s",
		c.Namespace, c.Name, root)
	if err := s.Confirm(question, c.Name); err != nil {
		return result, err
	}
	err = e.WithCluster(c).Hold(ctx, "auth enable", func(ctx context.Context, lease *deploy.Lease) error {
		if root.password, err = root.ensurePassword(ctx, e, c); err != nil {
			return err
		}
		if err := etcd.MakeRoot(ctx, client, root.password); err != nil {
			return err
		}
		if err := lease.Step(ctx, "auth enable: turn authentication on"); err != nil {
			return err
		}
		return etcd.EnableAuth(ctx, client)
	})
	if err != nil {
		return result, fmt.Errorf("enable authentication of cluster %q: %w", c.Name, err)
	}
	result.Enabled, result.Changed, result.Root = true, true, root.toReport(c)
	if err := proveRoot(ctx, e, c, root); err != nil {
		return result, fmt.Errorf("authentication of cluster %q is on, but a test request as root failed: %w", c.Name, err)
	}
	return result, nil
}

// Disable switches authentication off. Users and roles stay. It changes nothing if authentication is off already.
func Disable(ctx context.Context, e lifecycle.Env, s Switch) (report.AuthSwitch, error) {
	view, client, result, err := openAuth(ctx, e)
	if err != nil {
		return result, err
	}
	defer view.Close()
	if !result.Enabled {
		return result, nil
	}
	c := view.Cluster
	if err := etcd.ProveRoot(ctx, client); err != nil { // first, so that a user without the permission is not asked to confirm
		return result, fmt.Errorf("disable authentication of cluster %q: %w", c.Name, err)
	}
	question := fmt.Sprintf("From now on every client that reaches etcd cluster %s/%s may read and write all of its keys.", c.Namespace, c.Name)
	if err := s.Confirm(question, c.Name); err != nil {
		return result, err
	}
	err = e.WithCluster(c).Hold(ctx, "auth disable", func(ctx context.Context, _ *deploy.Lease) error {
		return etcd.DisableAuth(ctx, client)
	})
	if err != nil {
		return result, fmt.Errorf("disable authentication of cluster %q: %w", c.Name, err)
	}
	result.Enabled, result.Changed = false, true
	return result, nil
}

// openAuth opens a cluster and reads whether its authentication is on. The caller closes the view if there is no error.
func openAuth(ctx context.Context, e lifecycle.Env) (*lifecycle.View, *clientv3.Client, report.AuthSwitch, error) {
	view, err := e.OpenServing(ctx)
	if err != nil {
		return nil, nil, report.AuthSwitch{}, err
	}
	result := report.AuthSwitch{Head: report.NewHead("AuthSwitch", view.Cluster.Target.Namespace, view.Cluster.Name)}
	client, err := view.Conn.All()
	if err == nil {
		result.Enabled, _, err = etcd.AuthState(ctx, client)
	}
	if err != nil {
		view.Close()
		return nil, nil, result, err
	}
	return view, client, result, nil
}

// proveRoot sends a request that needs root over new connections, as the next command will.
func proveRoot(ctx context.Context, e lifecycle.Env, c *cluster.Cluster, root rootPlan) error {
	given := e.Credentials
	if root.password != "" {
		given = given.As(credentials.User{Name: rootUser, Password: root.password})
	}
	conn, err := connect.Open(ctx, e.Config, e.Kube, c, given)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	client, err := conn.All()
	if err != nil {
		return err
	}
	return etcd.ProveRoot(ctx, client)
}

// SetPassword changes a user's password. A new password of root is also written to the Secret from which commands read it, if
// that Secret exists, so that the next command can authenticate.
func SetPassword(ctx context.Context, e lifecycle.Env, v *lifecycle.View, user, password string) (*report.AuthChange, error) {
	client, err := v.Conn.All()
	if err != nil {
		return report.NewAuthChange("user", user), err
	}
	change, err := etcd.SetPassword(ctx, client, user, password)
	c := v.Cluster
	secret := cluster.RootSecret(c.Name)
	if err != nil || user != rootUser || c.SealConfig == "" {
		return change, err
	}
	kept, err := deploy.KeepRootPassword(ctx, e.Kube, c.Namespace, secret, password)
	if err != nil {
		return change, fmt.Errorf("user root has the new password, but secret %s/%s does not: %w (run the command again with --etcd-user root and the new password in --etcd-password-file)",
			c.Namespace, secret, err)
	}
	if kept {
		change.Did("password written to secret %s/%s", c.Namespace, secret)
	}
	return change, nil
}
