package deploy

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/kustomize"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// completeChoices sets the completions of the flags of manifestFlags.
func completeChoices(f *cli.Factory, cmd *cobra.Command) {
	secret := f.CompleteObject(cluster.KindSecret)
	cli.CompleteFlags(cmd, map[string]cobra.CompletionFunc{
		"overlay":           completeOverlay,
		"replicas":          cli.OneOf("1", "3", "5", "7"),
		"storage-class":     f.CompleteObject(cluster.KindStorageClass),
		"etcd-version":      completeVersion,
		"expose":            cli.OneOf(string(kustomize.ExposeNone), string(kustomize.ExposeInternal), string(kustomize.ExposePublic)),
		"tls":               cli.OneOf(string(kustomize.TLSAuto), string(kustomize.TLSCertManager), string(kustomize.TLSSecret), string(kustomize.TLSOff)),
		"tls-server-secret": secret,
		"tls-peer-secret":   secret,
		"tls-client-secret": secret,
	})
}

// completeOverlay completes with the overlays, each described by its volumes' provisioner and disk type.
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
		found = append(found, cli.WithDescription(l.Name, what))
	}
	return cli.OneOf(found...)(cmd, args, typed)
}

// completeVersion completes with the supported versions of etcd.
func completeVersion(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	return cli.OneOf(kustomize.Versions()...)(cmd, args, typed)
}
