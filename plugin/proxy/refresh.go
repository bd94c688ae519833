package proxy

import (
	"context"
	"time"
)

// refreshEvery is the interval at which the Secrets are read. It is shorter than a rotation of the CAs: between writing
// the new CAs to the Secrets and using them, the rotation restarts every member.
const refreshEvery = 10 * time.Second

// refresh keeps the files up to date until ctx ends, because certificates are renewed and CAs replaced during a
// session.
func (o *Open) refresh(ctx context.Context) {
	if o.sessionFiles == nil || o.session.Find == nil || o.session.Files.complete() {
		return
	}
	every := o.session.RefreshEvery
	if every == 0 {
		every = refreshEvery
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	lastError := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		changed, err := o.refreshOnce(ctx)
		dir := o.sessionFiles.folder.Path
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && err.Error() != lastError:
			lastError = err.Error()
			o.session.Note("the certificates in %s were not updated, because those in the cluster cannot be read: %v", dir, err)
		case err == nil && changed:
			o.session.Note("the certificates in %s were updated, as in the cluster (restart clients that read them only at their start)", dir)
		}
		if err == nil {
			lastError = ""
		}
	}
}

func (o *Open) refreshOnce(ctx context.Context) (changed bool, err error) {
	s := o.session
	if s.Credentials, err = s.Find(ctx); err != nil {
		return false, err
	}
	material, err := s.material(o.targets)
	if err != nil || material == nil {
		return false, err
	}
	return o.sessionFiles.write(*material)
}
