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

// maxStdin bounds what is read from stdin: far above what etcd takes (1.5 MiB by default), far below the memory.
const maxStdin = 16 << 20

func NewPut(o *cli.Factory) *cobra.Command {
	var ttl time.Duration
	cmd := &cobra.Command{
		Use:   "put KEY VALUE",
		Short: "Write a key",
		Long: `Write a key. The value "-" is read from stdin, byte by byte.

With --ttl the key gets a lease of its own and is removed when that ends.`,
		Example: `  kubectl etcd put greeting hello
  kubectl etcd put config - --etcd orders < config.bin
  kubectl etcd put lock me --ttl 60s`,
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: cli.FirstArgument(o.CompleteKey()),
		RunE: o.WithLimit(cli.ReadLimit, func(ctx context.Context, args []string) error {
			key := args[0]
			if err := validatePut(key, ttl); err != nil {
				return cli.Usage(err)
			}
			value, err := value(o, ctx, args[1])
			if err != nil {
				return err
			}
			return o.WithCluster(ctx, func(v *lifecycle.View) error {
				client, err := v.Conn.All()
				if err != nil {
					return err
				}
				put, err := etcd.Put(ctx, client, key, value, ttl)
				if err != nil {
					return fmt.Errorf("put %q: %w", key, cli.WithoutQuorum(v, err))
				}
				put.Head = cli.Head("Put", v)
				return o.Print(render.Put(put))
			})
		}),
	}
	cmd.Flags().DurationVar(&ttl, "ttl", 0, "remove the key after this time, at least 1s")
	o.AddMemberFlag(cmd, cmd.Flags())
	o.AddOutputFlag(cmd)
	return cmd
}

func validatePut(key string, ttl time.Duration) error {
	switch {
	case key == "":
		return ErrEmptyKey
	case ttl < 0, ttl > 0 && ttl < time.Second:
		return fmt.Errorf("--ttl %s is shorter than a second, which is what etcd counts in", ttl)
	}
	return nil
}

// value returns the value to write: the argument, or stdin for "-".
func value(o *cli.Factory, ctx context.Context, arg string) ([]byte, error) {
	if arg != "-" {
		return []byte(arg), nil
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
