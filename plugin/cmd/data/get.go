package data

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// getOptions are the options of "get".
type getOptions struct {
	*cli.Factory
	etcd.Read
	each, countOnly, ignoreNotFound bool
}

func newGet(f *cli.Factory, run func(*getOptions, context.Context) error) *cobra.Command {
	o := &getOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "get KEY",
		Short: "Read a key, all keys with a prefix, or a key from every member",
		Long: `Read a key, or with --prefix all keys that begin with it.

For a single key, only its value is printed: unchanged into a pipe or a file, so that it is exactly what "put KEY -"
read; on a terminal, control characters are escaped and a line break is added. Several keys are printed as a table, or
with --keys-only as one key a line. On a terminal the table shortens long keys and values (-o wide prints them whole).

A key may hold any byte. In a table and on a terminal a tab is printed as \t and a line break as \n. Into a pipe or a
file, --keys-only and -o name write keys unchanged, as etcdctl does, so that a key with a line break takes two lines. A
program that reads keys that others wrote should use --keys-only -o json, which keeps them apart.

A list of any length is read at one revision. A table is printed while it is read. -o json, yaml, jsonpath and name, and
--keys-only into a pipe or a file, print nothing before the list is complete: if the read fails, stdout stays empty. A
list of more than 32 MiB is printed while it is read, except with -o jsonpath; if that read fails, no parser accepts its
JSON or YAML, and lists of names end early.

--each-member reads the key from every member's own store. Exit status 3 says that the table was printed and that not
every member has the same value.`,
		Example: `  kubectl etcd get greeting
  kubectl etcd get greeting -o jsonpath='{.modRevision}'
  kubectl etcd get /config/ --prefix -o json
  kubectl etcd get "" --prefix --keys-only
  kubectl etcd get "" --prefix --keys-only -o json
  kubectl etcd get "" --prefix --count-only
  kubectl etcd get greeting --ignore-not-found
  kubectl etcd get greeting --each-member`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cli.FirstArgument(f.CompleteKey()),
		RunE: f.WithLimit(cli.ReadLimit, func(ctx context.Context, args []string) error {
			o.Key = args[0]
			if err := o.validate(); err != nil {
				return cli.Usage(err)
			}
			return run(o, ctx)
		}),
	}
	o.addFlags(cmd.Flags())
	f.AddMemberFlag(cmd, cmd.Flags())
	f.AddOutputFlag(cmd)
	return cmd
}

func (o *getOptions) addFlags(flags *pflag.FlagSet) {
	flags.BoolVar(&o.Prefix, "prefix", false, `read all keys that begin with KEY; "" is every key`)
	flags.BoolVar(&o.KeysOnly, "keys-only", false, "print the keys without their values")
	flags.BoolVar(&o.countOnly, "count-only", false, "print only the number of keys")
	flags.Int64Var(&o.Limit, "limit", 0, "with --prefix: read at most this many keys")
	flags.Int64Var(&o.Rev, "rev", 0, "read the keys as they were at this revision of the store")
	flags.BoolVar(&o.each, "each-member", false, "read the key from every member's own store")
	flags.BoolVar(&o.ignoreNotFound, "ignore-not-found", false, "print nothing and exit with 0 if no such key exists")
}

func (o *getOptions) validate() error {
	switch {
	case o.Key == "" && !o.Prefix:
		return fmt.Errorf(`%w (for every key: get "" --prefix)`, cli.ErrEmptyKey)
	case o.Limit < 0:
		return fmt.Errorf("--limit %d is negative", o.Limit)
	case o.Rev < 0:
		return fmt.Errorf("--rev %d is negative", o.Rev)
	case o.Limit > 0 && !o.Prefix:
		return errors.New("--limit needs --prefix")
	case o.countOnly && (o.KeysOnly || o.Limit > 0):
		return errors.New("--count-only prints no key: it cannot be combined with --keys-only or --limit")
	case o.each && (o.Prefix || o.KeysOnly || o.countOnly):
		return errors.New("--each-member compares one key: it cannot be combined with --prefix, --keys-only or --count-only")
	}
	return nil
}

func (o *getOptions) run(ctx context.Context) error {
	return o.WithCluster(ctx, func(v *lifecycle.View) error {
		err := o.get(ctx, v)
		if missing := (*etcd.NotFoundError)(nil); o.ignoreNotFound && errors.As(err, &missing) {
			return nil
		}
		return err
	})
}

func (o *getOptions) get(ctx context.Context, v *lifecycle.View) error {
	switch {
	case o.each:
		return o.getEach(ctx, v)
	case o.countOnly:
		return o.getCount(ctx, v)
	case o.Prefix:
		return o.getList(ctx, v)
	}
	return o.getOne(ctx, v)
}

func (o *getOptions) getOne(ctx context.Context, v *lifecycle.View) error {
	client, err := v.Conn.All()
	if err != nil {
		return err
	}
	key, err := etcd.Get(ctx, client, o.Read)
	if err != nil {
		return getProblem(ctx, v, o.Read, render.KeyVolume{}, err)
	}
	key.Head = cli.Head("Key", v)
	switch {
	case o.Output == "name", o.Output == "" && o.KeysOnly:
		return render.PrintKey(o.Out, key.KeyValue, !o.StdoutIsTerminal())
	case o.Output == "":
		return render.PrintValue(o.Out, key.KeyValue, !o.StdoutIsTerminal())
	}
	return o.Print(render.Key(key))
}

func (o *getOptions) getCount(ctx context.Context, v *lifecycle.View) error {
	client, err := v.Conn.All()
	if err != nil {
		return err
	}
	count, err := etcd.Count(ctx, client, o.Read)
	if err != nil {
		return getProblem(ctx, v, o.Read, render.KeyVolume{}, err)
	}
	count.Head = cli.Head("KeyCount", v)
	return o.Print(render.KeyCount(count))
}

func (o *getOptions) getList(ctx context.Context, v *lifecycle.View) error {
	client, err := v.Conn.All()
	if err != nil {
		return err
	}
	list := report.KeyListHead{Head: cli.Head("KeyList", v)}
	printer := render.NewKeyPrinter(o.Out, render.Format(o.Output), o.KeysOnly, !o.StdoutIsTerminal())
	var volume render.KeyVolume
	more, err := etcd.List(ctx, client, o.Read, func(revision int64, items []report.KeyValue) error {
		volume.Add(items)
		list.Revision = revision
		return printer.Page(list, items)
	})
	if err != nil {
		return errors.Join(getProblem(ctx, v, o.Read, volume, err), printer.Abort())
	}
	if err := printer.End(list, more); err != nil {
		return err
	}
	switch {
	case volume.Keys == 0 && !o.ignoreNotFound && !render.Format(o.Output).Machine():
		o.Say("No keys begin with %q in etcd cluster %s/%s.", o.Key, list.Namespace, list.Cluster)
	case more:
		o.Say("There are more keys than --limit %d.", o.Limit)
	}
	return nil
}

func (o *getOptions) getEach(ctx context.Context, v *lifecycle.View) error {
	if err := v.Conn.CheckOneCluster(ctx); err != nil {
		return getProblem(ctx, v, o.Read, render.KeyVolume{}, err)
	}
	values := etcd.ReadEach(ctx, v.Members, o.Read, o.MemberTimeout)
	values.Head = cli.Head("MemberValues", v)
	if values.MissingOnAll() && o.ignoreNotFound {
		return nil
	}
	if err := o.Print(render.MemberValues(values, !o.StdoutIsTerminal())); err != nil {
		return err
	}
	switch ended := context.Cause(ctx); {
	case ended != nil && !values.Equal: // members that had no time to answer are no difference
		return ended
	case values.MissingOnAll():
		return getProblem(ctx, v, o.Read, render.KeyVolume{}, &etcd.NotFoundError{Key: o.Key, Rev: o.Rev})
	case !values.Equal:
		return cli.BadNews(values.Problem())
	}
	return nil
}

// getProblem adds the key and the cluster to the error of a read. read is how much of a list was read before it.
func getProblem(ctx context.Context, v *lifecycle.View, r etcd.Read, read render.KeyVolume, err error) error {
	var missing *etcd.NotFoundError
	if errors.As(err, &missing) {
		return fmt.Errorf("%w in etcd cluster %s/%s", err, v.Cluster.Namespace, v.Cluster.Name)
	}
	var lost *etcd.NoQuorumError
	switch limit := (cli.TimeoutError{}); {
	case errors.As(err, &lost) && !r.Prefix:
		return fmt.Errorf("get %q: %w; \"get --each-member\" shows what each member has in its own store", r.Key, cli.WithoutQuorum(v, err))
	case !errors.As(err, &lost) && errors.Is(err, context.DeadlineExceeded) && errors.As(context.Cause(ctx), &limit):
		return &readTimeout{limit: limit, text: readSoFar(v, r, read, limit.Limit)}
	}
	return fmt.Errorf("get %q: %w", r.Key, cli.WithoutQuorum(v, err))
}

// readTimeout is the error of a read that the command's deadline ended. It says how much was read, not why it was slow.
type readTimeout struct {
	limit cli.TimeoutError
	text  string
}

func (e *readTimeout) Error() string { return e.text }
func (e *readTimeout) Unwrap() error { return e.limit }

func readSoFar(v *lifecycle.View, r etcd.Read, read render.KeyVolume, limit time.Duration) string {
	switch status := v.Cluster.Command("status"); {
	case read.Keys > 0:
		return fmt.Sprintf("get %q: not done within %s: %s had been read, and there are more (give it longer with --timeout, or read fewer keys with --limit or a longer prefix)",
			r.Key, limit, read)
	default:
		return fmt.Sprintf("get %q: not done within %s: there was no answer yet (give it longer with --timeout; %q says whether the members answer)", r.Key, limit, status)
	}
}
