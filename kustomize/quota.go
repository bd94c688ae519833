package kustomize

import (
	"cmp"
	"fmt"
	"path"
	"strconv"

	"k8s.io/apimachinery/pkg/api/resource"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-etcd/kubectl-etcd/overlays"
)

const (
	// QuotaAnnotation on the bootstrap ConfigMap keeps a quota that is not the default where "down" has removed the
	// StatefulSet: members that come back with a smaller one than before could refuse writes at once.
	QuotaAnnotation = "etcd.kubectl.dev/quota"

	// defaultQuota and defaultStorage are those of base.
	defaultQuota   = "2Gi"
	defaultStorage = "8Gi"
	// minQuota: a smaller database is full after an hour of history in which little was written.
	minQuota = "16Mi"
	// suggestedQuota is the size from which etcd warns when it starts (server/storage/quota.go, MaxQuotaBytes).
	suggestedQuota = "8Gi"

	quotaFlag    = "--quota-backend-bytes="
	quotaArgPath = "/spec/template/spec/containers/0/args/8"
	storagePath  = claimTemplate + "resources/requests/storage"
)

// QuotaOf returns what Options.Quota has for the value of etcd's flag --quota-backend-bytes: "" for the default, and
// what is no number of bytes as it is.
func QuotaOf(flag string) string {
	n, err := strconv.ParseInt(flag, 10, 64)
	switch {
	case flag == "" || err == nil && n == 0: // etcd's own default is that of base
		return ""
	case err != nil || n < 0:
		return flag
	}
	return unlessDefault(resource.NewQuantity(n, resource.BinarySI).String())
}

// unlessDefault returns the quota, or "" where it is the default.
func unlessDefault(quota string) string {
	if q, err := resource.ParseQuantity(quota); err == nil && q.Cmp(resource.MustParse(defaultQuota)) == 0 {
		return ""
	}
	return quota
}

// quota is that of the rendered cluster. The choice must be valid.
func (o Options) quota() resource.Quantity {
	return resource.MustParse(cmp.Or(o.Quota, defaultQuota))
}

// quotaOps replace the argument of base. The test keeps a base that has changed from being patched in the wrong place.
func quotaOps(o Options) []op {
	if o.Quota == "" {
		return nil
	}
	bytes := func(q resource.Quantity) string { return quotaFlag + strconv.FormatInt(q.Value(), 10) }
	return []op{
		{"test", quotaArgPath, bytes(resource.MustParse(defaultQuota))},
		{"replace", quotaArgPath, bytes(o.quota())},
	}
}

// addQuota annotates the bootstrap ConfigMap with a quota that is not the default.
func (l *patchList) addQuota(o Options) {
	if unlessDefault(o.Quota) == "" {
		return
	}
	quota := o.quota()
	annotations := map[string]string{QuotaAnnotation: quota.String()}
	l.add("ConfigMap", bootstrap, merge("v1", "ConfigMap", bootstrap, "metadata", map[string]any{"annotations": annotations}))
}

// validateQuota judges the quota as a size, and against the volume that it must leave room in: a defragmentation writes
// a second copy of the database beside it, and a full disk stops the member, where the quota stops only writes.
func (o Options) validateQuota() error {
	if o.Quota == "" {
		return nil
	}
	q, err := resource.ParseQuantity(o.Quota)
	valid := err == nil && q.Sign() > 0 && q.Cmp(*resource.NewQuantity(q.Value(), resource.BinarySI)) == 0
	switch {
	case !valid && o.Kept.Quota:
		return fmt.Errorf("the cluster has the quota %q, which somebody has set and which is no size (choose one with --quota, like 4Gi)", o.Quota)
	case !valid:
		return fmt.Errorf("invalid quota %q (use a quantity like 4Gi)", o.Quota)
	case o.Kept.Quota:
		return nil
	case q.Cmp(resource.MustParse(minQuota)) < 0 && !o.Force:
		return fmt.Errorf("quota %q is too small: little more than an hour of history fills it, and a full database refuses writes (use at least %s, or --force)", o.Quota, minQuota)
	}
	volume, err := o.volume()
	if err != nil {
		return nil // an unknown overlay or a bad size has a check of its own
	}
	most := resource.NewQuantity(volume.Value()/2, resource.BinarySI)
	switch {
	case q.Cmp(volume) >= 0:
		return fmt.Errorf("quota %q does not fit a volume of %s: a full disk stops the member, where the quota stops only writes (use at most %s, or larger volumes)",
			o.Quota, volume.String(), most)
	case q.Cmp(*most) > 0 && !o.Force:
		return fmt.Errorf("quota %q leaves no room in a volume of %s: a defragmentation writes a second copy of the database beside it (use at most %s, larger volumes, or --force)",
			o.Quota, volume.String(), most)
	}
	return nil
}

// volume is the size of each member's volume: as it was grown since, as it is chosen, or as the overlay has it.
func (o Options) volume() (resource.Quantity, error) {
	size := cmp.Or(o.Volume, o.Storage)
	if size != "" {
		return resource.ParseQuantity(size)
	}
	list, err := folder(overlays.Files, o.Overlay, o.Overlay)
	if err != nil {
		return resource.Quantity{}, err
	}
	for _, f := range list {
		var ops []op
		if path.Ext(f.name) != ".yaml" || yaml.Unmarshal(f.data, &ops) != nil {
			continue // no JSON patch
		}
		for _, p := range ops {
			if text, ok := p.Value.(string); ok && p.Path == storagePath {
				size = text
			}
		}
	}
	return resource.ParseQuantity(cmp.Or(size, defaultStorage))
}

// leastVolume holds the quota twice, for a defragmentation writes the database anew, and the log and snapshots beside it.
func leastVolume(quota resource.Quantity) resource.Quantity {
	return *resource.NewQuantity(2*quota.Value()+1<<30, resource.BinarySI)
}

// quotaNotes say what is unwise of the quota and the volume, and allowed.
func quotaNotes(o Options) ([]string, error) {
	quota := o.quota()
	volume, err := o.volume()
	if err != nil {
		return nil, err
	}
	var list []string
	if least := leastVolume(quota); volume.Cmp(least) < 0 {
		list = append(list, fmt.Sprintf("a volume of %s can fill up before etcd's quota of %s stops writes", volume.String(), quota.String()))
	}
	if quota.Cmp(resource.MustParse(suggestedQuota)) > 0 {
		list = append(list, fmt.Sprintf("a quota of %s is more than the %s that etcd suggests at most: a larger database takes longer to start, to defragment and to send to a member that lags",
			quota.String(), suggestedQuota))
	}
	return list, nil
}
