package settings

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// environment resolves the container's variables as the kubelet does (pkg/kubelet/kubelet_pods.go,
// makeEnvironmentVariables): envFrom in order, then env in order. Each can refer to those before it.
func (r *reader) environment(ctx context.Context) (map[string]string, error) {
	env := map[string]string{}
	for _, from := range r.container.EnvFrom {
		if err := r.envFrom(ctx, env, from); err != nil {
			return nil, err
		}
	}
	for _, e := range r.container.Env {
		if e.ValueFrom == nil || e.Value != "" {
			env[e.Name] = r.expand(e.Value, env)
			continue
		}
		value, set, err := r.valueFrom(ctx, e)
		if err != nil {
			return nil, err
		}
		if set {
			env[e.Name] = value
		}
	}
	return env, nil
}

func (r *reader) envFrom(ctx context.Context, env map[string]string, from corev1.EnvFromSource) error {
	switch {
	case from.SecretRef != nil:
		r.unknowns.addSource(fmt.Sprintf("environment from secret %q, which is not read", from.SecretRef.Name))
	case from.ConfigMapRef != nil:
		cm, why, err := r.configMap(ctx, from.ConfigMapRef.Name)
		if err != nil {
			return err
		}
		if cm == nil {
			if !isTrue(from.ConfigMapRef.Optional) || why != absent {
				r.unknowns.addSource(fmt.Sprintf("environment from configmap %q, which %s", from.ConfigMapRef.Name, why))
			}
			return nil
		}
		for name, value := range cm.Data {
			env[from.Prefix+name] = value
		}
	}
	return nil
}

// valueFrom returns the value of a variable with a valueFrom source, and whether it is set.
func (r *reader) valueFrom(ctx context.Context, e corev1.EnvVar) (value string, set bool, err error) {
	unknown := func(source string) (string, bool, error) {
		return r.unknowns.mark(fmt.Sprintf("environment variable %s (from %s)", e.Name, source)), true, nil
	}
	switch from := e.ValueFrom; {
	case from.FieldRef != nil:
		if value, ok := field(r.pod, from.FieldRef.FieldPath); ok {
			return value, true, nil
		}
		return unknown("field " + from.FieldRef.FieldPath)
	case from.ConfigMapKeyRef != nil:
		ref := from.ConfigMapKeyRef
		cm, why, err := r.configMap(ctx, ref.Name)
		if err != nil {
			return "", false, err
		}
		if cm != nil {
			if value, ok := cm.Data[ref.Key]; ok {
				return value, true, nil
			}
			why = absent
		}
		if isTrue(ref.Optional) && why == absent {
			return "", false, nil
		}
		return unknown(fmt.Sprintf("key %q of configmap %q, which %s", ref.Key, ref.Name, why))
	case from.SecretKeyRef != nil:
		return unknown(fmt.Sprintf("secret %q", from.SecretKeyRef.Name))
	case from.ResourceFieldRef != nil:
		return unknown("resource field " + from.ResourceFieldRef.Resource)
	}
	return unknown("a source that is not understood")
}

const (
	absent    = "does not exist"
	forbidden = "may not be read"
)

// configMapResult is a ConfigMap, or why it cannot be read.
type configMapResult struct {
	configMap *corev1.ConfigMap
	why       string
}

// configMap returns a ConfigMap, or nil and why it cannot be read. It requests each one only once.
func (r *reader) configMap(ctx context.Context, name string) (*corev1.ConfigMap, string, error) {
	if a, ok := r.configMaps[name]; ok {
		return a.configMap, a.why, nil
	}
	cm, err := r.objects.ConfigMap(ctx, name)
	a := configMapResult{configMap: cm}
	switch {
	case apierrors.IsNotFound(err):
		a = configMapResult{why: absent}
	case apierrors.IsForbidden(err):
		a = configMapResult{why: forbidden}
	case err != nil:
		return nil, "", fmt.Errorf("read configmap %s/%s: %w", r.pod.Namespace, name, err)
	}
	r.configMaps[name] = a
	return a.configMap, a.why, nil
}

// field returns a field of the pod as the downward API sets it in a variable. ok is false if it has no value yet.
func field(pod *corev1.Pod, path string) (value string, ok bool) {
	if list, key, found := strings.Cut(strings.TrimSuffix(path, "']"), "['"); found {
		switch list {
		case "metadata.labels":
			return pod.Labels[key], true
		case "metadata.annotations":
			return pod.Annotations[key], true
		}
		return "", false
	}
	switch path {
	case "metadata.name":
		value = pod.Name
	case "metadata.namespace":
		value = pod.Namespace
	case "metadata.uid":
		value = string(pod.UID)
	case "spec.nodeName":
		value = pod.Spec.NodeName
	case "spec.serviceAccountName":
		value = pod.Spec.ServiceAccountName
	case "status.hostIP":
		value = pod.Status.HostIP
	case "status.podIP":
		value = pod.Status.PodIP
	case "status.hostIPs":
		ips := make([]string, len(pod.Status.HostIPs))
		for i, ip := range pod.Status.HostIPs {
			ips[i] = ip.IP
		}
		value = strings.Join(ips, ",")
	case "status.podIPs":
		ips := make([]string, len(pod.Status.PodIPs))
		for i, ip := range pod.Status.PodIPs {
			ips[i] = ip.IP
		}
		value = strings.Join(ips, ",")
	}
	return value, value != ""
}

// expand replaces $(NAME) by the variable's value in env. A variable that Kubernetes may set for a Service is unknown;
// any other unset one stays as it is.
func (r *reader) expand(text string, env map[string]string) string {
	return references(text, func(name string) string {
		if value, ok := env[name]; ok {
			return value
		}
		links := r.pod.Spec.EnableServiceLinks
		linked := links == nil || *links || strings.HasPrefix(name, "KUBERNETES_")
		if linked && (strings.Contains(name, "_SERVICE_") || strings.Contains(name, "_PORT")) {
			return r.unknowns.mark(fmt.Sprintf("variable %s of a Service", name))
		}
		return "$(" + name + ")"
	})
}

// references replaces $(NAME) by value(NAME), and "$$" by a dollar (Kubernetes, third_party/forked/golang/expansion).
func references(text string, value func(name string) string) string {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "$")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		name, after, closed := strings.Cut(strings.TrimPrefix(rest, "("), ")")
		switch {
		case strings.HasPrefix(rest, "$"):
			out.WriteString("$")
			text = rest[1:]
		case strings.HasPrefix(rest, "(") && closed:
			out.WriteString(value(name))
			text = after
		default:
			out.WriteString("$")
			text = rest
		}
	}
}

// hostname returns the container's host name, in $HOSTNAME and from hostname(1) (pkg/kubelet/kubelet_pods.go,
// GeneratePodHostNameAndDomain). With hostNetwork it is the node's host name, which is nearly always the Node's name.
func (r *reader) hostname() string {
	spec := r.pod.Spec
	name := r.pod.Name
	switch {
	case spec.HostnameOverride != nil:
		name = *spec.HostnameOverride
	case spec.HostNetwork:
		name = spec.NodeName
	case spec.Hostname != "":
		name = spec.Hostname
	}
	if name == "" {
		return r.unknowns.mark("the host name of a pod that is not scheduled")
	}
	return strings.TrimRight(name[:min(len(name), maxHostname)], "-.")
}

// maxHostname is the kernel's limit. The kubelet truncates longer names to it.
const maxHostname = 63

func isTrue(b *bool) bool { return b != nil && *b }
