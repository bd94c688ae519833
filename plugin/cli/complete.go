package cli

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/bounded"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
)

const (
	// completeLimit is the deadline of a completion's requests. With the start of kubectl and of this program, a TAB is
	// answered within 300 ms, which a person perceives as immediate.
	completeLimit = 200 * time.Millisecond
	// CompleteVariable is the environment variable that replaces completeLimit, for clusters that are far away. Its value is
	// a duration, at most completeMaxLimit.
	CompleteVariable = "KUBECTL_ETCD_COMPLETION_TIMEOUT"
	completeMaxLimit = time.Minute
)

// Candidates returns the candidates of a completion: a word, or a word, a tab and its description. args are the arguments
// before the typed one.
type Candidates func(ctx context.Context, args []string, typed string) ([]string, error)

// completeByLookup completes with candidates that f looks up in a cluster or a kubeconfig. An error yields no candidates,
// because a shell has nowhere to show it, but a line of help if the user can do something about it. The completion returns at
// its deadline even if f hangs: a credential program runs without a context.
func completeByLookup(f Candidates) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(cmd.Context(), completionTime(os.Getenv(CompleteVariable)))
		defer cancel()
		found, err := bounded.Call(ctx, func() ([]string, error) { return f(ctx, args, typed) }, nil)
		if err != nil {
			return completionHelp(ctx, err), cobra.ShellCompDirectiveNoFileComp
		}
		return matching(found, typed), cobra.ShellCompDirectiveNoFileComp
	}
}

// completionTime returns the deadline of a completion, given the value of CompleteVariable.
func completionTime(value string) time.Duration {
	if limit, err := time.ParseDuration(value); err == nil && limit > 0 {
		return min(limit, completeMaxLimit)
	}
	return completeLimit
}

// completionHelp returns what the user can do about err, as cobra's active help: shells show it, and do not offer it.
func completionHelp(ctx context.Context, err error) []string {
	switch {
	case errors.As(err, new(*cluster.AmbiguousError)):
		return cobra.AppendActiveHelp(nil, "The namespace has several etcd clusters: name one with --etcd.")
	case ctx.Err() != nil:
		return cobra.AppendActiveHelp(nil, "No answer in time ("+CompleteVariable+"=2s waits longer).")
	}
	return nil
}

// FirstArgument completes the first argument with f, and the others with nothing.
func FirstArgument(f cobra.CompletionFunc) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return f(cmd, args, typed)
	}
}

// OneOf completes with a fixed list, in its order.
func OneOf(choices ...string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		return matching(choices, typed), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	}
}

// SeveralOf completes each element of a comma-separated list.
func SeveralOf(choices []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		before := typed[:strings.LastIndex(typed, ",")+1]
		var found []string
		for _, choice := range choices {
			found = append(found, before+choice)
		}
		return matching(found, typed), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder | cobra.ShellCompDirectiveNoSpace
	}
}

// AnyFile completes with files.
func AnyFile(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveDefault
}

// AnyFolder completes with folders.
func AnyFolder(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// CompleteFlags sets the completions of the flags' values. It ignores cobra's error for a flag that does not exist: a test of
// all commands fails for flags without a completion.
func CompleteFlags(cmd *cobra.Command, by map[string]cobra.CompletionFunc) {
	for name, f := range by {
		_ = cmd.RegisterFlagCompletionFunc(name, f)
	}
}

// matching returns the candidates that begin with typed and are safe in a shell.
func matching(found []string, typed string) []string {
	return slices.DeleteFunc(slices.Clone(found), func(candidate string) bool {
		word, _, _ := strings.Cut(candidate, "\t")
		return !strings.HasPrefix(word, typed) || unsafeInShell(word)
	})
}

// WithDescription returns a candidate with its description.
func WithDescription(word, text string) string {
	return cobra.CompletionWithDesc(word, render.EscapeText(text))
}

// unsafeInShell reports whether a shell would change or run a candidate. Control characters would have to be escaped, which
// makes another word. Space at either end is lost, and a leading dash makes a flag. Characters that run something are unsafe
// because bash expands candidates, "$(…)" too: the scripts of cobra before 1.9, which kubectl had, did not escape them.
func unsafeInShell(word string) bool {
	return word != render.EscapeText(word) || strings.ContainsAny(word, "\t\n$`\\\"';&|<>()") ||
		word != strings.TrimSpace(word) || strings.HasPrefix(word, "-") || strings.HasPrefix(word, "_activeHelp_ ")
}

// IsCompletion reports whether a command line is a shell's request for completions.
func IsCompletion(args []string) bool {
	return len(args) > 0 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd)
}

// ForCompletion detaches a completion from the terminal on which the user is typing: nothing may ask for a password or print
// anything but candidates. It replaces os.Stdin and os.Stderr too, because credential programs and cobra use them. end
// terminates the credential programs that are still running.
func ForCompletion(streams genericiooptions.IOStreams) (quiet genericiooptions.IOStreams, end func()) {
	end = detach()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return streams, end
	}
	os.Stdin, os.Stderr = null, null //nolint:forbidigo // credential programs and cobra use these
	streams.In, streams.ErrOut = null, null
	return streams, end
}
