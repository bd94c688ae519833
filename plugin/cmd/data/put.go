package data

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
)

// maxStdin is the largest value that is read from stdin, in bytes: far above etcd's default limit of 1.5 MiB.
const maxStdin = 16 << 20

// putOptions are the options of "put".
type putOptions struct {
	*cli.Factory
	key, value string // the value "-" is stdin
	ttl        time.Duration
}

func newPut(f *cli.Factory, run func(*putOptions, context.Context) error) *cobra.Command {
	o := &putOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "put KEY VALUE",
		Short: "Write a key",
		Long: `Write a key. The value "-" is read from stdin, byte by byte.

With --ttl the key gets its own lease, and is removed when the lease expires.`,
		Example: `  kubectl etcd put greeting hello
  kubectl etcd put config - --etcd orders < config.bin
  kubectl etcd put lock me --ttl 60s`,
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: cli.FirstArgument(f.CompleteKey()),
		RunE: f.WithLimit(cli.ReadLimit, func(ctx context.Context, args []string) error {
			o.key, o.value = args[0], args[1]
			if err := o.validate(); err != nil {
				return cli.Usage(err)
			}
			return run(o, ctx)
		}),
	}
	cmd.Flags().DurationVar(&o.ttl, "ttl", 0, "remove the key after this time, at least 1s")
	f.AddMemberFlag(cmd, cmd.Flags())
	f.AddOutputFlag(cmd)
	return cmd
}

func (o *putOptions) validate() error {
	switch {
	case o.key == "":
		return cli.ErrEmptyKey
	case o.ttl < 0, o.ttl > 0 && o.ttl < time.Second:
		return fmt.Errorf("--ttl %s is shorter than a second, the unit of etcd's leases", o.ttl)
	}
	return nil
}

func (o *putOptions) run(ctx context.Context) error {
	value, err := o.readValue(ctx)
	if err != nil {
		return err
	}
	return o.WithCluster(ctx, func(v *lifecycle.View) error {
		client, err := v.Conn.All()
		if err != nil {
			return err
		}
		put, err := etcd.Put(ctx, client, o.key, value, o.ttl)
		if err != nil {
			return fmt.Errorf("put %q: %w", o.key, cli.WithoutQuorum(v, err))
		}
		put.Head = cli.Head("Put", v)
		return o.Print(render.Put(put))
	})
}

// readValue returns the value to write: the argument, or stdin for "-".
func (o *putOptions) readValue(ctx context.Context) ([]byte, error) {
	if o.value != "-" {
		return []byte(o.value), nil
	}
	value, err := o.ReadInput(ctx, maxStdin+1)
	if err != nil {
		return nil, fmt.Errorf("read the value from stdin: %w", err)
	}
	if len(value) > maxStdin {
		return nil, fmt.Errorf("the value on stdin is larger than %d MiB; etcd takes 1.5 MiB by default", maxStdin>>20)
	}
	return value, nil
}
