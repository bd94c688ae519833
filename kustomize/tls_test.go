package kustomize

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/utils/ptr"
)

// With TLS, the only plain-text port is the one for metrics and probes.
func TestNothingIsPlainBesideMetrics(t *testing.T) {
	for _, tls := range []TLS{TLSAuto, TLSCertManager, TLSSecret} {
		c := decode(t, mustRender(t, Options{Overlay: "gke", TLS: tls}))
		container := c.set.Spec.Template.Spec.Containers[0]
		for _, arg := range container.Args {
			if strings.Contains(arg, "http://") && !strings.HasPrefix(arg, "--listen-metrics-urls=") {
				t.Errorf("%s: %s", tls, arg)
			}
		}
		for name, config := range c.configs {
			if strings.Contains(config.Data["ETCD_INITIAL_CLUSTER"], "http://") {
				t.Errorf("%s: %s has %v", tls, name, config.Data)
			}
		}
		for _, flag := range []string{"--client-cert-auth=true", "--peer-client-cert-auth=true", "--tls-min-version=TLS1.2"} {
			if !slices.Contains(container.Args, flag) {
				t.Errorf("%s: %s is missing", tls, flag)
			}
		}
	}
}

// Pods mount only the keys of a Secret that etcd reads, and never a CA's private key.
func TestPodsMountNoAuthority(t *testing.T) {
	for _, tls := range []TLS{TLSAuto, TLSCertManager, TLSSecret} {
		c := decode(t, mustRender(t, Options{Overlay: "gke", Name: "orders", TLS: tls}))
		var mounted []string
		for _, v := range c.set.Spec.Template.Spec.Volumes {
			var keys []string
			for _, item := range v.Secret.Items {
				keys = append(keys, item.Key)
			}
			if diff := cmp.Diff([]string{"ca.crt", "tls.crt", "tls.key"}, keys); diff != "" {
				t.Error(v.Name, diff)
			}
			if mode := ptr.Deref(v.Secret.DefaultMode, 0); mode != 0o440 {
				t.Errorf("%s: mode %o", v.Name, mode)
			}
			mounted = append(mounted, v.Secret.SecretName)
		}
		if diff := cmp.Diff([]string{"orders-server-tls", "orders-peer-tls", "orders-client-tls"}, mounted); diff != "" {
			t.Error(diff)
		}
	}
}

func TestGatewayHasItsPort(t *testing.T) {
	c := decode(t, mustRender(t, Options{Overlay: "gke", TLS: TLSAuto}))
	var names []string
	for _, p := range c.services["etcd-client"].Spec.Ports {
		names = append(names, p.Name)
	}
	if diff := cmp.Diff([]string{"client", "gateway"}, names); diff != "" {
		t.Error(diff)
	}
}

// cert-manager writes the Secrets that the pods mount, and its certificates have the names by which clients reach members.
func TestCertificatesMatchThePods(t *testing.T) {
	c := decode(t, mustRender(t, Options{Name: "orders", Namespace: "data", Overlay: "gke", TLS: TLSCertManager, Names: []string{"10.0.0.7"}}))
	made := map[string]*unstructured.Unstructured{}
	for _, o := range c.others {
		if secret, found, _ := unstructured.NestedString(o.Object, "spec", "secretName"); found {
			made[secret] = o
		}
		if issuer, found, _ := unstructured.NestedString(o.Object, "spec", "issuerRef", "name"); found && c.others["Issuer/"+issuer] == nil {
			t.Errorf("%s is of an issuer %q that is not there", o.GetName(), issuer)
		}
	}
	for _, v := range c.set.Spec.Template.Spec.Volumes {
		if made[v.Secret.SecretName] == nil {
			t.Errorf("nothing makes the secret %q", v.Secret.SecretName)
		}
	}
	names, _, _ := unstructured.NestedStringSlice(made["orders-server-tls"].Object, "spec", "dnsNames")
	for _, name := range []string{"*.orders.data.svc", "orders-client.data.svc", "localhost"} {
		if !slices.Contains(names, name) {
			t.Errorf("the server's certificate is not for %s: %v", name, names)
		}
	}
	addresses, _, _ := unstructured.NestedStringSlice(made["orders-server-tls"].Object, "spec", "ipAddresses")
	if diff := cmp.Diff([]string{"127.0.0.1", "::1", "10.0.0.7"}, addresses); diff != "" {
		t.Error(diff)
	}
}

// A public load balancer has none of the internal one's annotations.
func TestPublic(t *testing.T) {
	want := map[string]map[string]string{
		"aks": {"service.beta.kubernetes.io/azure-load-balancer-internal": "false"},
		"eks": {
			"service.beta.kubernetes.io/aws-load-balancer-type":            "external",
			"service.beta.kubernetes.io/aws-load-balancer-nlb-target-type": "ip",
			"service.beta.kubernetes.io/aws-load-balancer-scheme":          "internet-facing",
		},
		"alibaba":   {"service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type": "internet"},
		"hetzner":   {"load-balancer.hetzner.cloud/disable-public-network": "false"},
		"ibm":       {"service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type": "public"},
		"openstack": {"service.beta.kubernetes.io/openstack-internal-load-balancer": "false"},
		"oci": {
			"service.beta.kubernetes.io/oci-load-balancer-internal":       "false",
			"service.beta.kubernetes.io/oci-load-balancer-shape":          "flexible",
			"service.beta.kubernetes.io/oci-load-balancer-shape-flex-min": "10",
			"service.beta.kubernetes.io/oci-load-balancer-shape-flex-max": "100",
		},
		// These remove the annotation for an internal load balancer, or never have one.
		"digitalocean": {}, "gke": {}, "linode": {}, "local": {}, "rancher": {}, "vsphere": {},
	}
	for _, o := range mustOverlays(t) {
		service := decode(t, mustRender(t, Options{Overlay: o.Name, TLS: TLSAuto, Expose: ExposePublic})).services["etcd-client"]
		if want[o.Name] == nil {
			t.Errorf("%s: add its annotations for --expose public to want (an empty map if it has none)", o.Name)
		}
		expected := map[string]string{ExposeAnnotation: "public"}
		for key, value := range want[o.Name] {
			expected[key] = value
		}
		if diff := cmp.Diff(expected, service.Annotations); diff != "" {
			t.Error(o.Name, diff)
		}
		if service.Spec.Type != corev1.ServiceTypeLoadBalancer {
			t.Errorf("%s: %s", o.Name, service.Spec.Type)
		}
	}
}

func TestValidateTLS(t *testing.T) {
	for name, c := range map[string]struct {
		options Options
		want    string // the error, or "" for none
	}{
		"off":                         {Options{TLS: TLSOff}, ""},
		"auto":                        {Options{TLS: TLSAuto, Names: []string{"etcd.example.com", "*.example.com", "10.0.0.7", "2001:db8::1"}}, ""},
		"own secrets":                 {Options{TLS: TLSSecret, Secrets: Secrets{Server: "a", Peer: "b", Client: "c.d"}}, ""},
		"something":                   {Options{TLS: "on"}, `unknown TLS "on" (choose one of auto, cert-manager, secret, off)`},
		"secrets without their TLS":   {Options{TLS: TLSAuto, Secrets: Secrets{Peer: "b"}}, "names of Secrets are only used with your own certificates (add --tls secret)"},
		"no name of a secret":         {Options{TLS: TLSSecret, Secrets: Secrets{Peer: "B_"}}, `invalid name of a Secret "B_" (use lower-case letters, digits, dashes and dots)`},
		"names for nobody's":          {Options{TLS: TLSSecret, Names: []string{"a"}}, "names for the server certificate need a certificate that is issued here (use --tls auto or cert-manager)"},
		"no name":                     {Options{TLS: TLSAuto, Names: []string{"a b"}}, `invalid name "a b" for the server certificate (use a DNS name or an IP address)`},
		"public without":              {Options{TLS: TLSOff, Expose: ExposePublic}, "a public load balancer is refused without TLS: everyone could read and write all keys (use --expose internal)"},
		"public with client's certs":  {Options{TLS: TLSSecret, Expose: ExposePublic}, ""},
		"public of the base, without": {Options{Expose: ExposePublic}, "a public load balancer is refused without TLS: everyone could read and write all keys (use --expose internal)"},
	} {
		t.Run(name, func(t *testing.T) {
			c.options.Overlay = "local"
			got := ""
			if err := c.options.Validate(); err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
