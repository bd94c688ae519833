package cli

import (
	"testing"

	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericclioptions"
)

// TestKubectlFlags checks that advised commands select the same API server, and show no secret.
func TestKubectlFlags(t *testing.T) {
	for want, args := range map[string][]string{
		"": {"--token", "s3cret", "--request-timeout", "5s", "-n", "data"},
		" --kubeconfig '/home/o k/config' --context kubernetes-admin@prod":     {"--context", "kubernetes-admin@prod", "--kubeconfig", "/home/o k/config"},
		" --cluster c --user u --server https://10.0.0.1:6443/k8s --as 'a;rm'": {"--as", "a;rm", "-s", "https://10.0.0.1:6443/k8s", "--user", "u", "--cluster", "c"},
	} {
		f := Factory{config: genericclioptions.NewConfigFlags(true)}
		flags := pflag.NewFlagSet("", pflag.ContinueOnError)
		f.config.AddFlags(flags)
		if err := flags.Parse(args); err != nil {
			t.Fatal(err)
		}
		if got := f.kubectlFlags(); got != want {
			t.Errorf("%q: %q, want %q", args, got, want)
		}
	}
}
