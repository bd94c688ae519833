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

// reading is what a get command line asks for.
type reading struct {
	etcd.Read
	each, countOnly, ignoreNotFound bool
}

func NewGet(o *cli.Factory) *cobra.Command {
	var r reading
	cmd := &cobra.Command{
		Use:   "get KEY",
		Short: "Read a key, all keys with a prefix, or a key as every member has it",
		Long: `Read a key, or with --prefix all keys that begin with it.

A single key prints its value and nothing else: byte by byte into a pipe or a file, so that what "put KEY -" took comes
out again; on a terminal it is made harmless and ends with a line break. Several keys print a table, or with --keys-only
one key a line. On a terminal the table cuts long keys and values (-o wide prints them whole); elsewhere it has them whole.

A key may hold any byte. In a table and on a terminal a tab is \t and a line break \n. Into a pipe or a file --keys-only and
-o name write it byte by byte, as etcdctl does, so that a key with a line break is two lines: where a program is to read
keys that others wrote, --keys-only -o json tells them apart.

A list of any length is read at one revision. A table is printed as it comes. -o json, yaml, jsonpath and name, and
--keys-only into a pipe or a file, print nothing before the list is whole: what breaks off leaves stdout empty. A list of
more than 32 MiB is printed as it comes all the same, and where it breaks off no parser takes it for a document.

--each-member asks every member for what it has in its own store. Exit status 3 says that the table was printed and
that not every member has the same.`,
		Example: `  kubectl etcd get greeting
  kubectl etcd get greeting -o jsonpath='{.modRevision}'
  kubectl etcd get /config/ --prefix -o json
  kubectl etcd get "" --prefix --keys-only
  kubectl etcd get "" --prefix --keys-only -o json
  kubectl etcd get "" --prefix --count-only
  kubectl etcd get greeting --ignore-not-found
  kubectl etcd get greeting --each-member`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cli.FirstArgument(o.CompleteKey()),
		RunE: o.WithLimit(cli.ReadLimit, func(ctx context.Context, args []string) error {
			r.Key = args[0]
			if err := r.validate(); err != nil {
				return cli.Usage(err)
			}
			return o.WithCluster(ctx, func(v *lifecycle.View) error {
				err := get(o, ctx, v, r)
				if missing := (*etcd.NotFoundError)(nil); r.ignoreNotFound && errors.As(err, &missing) {
					return nil
				}
				return err
			})
		}),
	}
	r.addFlags(cmd.Flags())
	o.AddMemberFlag(cmd, cmd.Flags())
	o.AddOutputFlag(cmd)
	return cmd
}

func (r *reading) addFlags(flags *pflag.FlagSet) {
	flags.BoolVar(&r.Prefix, "prefix", false, `read all keys that begin with KEY; "" is every key`)
	flags.BoolVar(&r.KeysOnly, "keys-only", false, "leave the values out")
	flags.BoolVar(&r.countOnly, "count-only", false, "print how many keys there are, and none of them")
	flags.Int64Var(&r.Limit, "limit", 0, "with --prefix: read at most this many keys")
	flags.Int64Var(&r.Rev, "rev", 0, "read the keys as they were at this revision of the store")
	flags.BoolVar(&r.each, "each-member", false, "read the key from every member's own store")
	flags.BoolVar(&r.ignoreNotFound, "ignore-not-found", false, "print nothing and exit with 0 where no such key exists")
}

func (r reading) validate() error {
	switch {
	case r.Key == "" && !r.Prefix:
		return fmt.Errorf(`%w (every key is: get "" --prefix)`, ErrEmptyKey)
	case r.Limit < 0:
		return fmt.Errorf("--limit %d is negative", r.Limit)
	case r.Rev < 0:
		return fmt.Errorf("--rev %d is negative", r.Rev)
	case r.Limit > 0 && !r.Prefix:
		return errors.New("--limit needs --prefix")
	case r.countOnly && (r.KeysOnly || r.Limit > 0):
		return errors.New("--count-only prints no key: it goes with neither --keys-only nor --limit")
	case r.each && (r.Prefix || r.KeysOnly || r.countOnly):
		return errors.New("--each-member compares one key: it goes with none of --prefix, --keys-only and --count-only")
	}
	return nil
}

func get(o *cli.Factory, ctx context.Context, v *lifecycle.View, r reading) error {
	switch {
	case r.each:
		return getEach(o, ctx, v, r)
	case r.countOnly:
		return getCount(o, ctx, v, r)
	case r.Prefix:
		return getList(o, ctx, v, r)
	}
	return getOne(o, ctx, v, r.Read)
}

func getOne(o *cli.Factory, ctx context.Context, v *lifecycle.View, r etcd.Read) error {
	client, err := v.Conn.All()
	if err != nil {
		return err
	}
	key, err := etcd.Get(ctx, client, r)
	if err != nil {
		return getProblem(ctx, v, r, render.KeyVolume{}, err)
	}
	key.Head = cli.Head("Key", v)
	switch {
	case o.Output == "name", o.Output == "" && r.KeysOnly:
		return render.PrintKey(o.Out, key.KeyValue, !o.StdoutIsTerminal())
	case o.Output == "":
		return render.PrintValue(o.Out, key.KeyValue, !o.StdoutIsTerminal())
	}
	return o.Print(render.Key(key))
}

func getCount(o *cli.Factory, ctx context.Context, v *lifecycle.View, r reading) error {
	client, err := v.Conn.All()
	if err != nil {
		return err
	}
	count, err := etcd.Count(ctx, client, r.Read)
	if err != nil {
		return getProblem(ctx, v, r.Read, render.KeyVolume{}, err)
	}
	count.Head = cli.Head("KeyCount", v)
	return o.Print(render.KeyCount(count))
}

func getList(o *cli.Factory, ctx context.Context, v *lifecycle.View, r reading) error {
	client, err := v.Conn.All()
	if err != nil {
		return err
	}
	list := report.KeyListHead{Head: cli.Head("KeyList", v)}
	printer := render.NewKeyPrinter(o.Out, render.Format(o.Output), r.KeysOnly, !o.StdoutIsTerminal())
	var volume render.KeyVolume
	more, err := etcd.List(ctx, client, r.Read, func(revision int64, items []report.KeyValue) error {
		volume.Add(items)
		list.Revision = revision
		return printer.Page(list, items)
	})
	if err != nil {
		return errors.Join(getProblem(ctx, v, r.Read, volume, err), printer.BreakOff())
	}
	if err := printer.End(list, more); err != nil {
		return err
	}
	switch {
	case volume.Keys == 0 && !r.ignoreNotFound && !render.Format(o.Output).Machine():
		o.Say("No keys begin with %q in etcd cluster %s/%s.", r.Key, list.Namespace, list.Cluster)
	case more:
		o.Say("There are more keys than --limit %d.", r.Limit)
	}
	return nil
}

func getEach(o *cli.Factory, ctx context.Context, v *lifecycle.View, r reading) error {
	if err := v.Conn.Agree(ctx); err != nil {
		return getProblem(ctx, v, r.Read, render.KeyVolume{}, err)
	}
	values := etcd.Each(ctx, v.Members, r.Read, o.MemberTimeout)
	values.Head = cli.Head("MemberValues", v)
	if values.Nowhere() && r.ignoreNotFound {
		return nil
	}
	if err := o.Print(render.MemberValues(values, !o.StdoutIsTerminal())); err != nil {
		return err
	}
	switch cut := context.Cause(ctx); {
	case cut != nil && !values.Equal: // who had not all the time to answer lacks nothing for that
		return cut
	case values.Nowhere():
		return getProblem(ctx, v, r.Read, render.KeyVolume{}, &etcd.NotFoundError{Key: r.Key, Rev: r.Rev})
	case !values.Equal:
		return cli.BadNews(values.Problem())
	}
	return nil
}

// getProblem says which key of which cluster an error is about; one that does not exist says the key itself.
func getProblem(ctx context.Context, v *lifecycle.View, r etcd.Read, read render.KeyVolume, err error) error {
	var missing *etcd.NotFoundError
	if errors.As(err, &missing) {
		return fmt.Errorf("%w in etcd cluster %s/%s", err, v.Cluster.Namespace, v.Cluster.Name)
	}
	var lost *etcd.NoQuorumError
	switch limit := (cli.TimeoutError{}); {
	case errors.As(err, &lost) && !r.Prefix:
		return fmt.Errorf("get %q: %w; what each member has itself tells \"get --each-member\"", r.Key, cli.WithoutQuorum(v, err))
	case !errors.As(err, &lost) && errors.Is(err, context.DeadlineExceeded) && errors.As(context.Cause(ctx), &limit):
		return &readTimeout{limit: limit, text: readSoFar(v, r, read, limit.Limit)}
	}
	return fmt.Errorf("get %q: %w", r.Key, cli.WithoutQuorum(v, err))
}

// readTimeout is a read that the command's deadline ended. It says how far the read came; why it was slow is not known.
type readTimeout struct {
	limit cli.TimeoutError
	text  string
}

func (e *readTimeout) Error() string { return e.text }
func (e *readTimeout) Unwrap() error { return e.limit }

func readSoFar(v *lifecycle.View, r etcd.Read, read render.KeyVolume, limit time.Duration) string {
	switch status := v.Cluster.Command("status"); {
	case read.Keys > 0:
		return fmt.Sprintf("get %q: not done within %s: the read had come to %s, and there are more (give it longer with --timeout, or read fewer keys with --limit or a longer prefix)",
			r.Key, limit, read)
	default:
		return fmt.Sprintf("get %q: not done within %s: the read had no answer yet (give it longer with --timeout; %q says whether the members answer)", r.Key, limit, status)
	}
}
