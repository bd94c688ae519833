package doctor

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

func TestClientURLs(t *testing.T) {
	advertised := func(urls ...string) func(*evidence) {
		return func(e *evidence) {
			only(1)(e)
			e.members[0].ClientURLs = urls
			e.members[0].kubeMember.Pod.Status.PodIP, e.members[0].kubeMember.Pod.Status.HostIP = "10.0.0.7", "192.0.2.1"
		}
	}
	and := func(changes ...func(*evidence)) func(*evidence) {
		return func(e *evidence) {
			for _, change := range changes {
				change(e)
			}
		}
	}
	apart := func(e *evidence) { // a port-forward reaches a port that other pods do not
		e.members[0].kubeMember.Server.Port, e.members[0].kubeMember.Server.Outside = 3379, []int{2379}
	}
	podOnly := func(e *evidence) { e.members[0].kubeMember.Server.PodOnly = true }
	forbidden := func(e *evidence) {
		e.cluster.Surroundings = cluster.Surroundings{Incomplete: []string{"Services: forbidden"}}
	}
	port80 := func(e *evidence) {
		for i, s := range e.cluster.Surroundings.Services {
			if s.Name == "etcd-client" {
				s.Spec.Ports = append(s.Spec.Ports, corev1.ServicePort{Port: 80, TargetPort: s.Spec.Ports[0].TargetPort})
				e.cluster.Surroundings.Services[i] = s
			}
		}
	}
	run(t, map[string]caseOf{
		"ours":                {"client-urls", only(1), []string{"pass etcd-0: http://etcd-0.etcd.ns.svc:2379"}},
		"unspecified":         {"client-urls", advertised("http://0.0.0.0:2379"), []string{"warn etcd-0: http://0.0.0.0:2379"}},
		"unspecified, IPv6":   {"client-urls", advertised("http://[::]:2379"), []string{"warn etcd-0: http://[::]:2379"}},
		"loopback":            {"client-urls", advertised("http://localhost:2379"), []string{"warn etcd-0: http://localhost:2379"}},
		"loopback, by IP":     {"client-urls", advertised("http://127.0.0.2:2379"), []string{"warn etcd-0: http://127.0.0.2:2379"}},
		"loopback, IPv6":      {"client-urls", advertised("http://[::1]:2379"), []string{"warn etcd-0: http://[::1]:2379"}},
		"one of two":          {"client-urls", advertised("http://etcd-0.etcd:2379", "http://localhost:2379"), []string{"warn etcd-0: http://etcd-0.etcd:2379, http://localhost:2379"}},
		"clients in the pod":  {"client-urls", and(advertised("http://localhost:2379"), podOnly), []string{"pass etcd-0: http://localhost:2379"}},
		"pod IP":              {"client-urls", advertised("http://10.0.0.7:2379"), []string{"pass etcd-0: http://10.0.0.7:2379"}},
		"node IP":             {"client-urls", advertised("http://192.0.2.1:2379"), []string{"pass etcd-0: http://192.0.2.1:2379"}},
		"wrong port":          {"client-urls", advertised("http://10.0.0.7:4001"), []string{"warn etcd-0: http://10.0.0.7:4001"}},
		"one port for others": {"client-urls", and(advertised("http://10.0.0.7:2379"), apart), []string{"pass etcd-0: http://10.0.0.7:2379"}},
		"the pod's own port":  {"client-urls", and(advertised("http://10.0.0.7:3379"), apart), []string{"warn etcd-0: http://10.0.0.7:3379"}},
		"no port":             {"client-urls", advertised("http://10.0.0.7"), []string{"warn etcd-0: http://10.0.0.7"}},
		"another IP":          {"client-urls", advertised("http://203.0.113.1:2379"), []string{"unknown etcd-0: http://203.0.113.1:2379"}},
		"short name":          {"client-urls", advertised("http://etcd-0.etcd:2379"), []string{"pass etcd-0: http://etcd-0.etcd:2379"}},
		"full name":           {"client-urls", advertised("http://etcd-0.etcd.ns.svc.cluster.local.:2379"), []string{"pass etcd-0: http://etcd-0.etcd.ns.svc.cluster.local.:2379"}},
		"name, wrong port":    {"client-urls", advertised("http://etcd-0.etcd.ns:80"), []string{"warn etcd-0: http://etcd-0.etcd.ns:80"}},
		"no such Service":     {"client-urls", advertised("http://etcd-0.peers.ns.svc:2379"), []string{"warn etcd-0: http://etcd-0.peers.ns.svc:2379"}},
		"Service":             {"client-urls", advertised("http://etcd-client:2379"), []string{"pass etcd-0: http://etcd-client:2379"}},
		"Service's port":      {"client-urls", and(advertised("http://etcd-client.ns.svc:80"), port80), []string{"warn etcd-0: http://etcd-client.ns.svc:80"}},
		"no port of Service":  {"client-urls", advertised("http://etcd-client:8080"), []string{"warn etcd-0: http://etcd-client:8080"}},
		"unknown Service":     {"client-urls", advertised("http://lb:2379"), []string{"unknown etcd-0: http://lb:2379"}},
		"another domain":      {"client-urls", advertised("http://etcd.example.com:2379"), []string{"unknown etcd-0: http://etcd.example.com:2379"}},
		"another namespace's": {"client-urls", advertised("http://etcd-0.etcd.other.svc:2379"), []string{"unknown etcd-0: http://etcd-0.etcd.other.svc:2379"}},
		"Services forbidden":  {"client-urls", and(advertised("http://etcd-0.peers:2379"), forbidden), []string{"unknown etcd-0: http://etcd-0.peers:2379"}},
		"no client URL":       {"client-urls", advertised(), []string{"unknown etcd-0: the membership list has no client URL of…"}},
	})
}

// TestAdvertiseRemedy: the remedy changes the setting where the member has it now. etcd refuses to start with both the
// flag and the variable.
func TestAdvertiseRemedy(t *testing.T) {
	container := func(e *evidence) *corev1.Container { return &e.members[0].kubeMember.Pod.Spec.Containers[0] }
	flag := func(e *evidence) {
		c := container(e)
		c.Command, c.Args = []string{"etcd"}, []string{"--advertise-client-urls=http://localhost:2379"}
	}
	variable := func(e *evidence) {
		c := container(e)
		c.Command, c.Args, c.Env = []string{"etcd"}, nil, []corev1.EnvVar{{Name: "ETCD_ADVERTISE_CLIENT_URLS", Value: "http://localhost:2379"}}
	}
	file := func(e *evidence) {
		c := container(e)
		c.Command, c.Args, c.Env = []string{"etcd", "--config-file=/etc/etcd.yaml"}, nil, nil
	}
	const restart = "then restart one member at a time: each publishes its URL in the membership list when it starts"
	for name, c := range map[string]struct {
		change func(*evidence)
		want   []string
	}{
		"flag": {flag, []string{
			"in the pod's spec: --advertise-client-urls=http://$(POD_NAME).etcd.ns.svc:2379, and, before it in env, POD_NAME from the field metadata.name", restart,
		}},
		"variable": {variable, []string{
			"in the pod's spec: ETCD_ADVERTISE_CLIENT_URLS=http://$(POD_NAME).etcd.ns.svc:2379, and, before it in env, POD_NAME from the field metadata.name", restart,
		}},
		"file": {file, []string{
			"set advertise-client-urls to http://etcd-0.etcd.ns.svc:2379 in the place that sets it now (a configuration file, a ConfigMap, a script)", restart,
		}},
		"no headless Service": {func(e *evidence) { flag(e); e.cluster.Surroundings.Services = nil }, []string{
			"in the pod's spec: --advertise-client-urls=http://$(POD_IP):2379, and, before it in env, POD_IP from the field status.podIP", restart,
		}},
		"TLS, on a volume that goes with the pod": {func(e *evidence) {
			flag(e)
			e.members[0].kubeMember.Server.Scheme = "https"
			e.members[0].data.value.volume.EmptyDir = &corev1.EmptyDirVolumeSource{}
		}, []string{
			"in the pod's spec: --advertise-client-urls=https://$(POD_NAME).etcd.ns.svc:2379, and, before it in env, POD_NAME from the field metadata.name",
			"the server's certificate must contain that host",
			"its data is on an emptyDir and is deleted with the pod: save a snapshot first", restart,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			e := healthy(t)
			only(1)(e)
			e.members[0].ClientURLs = []string{"http://localhost:2379"}
			c.change(e)
			if diff := cmp.Diff(c.want, strings.Split(clientURLs(e)[0].Remedy, "\n")); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
