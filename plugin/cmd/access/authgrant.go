package access

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/keyrange"
)

// grantFlags are the flags that select keys, and what a role may do with them.
type grantFlags struct {
	cmd               *cobra.Command
	prefix, key, span string
	all, read, write  bool
}

func (f *grantFlags) add(cmd *cobra.Command) {
	f.cmd = cmd
	cmd.Flags().StringVar(&f.prefix, "prefix", "", "the keys that begin with this prefix")
	cmd.Flags().StringVar(&f.key, "key", "", "this key only")
	cmd.Flags().StringVar(&f.span, "range", "", "the keys from FROM up to but not including TO, as FROM,TO; without TO, all keys from FROM on")
	cmd.Flags().BoolVar(&f.all, "all", false, "all keys")
}

func completeGrant(f *cli.Factory, cmd *cobra.Command) {
	cli.CompleteFlags(cmd, map[string]cobra.CompletionFunc{"prefix": f.CompleteKey(), "key": f.CompleteKey()})
}

func (f *grantFlags) addAccess(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.read, "read", false, "the role may read these keys")
	cmd.Flags().BoolVar(&f.write, "write", false, "the role may write these keys")
}

// selected returns the given flags that select keys.
func (f *grantFlags) selected() []string {
	var given []string
	for _, name := range []string{"prefix", "key", "range", "all"} {
		if f.cmd.Flags().Changed(name) {
			given = append(given, "--"+name)
		}
	}
	return given
}

func (f *grantFlags) given() bool { return len(f.selected()) > 0 || f.read || f.write }

func (f *grantFlags) grant() (etcd.Grant, error) {
	keys, err := f.keys()
	if err == nil && !f.read && !f.write {
		err = errors.New("neither --read nor --write is given (give one of them, or both)")
	}
	return etcd.Grant{Range: keys, Access: etcd.Access{Read: f.read, Write: f.write}}, err
}

// keys returns the selected keys. Exactly one flag must select them.
func (f *grantFlags) keys() (keyrange.Range, error) {
	given := f.selected()
	switch {
	case len(given) == 0:
		return keyrange.Range{}, errors.New("no keys are selected (give one of --prefix, --key, --range and --all)")
	case len(given) > 1:
		return keyrange.Range{}, fmt.Errorf("%s are given (give one of them)", strings.Join(given, " and "))
	}
	switch given[0] {
	case "--prefix":
		if f.prefix == "" {
			return keyrange.Range{}, errors.New("every key begins with the empty prefix (for all keys, give --all)")
		}
		return keyrange.Prefix(f.prefix), nil
	case "--key":
		if f.key == "" {
			return keyrange.Range{}, cli.ErrEmptyKey
		}
		return keyrange.Range{Key: f.key}, nil
	case "--range":
		return span(f.span)
	}
	if !f.all {
		return keyrange.Range{}, errors.New("--all=false selects no keys (give one of --prefix, --key, --range and --all)")
	}
	return keyrange.All(), nil
}

// span parses FROM,TO. Without TO the range has no end.
func span(text string) (keyrange.Range, error) {
	from, to, found := strings.Cut(text, ",")
	switch {
	case !found || from == "":
		return keyrange.Range{}, fmt.Errorf("--range %q is not FROM,TO", text)
	case to == "":
		return keyrange.From(from), nil
	case from >= to:
		return keyrange.Range{}, fmt.Errorf("--range %q has no keys: TO is not after FROM", text)
	}
	return keyrange.Range{Key: from, End: to}, nil
}
