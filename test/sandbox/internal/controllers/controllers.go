// Package controllers does what a cloud provider's controllers do: it creates, expands and deletes volumes on demand, and
// gives Services addresses.
package controllers

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

// ProvisionerName is the provisioner of the sandbox's storage classes.
const ProvisionerName = "sandbox.kubectl-etcd.io/directory"

// resync is how often all objects are handled without an event.
const resync = 5 * time.Minute

// Run runs all controllers until the context ends or one of them fails.
func Run(ctx context.Context, kubeconfig, volumes string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return fmt.Errorf("read kubeconfig %q: %w", kubeconfig, err)
	}
	config.UserAgent = "sandbox-controllers"
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("use kubeconfig %q: %w", kubeconfig, err)
	}
	factory := informers.NewSharedInformerFactory(client, resync)
	expander := newExpander(client, factory)
	balancer := newBalancer(client, factory)
	provisioner := controller.NewProvisionController(ctx, client, ProvisionerName, &directories{client: client, root: volumes},
		controller.LeaderElection(false),
		controller.ResyncPeriod(resync),
		// A test that waits for a volume should not wait for a back-off.
		controller.RetryIntervalMax(5*time.Second),
		controller.FailedProvisionThreshold(0),
		controller.FailedDeleteThreshold(0))
	factory.Start(ctx.Done())
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { provisioner.Run(ctx); return nil })
	group.Go(func() error { return expander.run(ctx) })
	group.Go(func() error { return balancer.run(ctx) })
	return group.Wait()
}
