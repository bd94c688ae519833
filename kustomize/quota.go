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
	// QuotaAnnotation is the annotation of the bootstrap ConfigMap that has the quota if it is not the default. "down" removes the StatefulSet
	// and keeps the ConfigMap; members that return with a smaller quota than before could refuse writes at once.
	QuotaAnnotation = "etcd.kubectl.dev/quota"

	// defaultQuota and defaultStorage are the values in base.
	defaultQuota   = "2Gi"
	defaultStorage = "8Gi"
	// minQuota is the smallest quota without --force: an hour of history with few writes fills a smaller database.
	minQuota = "16Mi"
	// suggestedQuota is the largest quota for which etcd does not warn at its start (server/storage/quota.go,
	// MaxQuotaBytes).
	suggestedQuota = "8Gi"

	quotaFlag    = "--quota-backend-bytes="
	quotaArgPath = "/spec/template/spec/containers/0/args/8"
	storagePath  = claimTemplate + "resources/requests/storage"
)

// QuotaOf converts the value of etcd's flag --quota-backend-bytes to Options.Quota: "" for the default. It returns a
// value that is not a number of bytes unchanged.
func QuotaOf(flag string) string {
	n, err := strconv.ParseInt(flag, 10, 64)
	switch {
	case flag == "" || err == nil && n == 0: // etcd's default equals the one in base
		return ""
	case err != nil || n < 0:
		return flag
	}
	return unlessDefault(resource.NewQuantity(n, resource.BinarySI).String())
}

// unlessDefault returns the quota, or "" if it is the default.
func unlessDefault(quota string) string {
	if q, err := resource.ParseQuantity(quota); err == nil && q.Cmp(resource.MustParse(defaultQuota)) == 0 {
		return ""
	}
	return quota
}

// quota returns the quota of the rendered cluster. Options.Quota must be valid or empty.
func (o Options) quota() resource.Quantity {
	return resource.MustParse(cmp.Or(o.Quota, defaultQuota))
}

// quotaOps returns the JSON patch that replaces the argument in base. Its "test" operation fails if the arguments in base
// have moved, so that it never replaces another argument.
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
	l.add("ConfigMap", bootstrap, mergePatch("v1", "ConfigMap", bootstrap, "metadata", map[string]any{"annotations": annotations}))
}

// validateQuota checks the quota as a size, and that the volume has room for two copies of the database: a
// defragmentation writes a second one. A full disk stops the member, a reached quota stops only writes.
func (o Options) validateQuota() error {
	if o.Quota == "" {
		return nil
	}
	q, err := resource.ParseQuantity(o.Quota)
	valid := err == nil && q.Sign() > 0 && q.Cmp(*resource.NewQuantity(q.Value(), resource.BinarySI)) == 0
	switch {
	case !valid && o.Kept.Quota:
		return fmt.Errorf("the cluster has the quota %q, which is not a valid size (choose another with --quota, like 4Gi)", o.Quota)
	case !valid:
		return fmt.Errorf("invalid quota %q (use a quantity like 4Gi)", o.Quota)
	case o.Kept.Quota:
		return nil
	case q.Cmp(resource.MustParse(minQuota)) < 0 && !o.Force:
		return fmt.Errorf("quota %q is too small: little more than an hour of history fills it, and a full database refuses writes (use at least %s, or --force)", o.Quota, minQuota)
	}
	volume, err := o.volume()
	if err != nil {
		return nil // validateOverlay and validateStorage report an unknown overlay and an invalid size
	}
	most := resource.NewQuantity(volume.Value()/2, resource.BinarySI)
	switch {
	case q.Cmp(volume) >= 0:
		return fmt.Errorf("quota %q does not fit a volume of %s: a full disk stops the member, but the quota stops only writes (use at most %s, or larger volumes)",
			o.Quota, volume.String(), most)
	case q.Cmp(*most) > 0 && !o.Force:
		return fmt.Errorf("quota %q leaves no room in a volume of %s: a defragmentation writes a second copy of the database to the volume (use at most %s, larger volumes, or --force)",
			o.Quota, volume.String(), most)
	}
	return nil
}

// volume returns the size of each member's volume: of the existing volumes if known, else Options.Storage, else the
// overlay's.
func (o Options) volume() (resource.Quantity, error) {
	size := cmp.Or(o.Volume, o.Storage)
	if size != "" {
		return resource.ParseQuantity(size)
	}
	list, err := readFolder(overlays.Files, o.Overlay, o.Overlay)
	if err != nil {
		return resource.Quantity{}, err
	}
	for _, f := range list {
		var ops []op
		if path.Ext(f.name) != ".yaml" || yaml.Unmarshal(f.data, &ops) != nil {
			continue // not a JSON patch
		}
		for _, p := range ops {
			if text, ok := p.Value.(string); ok && p.Path == storagePath {
				size = text
			}
		}
	}
	return resource.ParseQuantity(cmp.Or(size, defaultStorage))
}

// leastVolume returns the volume size for a quota: twice the quota, because a defragmentation writes a second copy of the
// database, plus 1 GiB for the WAL and snapshots.
func leastVolume(quota resource.Quantity) resource.Quantity {
	return *resource.NewQuantity(2*quota.Value()+1<<30, resource.BinarySI)
}

// quotaNotes returns notes about a quota and a volume that are allowed but unwise.
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
		list = append(list, fmt.Sprintf("a quota of %s is more than the %s that etcd suggests at most: with a larger database, a start, a defragmentation and a snapshot to a lagging member take longer",
			quota.String(), suggestedQuota))
	}
	return list, nil
}
