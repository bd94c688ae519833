package plugin

import (
	"context"
	"fmt"
	"io"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/completion"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
)

func completionCommand(f *cli.Factory) *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell|kubectl",
		Short: "Print a shell completion script",
		Long: `Print a shell completion script.

kubectl's own completion script completes "kubectl etcd <TAB>": it runs the program kubectl_complete-etcd from the PATH.
A release and "make install" install that program. Otherwise write it to a folder in your PATH:

  kubectl etcd completion kubectl > ~/.local/bin/kubectl_complete-etcd && chmod +x ~/.local/bin/kubectl_complete-etcd
  kubectl etcd completion kubectl | Out-File -Encoding ascii $HOME\bin\kubectl_complete-etcd.cmd   # Windows

The startup file of your shell must load kubectl's completion script. Add the line for your shell if it is missing:

  source <(kubectl completion bash)                              # ~/.bashrc, with the package bash-completion
  source <(kubectl completion zsh)                               # ~/.zshrc, after "autoload -Uz compinit; compinit"
  kubectl completion fish | source                               # ~/.config/fish/config.fish
  kubectl completion powershell | Out-String | Invoke-Expression # $PROFILE

If you type "kubectl-etcd" instead, use the same lines with "kubectl-etcd" in place of "kubectl".

Clusters, members, keys and other names are looked up as you type, with your own rights and with the -n, --context and
--kubeconfig before the cursor. A lookup that takes too long offers nothing, so that TAB returns within 300 ms. For a
cluster that is far away, ` + cli.CompleteVariable + `=2s waits longer. Keys with characters that a
shell could execute, such as $, ; or &, are not offered. bash and zsh are tested with each change, fish and PowerShell
are not.`,
		Example: `  source <(kubectl etcd completion bash)
  kubectl etcd completion zsh > "${fpath[1]}/_kubectl-etcd"
  kubectl etcd completion kubectl > ~/.local/bin/kubectl_complete-etcd`,
		Args: cobra.ExactArgs(1),
		ValidArgsFunction: cli.FirstArgument(cli.OneOf("bash", "zsh", "fish", "powershell",
			cli.WithDescription("kubectl", "the program that kubectl runs to complete kubectl etcd"))),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.WithLimit(cli.ReadLimit, func(context.Context, []string) error { return script(cmd.Root(), args[0], f.Out) })(cmd, args)
		},
	}
}

// script writes the completion script for a shell, or for kubectl.
func script(root *cobra.Command, shell string, w io.Writer) error {
	switch shell {
	case "bash":
		return root.GenBashCompletionV2(w, true)
	case "zsh":
		return root.GenZshCompletion(w)
	case "fish":
		return root.GenFishCompletion(w, true)
	case "powershell":
		return root.GenPowerShellCompletionWithDesc(w)
	case "kubectl":
		_, err := w.Write(kubectlScript(runtime.GOOS))
		return err
	}
	return cli.Usage(fmt.Errorf("unknown shell %q (use bash, zsh, fish, powershell or kubectl)", shell))
}

// kubectlScript returns the program by which kubectl completes plugins on an operating system.
func kubectlScript(system string) []byte {
	if system == "windows" {
		return completion.Batch
	}
	return completion.Script
}
