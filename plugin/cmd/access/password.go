package access

import (
	"bufio"
	"context"
	"errors"
	"fmt"

	"github.com/moby/term"
	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/bounded"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/credentials"
)

// maxPassword bounds what is read of stdin for one.
const maxPassword = 4096

// passwordFlags say where the password of one of etcd's users is read from. It is no argument: everybody on a machine sees
// a command line.
type passwordFlags struct {
	credentials.PasswordFrom
	none bool // the user has no password
}

func (p *passwordFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&p.File, "password-file", "", `file with the user's password; "-" is stdin`)
	cmd.Flags().StringVar(&p.Secret, "password-secret", "", `secret with the user's password in key "password", as [NAMESPACE/]NAME`)
}

func completePassword(o *cli.Factory, cmd *cobra.Command) {
	cli.CompleteFlags(cmd, map[string]cobra.CompletionFunc{"password-file": cli.AnyFile, "password-secret": o.CompleteObject(cluster.KindSecret)})
}

// password returns the password for a user, or "" where it is to have none.
func password(o *cli.Factory, ctx context.Context, p passwordFlags, user string) (string, error) {
	_, terminal := term.GetFdInfo(o.In)
	asked := p.File == "" && p.Secret == "" && !p.none
	switch err := p.Validate(); {
	case err != nil:
		return "", cli.Usage(err)
	case p.none && (p.File != "" || p.Secret != ""):
		return "", cli.Usage(errors.New("--no-password goes with neither --password-file nor --password-secret"))
	case p.none:
		return "", nil
	case asked && !terminal:
		return "", cli.Usage(errors.New("no password is given, and standard input is no terminal to ask for it on (pass --password-file or --password-secret)"))
	case asked:
		return askPassword(o, ctx, user)
	case p.File == "-":
		return passwordOnStdin(o, ctx)
	case p.File != "":
		password, err := p.Read(ctx, nil, "")
		if err != nil {
			return "", cli.Usage(err)
		}
		return password, nil
	}
	env, err := o.Env()
	if err != nil {
		return "", err
	}
	return p.Read(ctx, env.Kube, env.Target.Namespace)
}

func passwordOnStdin(o *cli.Factory, ctx context.Context) (string, error) {
	text, err := o.ReadInput(ctx, maxPassword+1)
	password := credentials.TrimPassword(string(text))
	switch {
	case err != nil:
		return "", fmt.Errorf("read the password from stdin: %w", err)
	case len(text) > maxPassword:
		return "", cli.Usage(fmt.Errorf("the password on stdin is longer than %d bytes", maxPassword))
	case password == "":
		return "", cli.Usage(errors.New("the password on stdin is empty"))
	}
	return password, nil
}

// askPassword asks for a password twice, without an echo.
func askPassword(o *cli.Factory, ctx context.Context, user string) (string, error) {
	fd, _ := term.GetFdInfo(o.In)
	state, err := term.SaveState(fd)
	if err != nil {
		return "", fmt.Errorf("ask for the password: %w", err)
	}
	if err := term.DisableEcho(fd, state); err != nil {
		return "", fmt.Errorf("ask for the password: %w", err)
	}
	defer func() { _ = term.RestoreTerminal(fd, state) }()
	in := bufio.NewReader(o.In)
	ask := func(question string) (string, error) {
		fmt.Fprint(o.ErrOut, question)
		defer fmt.Fprintln(o.ErrOut)
		line, err := bounded.Call(ctx, func() (string, error) { return in.ReadString('\n') }, nil)
		return credentials.TrimPassword(line), err
	}
	first, err := ask(fmt.Sprintf("Password of etcd user %q: ", user))
	if err != nil {
		return "", err
	}
	if first == "" {
		return "", errors.New("the password is empty: nothing was changed")
	}
	again, err := ask("The same again: ")
	if err != nil {
		return "", err
	}
	if first != again {
		return "", errors.New("the two passwords differ: nothing was changed")
	}
	return first, nil
}
