package proxy

import (
	"context"
	"time"
)

// refreshEvery is the pause between two looks at the Secrets. From the moment at which a rotation of the CAs has written
// the new ones there until it uses them every member is restarted, which takes longer.
const refreshEvery = 10 * time.Second

// refresh keeps the files as the cluster has it until ctx ends: certificates are renewed and CAs replaced while clients
// go on.
func (o *Open) refresh(ctx context.Context) {
	if o.kept == nil || o.session.Find == nil || o.session.Files.complete() {
		return
	}
	every := o.session.RefreshEvery
	if every == 0 {
		every = refreshEvery
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	said := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		changed, err := o.refreshOnce(ctx)
		dir := o.kept.folder.Path
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && err.Error() != said:
			said = err.Error()
			o.session.Note("the certificates in %s are as they were, because they cannot be read again: %v", dir, err)
		case err == nil && changed:
			o.session.Note("the certificates in %s are new, as in the cluster (a client that reads them only at its start is to be started again)", dir)
		}
		if err == nil {
			said = ""
		}
	}
}

func (o *Open) refreshOnce(ctx context.Context) (changed bool, err error) {
	s := o.session
	if s.Credentials, err = s.Find(ctx); err != nil {
		return false, err
	}
	material, err := s.material(o.asked)
	if err != nil || material == nil {
		return false, err
	}
	return o.kept.write(*material)
}
