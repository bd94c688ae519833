package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/controllers"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/plan"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/sandbox"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/smoke"
)

// mainModule is the first line of the go.mod at the top of the repository.
const mainModule = "module github.com/kubectl-etcd/kubectl-etcd"

func newCommand() *cobra.Command {
	root := &cobra.Command{
		Use:               "sandbox",
		Short:             "A real three-node Kubernetes on this machine, without Docker",
		SilenceUsage:      true,
		SilenceErrors:     true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	var dir string
	root.PersistentFlags().StringVar(&dir, "dir", "", "the sandbox's directory (default: .sandbox at the top of the repository)")
	root.AddCommand(newUp(&dir), newDown(&dir), newSmoke(&dir), newControllers(&dir))
	return root
}

func newUp(dir *string) *cobra.Command {
	var takeover, all bool
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Bring the sandbox up, or find it running",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o, err := options(cmd, *dir)
			if err != nil {
				return err
			}
			o.Takeover, o.All = takeover, all
			return sandbox.Up(cmd.Context(), o)
		},
	}
	cmd.Flags().BoolVar(&takeover, "takeover", false, "replace the sandbox of another checkout")
	cmd.Flags().BoolVar(&all, "all", false, "with what only some tests need: cert-manager, network policies, older versions of etcd")
	return cmd
}

func newDown(dir *string) *cobra.Command {
	return &cobra.Command{
		Use:   "down",
		Short: "Remove the sandbox, but keep its built programs",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o, err := options(cmd, *dir)
			if err != nil {
				return err
			}
			return sandbox.Down(cmd.Context(), o)
		},
	}
}

func newSmoke(dir *string) *cobra.Command {
	return &cobra.Command{
		Use:   "smoke",
		Short: "Check the running sandbox with a real etcd",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o, err := options(cmd, *dir)
			if err != nil {
				return err
			}
			return smoke.Run(cmd.Context(), o.Layout, cmd.OutOrStdout())
		},
	}
}

func newControllers(dir *string) *cobra.Command {
	var kubeconfig string
	cmd := &cobra.Command{
		Use:    "controllers",
		Short:  "Run the sandbox's own controllers (up starts this)",
		Args:   cobra.NoArgs,
		Hidden: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return controllers.Run(cmd.Context(), kubeconfig, plan.Layout{Dir: *dir}.Volumes())
		},
	}
	cmd.Flags().StringVar(&kubeconfig, "kubeconfig", "", "how to reach the API server")
	return cmd
}

// options derives the options from the working directory. Progress goes to stderr.
func options(cmd *cobra.Command, dir string) (sandbox.Options, error) {
	top, err := repository()
	if err != nil {
		return sandbox.Options{}, err
	}
	if dir == "" {
		dir = filepath.Join(top, ".sandbox")
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return sandbox.Options{}, err
	}
	return sandbox.Options{
		Layout:   plan.Layout{Dir: dir},
		Source:   filepath.Join(top, "test", "sandbox"),
		Progress: cmd.ErrOrStderr(),
	}, nil
}

// repository walks up from the working directory to the go.mod of the main module.
func repository() (string, error) {
	wd, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := wd; ; dir = filepath.Dir(dir) {
		data, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		first, _, _ := strings.Cut(string(data), "\n")
		if err == nil && strings.TrimSpace(first) == mainModule {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("%q is not inside the kubectl-etcd repository (change to it first)", wd)
		}
	}
}
