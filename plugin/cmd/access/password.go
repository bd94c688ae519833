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

// maxPassword is the largest password that is read from stdin, in bytes.
const maxPassword = 4096

// passwordFlags are the flags with the source of an etcd user's password. It is never an argument, because every user of the
// machine can read command lines.
type passwordFlags struct {
	credentials.PasswordFrom
	none bool // the user has no password
}

func (p *passwordFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&p.File, "password-file", "", `file with the user's password; "-" is stdin`)
	cmd.Flags().StringVar(&p.Secret, "password-secret", "", `Secret with the user's password in key "password", as [NAMESPACE/]NAME`)
}

func completePassword(f *cli.Factory, cmd *cobra.Command) {
	cli.CompleteFlags(cmd, map[string]cobra.CompletionFunc{"password-file": cli.AnyFile, "password-secret": f.CompleteObject(cluster.KindSecret)})
}

// fromTerminal reports whether the password is read from the terminal.
func (p *passwordFlags) fromTerminal() bool { return p.File == "" && p.Secret == "" && !p.none }

// validate checks the flags, and that stdin is a terminal if the password is read from it.
func (p *passwordFlags) validate(f *cli.Factory) error {
	switch err := p.Validate(); {
	case err != nil:
		return cli.Usage(err)
	case p.none && (p.File != "" || p.Secret != ""):
		return cli.Usage(errors.New("--no-password cannot be combined with --password-file or --password-secret"))
	case p.fromTerminal() && !f.StdinIsTerminal():
		return cli.Usage(errors.New("no password is given, and standard input is not a terminal to ask on (pass --password-file or --password-secret)"))
	}
	return nil
}

// read returns the password for a user, or "" with --no-password. The flags must be valid.
func (p *passwordFlags) read(ctx context.Context, f *cli.Factory, user string) (string, error) {
	switch {
	case p.none:
		return "", nil
	case p.fromTerminal():
		return askPassword(ctx, f, user)
	case p.File == "-":
		return passwordOnStdin(ctx, f)
	case p.File != "":
		password, err := p.Read(ctx, nil, "")
		if err != nil {
			return "", cli.Usage(err)
		}
		return password, nil
	}
	env, err := f.Env()
	if err != nil {
		return "", err
	}
	return p.Read(ctx, env.Kube, env.Target.Namespace)
}

func passwordOnStdin(ctx context.Context, f *cli.Factory) (string, error) {
	text, err := f.ReadInput(ctx, maxPassword+1)
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

// askPassword reads a password twice from the terminal, without echo.
func askPassword(ctx context.Context, f *cli.Factory, user string) (string, error) {
	fd, _ := term.GetFdInfo(f.In)
	state, err := term.SaveState(fd)
	if err != nil {
		return "", fmt.Errorf("ask for the password: %w", err)
	}
	if err := term.DisableEcho(fd, state); err != nil {
		return "", fmt.Errorf("ask for the password: %w", err)
	}
	defer func() { _ = term.RestoreTerminal(fd, state) }()
	in := bufio.NewReader(f.In)
	ask := func(question string) (string, error) {
		fmt.Fprint(f.ErrOut, question)
		defer fmt.Fprintln(f.ErrOut)
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
	again, err := ask("Repeat the password: ")
	if err != nil {
		return "", err
	}
	if first != again {
		return "", errors.New("the two passwords differ: nothing was changed")
	}
	return first, nil
}
