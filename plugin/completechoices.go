package plugin

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/kustomize"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// completeChoices completes the choices about a cluster's manifests.
func (o *options) completeChoices(cmd *cobra.Command) {
	secret := o.completeObject(cluster.KindSecret)
	completeFlags(cmd, map[string]cobra.CompletionFunc{
		"overlay":           completeOverlay,
		"replicas":          oneOf("1", "3", "5", "7"),
		"storage-class":     o.completeObject(cluster.KindStorageClass),
		"etcd-version":      completeVersion,
		"expose":            oneOf(string(kustomize.ExposeNone), string(kustomize.ExposeInternal), string(kustomize.ExposePublic)),
		"tls":               oneOf(string(kustomize.TLSAuto), string(kustomize.TLSCertManager), string(kustomize.TLSSecret), string(kustomize.TLSOff)),
		"tls-server-secret": secret,
		"tls-peer-secret":   secret,
		"tls-client-secret": secret,
	})
}

// completeOverlay offers the overlays, each with what makes its volumes.
func completeOverlay(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	overlays, err := kustomize.Overlays()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var found []string
	for _, l := range overlays {
		what := "the default StorageClass"
		if l.Provisioner != "" {
			what = strings.TrimSpace(l.Provisioner + " " + l.DiskType)
		}
		found = append(found, described(l.Name, what))
	}
	return oneOf(found...)(cmd, args, typed)
}

// completeVersion offers the versions of etcd to choose from.
func completeVersion(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	return oneOf(kustomize.Versions()...)(cmd, args, typed)
}
