package kustomize

// Keep returns o with unset options taken from a running cluster's, so that "up" changes only what the user asks for.
// The overlay's StorageClass and the official image count as unset. Kept marks what was taken and validated before.
func (o Options) Keep(existing Options) Options {
	if o.Replicas == 0 {
		o.Replicas = existing.Replicas
		o.Kept.Replicas = existing.Replicas > 0
	}
	if o.Storage == "" {
		o.Storage = existing.Storage
		o.Kept.Storage = existing.Storage != ""
	}
	o.Volume = existing.Volume
	if o.Quota == "" {
		o.Quota = existing.Quota
		o.Kept.Quota = existing.Quota != ""
	}
	if o.StorageClass == "" && existing.StorageClass != ownStorageClass {
		o.StorageClass = existing.StorageClass
	}
	if o.EtcdVersion == "" {
		o.EtcdVersion = existing.EtcdVersion
	}
	if o.Image == "" && existing.Image != officialImage {
		o.Image = existing.Image
	}
	if o.Expose == "" {
		o.Expose = existing.Expose
	}
	if o.TLS == "" {
		o.TLS = existing.TLS
	}
	if o.TLS == TLSSecret {
		o.Secrets = o.Secrets.withDefaults(existing.Secrets)
	}
	if o.TLS == existing.TLS && len(o.Names) == 0 {
		o.Names = existing.Names
	}
	o.NetworkPolicy = o.NetworkPolicy || existing.NetworkPolicy
	o.Drillable = o.Drillable || existing.Drillable
	return o
}
