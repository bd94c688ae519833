package kustomize

// Keep fills the choices that o leaves open from what a cluster already has, so that bringing it up again changes
// only what is asked for. A StorageClass that is the overlay's own is no choice of the user's.
func (o Options) Keep(has Options) Options {
	if o.Replicas == 0 {
		o.Replicas = has.Replicas
		o.Kept.Replicas = has.Replicas > 0
	}
	if o.Storage == "" {
		o.Storage = has.Storage
		o.Kept.Storage = has.Storage != ""
	}
	o.Volume = has.Volume
	if o.Quota == "" {
		o.Quota = has.Quota
		o.Kept.Quota = has.Quota != ""
	}
	if o.StorageClass == "" && has.StorageClass != ownStorageClass {
		o.StorageClass = has.StorageClass
	}
	if o.EtcdVersion == "" {
		o.EtcdVersion = has.EtcdVersion
	}
	if o.Image == "" && has.Image != officialImage {
		o.Image = has.Image
	}
	if o.Expose == "" {
		o.Expose = has.Expose
	}
	if o.TLS == "" {
		o.TLS = has.TLS
	}
	if o.TLS == TLSSecret {
		o.Secrets = o.Secrets.or(has.Secrets)
	}
	if o.TLS == has.TLS && len(o.Names) == 0 {
		o.Names = has.Names
	}
	o.NetworkPolicy = o.NetworkPolicy || has.NetworkPolicy
	o.Drillable = o.Drillable || has.Drillable
	return o
}
