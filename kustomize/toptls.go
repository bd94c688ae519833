package kustomize

import (
	"maps"
	"net"
	"slices"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/overlays"
)

// addTLS adds the patches for the certificate options.
func (l *patchList) addTLS(o Options) {
	if !o.tls() {
		return
	}
	annotations := map[string]string{TLSAnnotation: string(o.TLS)}
	if len(o.Names) > 0 {
		annotations[NamesAnnotation] = strings.Join(o.Names, ",")
	}
	l.add("ConfigMap", bootstrap, mergePatch("v1", "ConfigMap", bootstrap, "metadata", map[string]any{"annotations": annotations}))
	if o.TLS == TLSCertManager {
		l.addCertificates(o)
		return
	}
	if secrets := o.secrets(); secrets != DefaultSecrets(DefaultName) {
		volumes := []map[string]any{
			secretVolume("server-tls", secrets.Server), secretVolume("peer-tls", secrets.Peer), secretVolume("client-tls", secrets.Client),
		}
		pod := map[string]any{"template": map[string]any{"spec": map[string]any{"volumes": volumes}}}
		l.add("StatefulSet", DefaultName, mergePatch("apps/v1", "StatefulSet", DefaultName, "spec", pod))
	}
}

func secretVolume(name, secret string) map[string]any {
	return map[string]any{"name": name, "secret": map[string]any{"secretName": secret}}
}

// addCertificates sets the DNS names and addresses of cert-manager's Certificates. References to a Certificate follow its
// name (components/tls-cert-manager/names.yaml).
func (l *patchList) addCertificates(o Options) {
	client := o.name() + strings.TrimPrefix(clientService, DefaultName)
	own := DefaultSecrets(DefaultName)
	l.addCertificate(own.Server, ServerNames(o.name(), client, o.namespace(), o.Names))
	l.addCertificate(own.Peer, PeerNames(o.name()))
}

func (l *patchList) addCertificate(name string, names []string) {
	var hosts, addresses []string
	for _, n := range names {
		if net.ParseIP(n) != nil {
			addresses = append(addresses, n)
		} else {
			hosts = append(hosts, n)
		}
	}
	l.add("Certificate", name, []op{{"replace", "/spec/dnsNames", hosts}, {"replace", "/spec/ipAddresses", addresses}})
}

// namespace returns Options.Namespace, or "default", which kubectl uses if its context has none.
func (o Options) namespace() string {
	if o.Namespace == "" {
		return "default"
	}
	return o.Namespace
}

// addExposure turns the overlay's internal load balancer into a public one: it sets and removes annotations of the client
// Service.
func (l *patchList) addExposure(o Options) error {
	if o.Expose != ExposePublic {
		return nil
	}
	overlay, err := readOverlay(overlays.Files, o.Overlay)
	if err != nil {
		return err
	}
	ops := []op{{"add", annotationPath(ExposeAnnotation), string(ExposePublic)}}
	for _, key := range slices.Sorted(maps.Keys(overlay.PublicService)) {
		if value := overlay.PublicService[key]; value != nil {
			ops = append(ops, op{"add", annotationPath(key), *value})
		} else {
			ops = append(ops, op{Op: "remove", Path: annotationPath(key)})
		}
	}
	if !overlay.InternalBalancer { // then the Service has no annotations yet
		ops = slices.Insert(ops, 0, op{"add", "/metadata/annotations", map[string]string{}})
	}
	l.add("Service", clientService, ops)
	return nil
}

// annotationPath returns the JSON pointer of an annotation (RFC 6901).
func annotationPath(key string) string {
	return "/metadata/annotations/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
}

// mergePatch returns a strategic-merge patch of one field of an object.
func mergePatch(apiVersion, kind, name, field string, value map[string]any) map[string]any {
	patch := map[string]any{"apiVersion": apiVersion, "kind": kind, "metadata": map[string]any{"name": name}}
	if field != "metadata" {
		patch[field] = value
		return patch
	}
	value["name"] = name
	patch[field] = value
	return patch
}
