package plugin

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

func (o *options) getCommand() *cobra.Command {
	var r etcd.Read
	var each bool
	cmd := &cobra.Command{
		Use:   "get KEY",
		Short: "Read a key, all keys with a prefix, or a key as every member has it",
		Long: `Read a key, or with --prefix all keys that begin with it.

A single key prints its value and nothing else: byte by byte into a pipe or a file, so that what "put KEY -" took comes
out again; on a terminal it is made harmless and ends with a line break. Several keys print a table, in which long
values are cut (-o wide prints them whole), or with --keys-only one key a line. A list of any length is read at one
revision and printed as it comes.

--each-member asks every member for what it has in its own store. Exit status 3 says that the table was printed and
that not every member has the same.`,
		Example: `  kubectl etcd get greeting
  kubectl etcd get greeting -o jsonpath='{.modRevision}'
  kubectl etcd get /config/ --prefix -o json
  kubectl etcd get "" --prefix --keys-only
  kubectl etcd get greeting --each-member`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: first(o.completeKey()),
		RunE: o.withLimit(readLimit, func(ctx context.Context, args []string) error {
			r.Key = args[0]
			if err := validateGet(r, each); err != nil {
				return usageError{err}
			}
			return o.open(ctx, func(v *lifecycle.View) error {
				switch {
				case each:
					return o.getEach(ctx, v, r)
				case r.Prefix:
					return o.getList(ctx, v, r)
				}
				return o.getOne(ctx, v, r)
			})
		}),
	}
	cmd.Flags().BoolVar(&r.Prefix, "prefix", false, `read all keys that begin with KEY; "" is every key`)
	cmd.Flags().BoolVar(&r.KeysOnly, "keys-only", false, "leave the values out")
	cmd.Flags().Int64Var(&r.Limit, "limit", 0, "with --prefix: read at most this many keys")
	cmd.Flags().Int64Var(&r.Rev, "rev", 0, "read the keys as they were at this revision of the store")
	cmd.Flags().BoolVar(&each, "each-member", false, "read the key from every member's own store")
	o.addMember(cmd, cmd.Flags())
	o.addOutput(cmd)
	return cmd
}

func validateGet(r etcd.Read, each bool) error {
	switch {
	case r.Key == "" && !r.Prefix:
		return fmt.Errorf(`%w (every key is: get "" --prefix)`, errEmptyKey)
	case r.Limit < 0:
		return fmt.Errorf("--limit %d is negative", r.Limit)
	case r.Rev < 0:
		return fmt.Errorf("--rev %d is negative", r.Rev)
	case r.Limit > 0 && !r.Prefix:
		return errors.New("--limit needs --prefix")
	case each && (r.Prefix || r.KeysOnly):
		return errors.New("--each-member compares one key: it goes with neither --prefix nor --keys-only")
	}
	return nil
}

func (o *options) getOne(ctx context.Context, v *lifecycle.View, r etcd.Read) error {
	client, err := v.Conn.All()
	if err != nil {
		return err
	}
	key, err := etcd.Get(ctx, client, r)
	if err != nil {
		return getProblem(v, r, err)
	}
	key.Head = head("Key", v)
	switch {
	case o.output == "name", o.output == "" && r.KeysOnly:
		return report.PrintKey(o.Out, key.KeyValue, !o.terminal())
	case o.output == "":
		return report.PrintValue(o.Out, key.KeyValue, !o.terminal())
	}
	return o.print(key)
}

func (o *options) getList(ctx context.Context, v *lifecycle.View, r etcd.Read) error {
	client, err := v.Conn.All()
	if err != nil {
		return err
	}
	list := report.KeyListHead{Head: head("KeyList", v)}
	printer := report.NewKeyPrinter(o.Out, report.Format(o.output), r.KeysOnly, !o.terminal())
	count := 0
	more, err := etcd.List(ctx, client, r, func(revision int64, items []report.KeyValue) error {
		count += len(items)
		list.Revision = revision
		return printer.Page(list, items)
	})
	if err != nil {
		err = getProblem(v, r, err)
	}
	if endErr := printer.End(list, more, err); endErr != nil || err != nil {
		return errors.Join(err, endErr)
	}
	switch {
	case count == 0 && !report.Format(o.output).Machine():
		o.say("No keys begin with %q in etcd cluster %s/%s.", r.Key, list.Namespace, list.Cluster)
	case more:
		o.say("There are more keys than --limit %d.", r.Limit)
	}
	return nil
}

func (o *options) getEach(ctx context.Context, v *lifecycle.View, r etcd.Read) error {
	if err := v.Conn.Agree(ctx); err != nil {
		return getProblem(v, r, err)
	}
	values := etcd.Each(ctx, v.Members, r, o.memberTimeout)
	values.Head = head("MemberValues", v)
	if err := o.print(values); err != nil {
		return err
	}
	switch cut := context.Cause(ctx); {
	case cut != nil && !values.Equal: // who had not all the time to answer lacks nothing for that
		return cut
	case values.Nowhere():
		return getProblem(v, r, &etcd.NotFoundError{Key: r.Key, Rev: r.Rev})
	case !values.Equal:
		return badNews{values.Problem()}
	}
	return nil
}

// getProblem says which key of which cluster an error is about; one that does not exist says the key itself.
func getProblem(v *lifecycle.View, r etcd.Read, err error) error {
	var missing *etcd.NotFoundError
	if errors.As(err, &missing) {
		return fmt.Errorf("%w in etcd cluster %s/%s", err, v.Cluster.Namespace, v.Cluster.Name)
	}
	if lost := (*etcd.NoQuorumError)(nil); errors.As(err, &lost) && !r.Prefix {
		return fmt.Errorf("get %q: %w; what each member has itself tells \"get --each-member\"", r.Key, withoutQuorum(v, err))
	}
	return fmt.Errorf("get %q: %w", r.Key, withoutQuorum(v, err))
}

// withoutQuorum adds to an error that there is no quorum, or may be none, where to look for why.
func withoutQuorum(v *lifecycle.View, err error) error {
	if lost := (*etcd.NoQuorumError)(nil); errors.As(err, &lost) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w (see %q)", err, v.Cluster.Command("status"))
	}
	return err
}
