// Program kube-router is kube-router's network policy controller and nothing else of
// it: the usual one brings BGP, IPVS and the client libraries of clouds, which take
// minutes to compile. It runs in the network namespace of its node.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/cloudnativelabs/kube-router/v2/pkg/controllers/netpol"
	"github.com/cloudnativelabs/kube-router/v2/pkg/healthcheck"
	"github.com/cloudnativelabs/kube-router/v2/pkg/options"
	"github.com/cloudnativelabs/kube-router/v2/pkg/utils"
)

func main() {
	kubeconfig := flag.String("kubeconfig", "", "how to reach the API server")
	node := flag.String("node", "", "the name of the node whose pods are guarded")
	services := flag.String("services", "", "the range of the Services' addresses")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *kubeconfig, *node, *services)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, kubeconfig, node, services string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return fmt.Errorf("read kubeconfig %q: %w", kubeconfig, err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	if err := registered(ctx, client, node); err != nil {
		return nil // told to end
	}
	settings := options.NewKubeRouterConfig()
	settings.EnableIPv4 = true
	settings.HostnameOverride = node
	settings.ClusterIPCIDRs = []string{services}
	return control(ctx, client, settings)
}

// registered waits for the address of the node, by which the controller knows its pods:
// the kubelet starts at the same time.
func registered(ctx context.Context, client kubernetes.Interface, name string) error {
	return wait.PollUntilContextCancel(ctx, 500*time.Millisecond, true, func(context.Context) (bool, error) {
		node, err := utils.GetNodeObject(client, name)
		if err != nil {
			return false, nil
		}
		_, err = utils.GetPrimaryNodeIP(node)
		return err == nil, nil
	})
}

func control(ctx context.Context, client kubernetes.Interface, settings *options.KubeRouterConfig) error {
	factory := informers.NewSharedInformerFactory(client, 0)
	pods := factory.Core().V1().Pods().Informer()
	namespaces := factory.Core().V1().Namespaces().Informer()
	policies := factory.Networking().V1().NetworkPolicies().Informer()
	tables, sets, err := netpol.NewIPTablesHandlers(settings)
	if err != nil {
		return err
	}
	var mutex sync.Mutex // of the ipsets; the routing and the proxy of kube-router would share it
	c, err := netpol.NewNetworkPolicyController(client, settings, pods, policies, namespaces, &mutex, tables, sets)
	if err != nil {
		return err
	}
	// Each event has all rules of the node written again. Most clusters here have no
	// policy, and their pods come and go all the time.
	needed := func(any) bool { return len(policies.GetStore().ListKeys()) > 0 }
	for informer, handler := range map[cache.SharedIndexInformer]cache.ResourceEventHandler{
		pods:       cache.FilteringResourceEventHandler{FilterFunc: needed, Handler: c.PodEventHandler},
		namespaces: cache.FilteringResourceEventHandler{FilterFunc: needed, Handler: c.NamespaceEventHandler},
		policies:   c.NetworkPolicyEventHandler,
	} {
		if _, err := informer.AddEventHandler(handler); err != nil {
			return err
		}
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())

	beats := make(chan *healthcheck.ControllerHeartbeat)
	go func() {
		for range beats { // nobody asks for them, and the controller waits until they are taken
		}
	}()
	defer close(beats)
	var running sync.WaitGroup
	running.Add(1)
	go c.Run(beats, ctx.Done(), &running)
	running.Wait()
	return nil
}
