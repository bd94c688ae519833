package controllers

import (
	"context"
	"fmt"
	"time"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/retry"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/klog/v2"
)

// expander grants every request for a larger volume. A directory has no size, so only the objects change, as they would with
// a cloud's disk.
type expander struct {
	client kubernetes.Interface
	claims cache.SharedIndexInformer
	queue  workqueue.TypedRateLimitingInterface[cache.ObjectName]
}

func newExpander(client kubernetes.Interface, factory informers.SharedInformerFactory) *expander {
	e := &expander{
		client: client,
		claims: factory.Core().V1().PersistentVolumeClaims().Informer(),
		queue:  workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[cache.ObjectName]()),
	}
	add := func(o any) {
		if claim, ok := o.(*core.PersistentVolumeClaim); ok && wants(claim) {
			e.queue.Add(cache.MetaObjectToName(claim))
		}
	}
	// An informer that has not started accepts every handler.
	_, _ = e.claims.AddEventHandler(cache.ResourceEventHandlerFuncs{AddFunc: add, UpdateFunc: func(_, o any) { add(o) }})
	return e
}

// wants reports whether a bound claim requests more than it has.
func wants(claim *core.PersistentVolumeClaim) bool {
	if claim.Status.Phase != core.ClaimBound || claim.Spec.VolumeName == "" {
		return false
	}
	asked, has := claim.Spec.Resources.Requests[core.ResourceStorage], claim.Status.Capacity[core.ResourceStorage]
	return asked.Cmp(has) > 0
}

func (e *expander) run(ctx context.Context) error {
	if !cache.WaitForCacheSync(ctx.Done(), e.claims.HasSynced) {
		return fmt.Errorf("wait for the list of claims: %w", context.Cause(ctx))
	}
	go func() { <-ctx.Done(); e.queue.ShutDown() }()
	for {
		key, quit := e.queue.Get()
		if quit {
			return nil
		}
		if err := e.expand(ctx, key); err != nil {
			klog.ErrorS(err, "Expand a volume", "claim", key.String())
			e.queue.AddRateLimited(key)
		} else {
			e.queue.Forget(key)
		}
		e.queue.Done(key)
	}
}

func (e *expander) expand(ctx context.Context, key cache.ObjectName) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	return retry.RetryOnConflict(retry.DefaultRetry, func() error {
		claim, err := e.client.CoreV1().PersistentVolumeClaims(key.Namespace).Get(ctx, key.Name, meta.GetOptions{})
		if err != nil || !wants(claim) {
			return err
		}
		volume, err := e.client.CoreV1().PersistentVolumes().Get(ctx, claim.Spec.VolumeName, meta.GetOptions{})
		if err != nil {
			return err
		}
		if volume.Annotations["pv.kubernetes.io/provisioned-by"] != ProvisionerName {
			return nil
		}
		size := claim.Spec.Resources.Requests[core.ResourceStorage]
		volume.Spec.Capacity[core.ResourceStorage] = size
		if _, err := e.client.CoreV1().PersistentVolumes().Update(ctx, volume, meta.UpdateOptions{}); err != nil {
			return err
		}
		claim.Status.Capacity[core.ResourceStorage] = size
		claim.Status.Conditions = nil
		_, err = e.client.CoreV1().PersistentVolumeClaims(key.Namespace).UpdateStatus(ctx, claim, meta.UpdateOptions{})
		return err
	})
}
