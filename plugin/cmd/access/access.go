// Package access has the commands for access to a cluster: its certificates, and etcd's users and roles.
package access

import (
	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
)

// Commands returns the family's commands.
func Commands(f *cli.Factory) []*cobra.Command {
	return []*cobra.Command{newCerts(f), newAuth(f)}
}
