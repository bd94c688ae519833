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
	// completeLimit bounds what a completion asks. With the start of kubectl and of this program before it, a TAB comes
	// back within 300 ms, which is what a person takes for at once.
	completeLimit = 200 * time.Millisecond
	// CompleteVariable lengthens it, for clusters that are far away, up to what nobody would wait for at a TAB.
	CompleteVariable = "KUBECTL_ETCD_COMPLETION_TIMEOUT"
	completeLongest  = time.Minute
)

// Candidates finds candidates: words, or words with a tab and what they are. args are the arguments before the typed one.
type Candidates func(ctx context.Context, args []string, typed string) ([]string, error)

// ByAsking completes by what is asked of a cluster. What goes wrong is no completion: a shell has nowhere to show it, but for
// a line of help where the user can do something about it. It comes back in time whatever hangs: a program that makes
// credentials knows no context.
func ByAsking(f Candidates) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(cmd.Context(), completionTime(os.Getenv(CompleteVariable)))
		defer cancel()
		found, err := bounded.Call(ctx, func() ([]string, error) { return f(ctx, args, typed) }, nil)
		if err != nil {
			return completionHelp(ctx, err), cobra.ShellCompDirectiveNoFileComp
		}
		return offered(found, typed), cobra.ShellCompDirectiveNoFileComp
	}
}

// completionTime returns how long a completion may ask, by the variable's value.
func completionTime(value string) time.Duration {
	if limit, err := time.ParseDuration(value); err == nil && limit > 0 {
		return min(limit, completeLongest)
	}
	return completeLimit
}

// completionHelp says what the user can do, in a line that shells show and do not take for a candidate.
func completionHelp(ctx context.Context, err error) []string {
	switch {
	case errors.As(err, new(*cluster.AmbiguousError)):
		return cobra.AppendActiveHelp(nil, "The namespace has several etcd clusters: name one with --etcd.")
	case ctx.Err() != nil:
		return cobra.AppendActiveHelp(nil, "No answer in time ("+CompleteVariable+"=2s waits longer).")
	}
	return nil
}

// FirstArgument completes the first argument alone.
func FirstArgument(f cobra.CompletionFunc) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return f(cmd, args, typed)
	}
}

// OneOf completes with what is known without asking, in that order.
func OneOf(choices ...string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		return offered(choices, typed), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	}
}

// SeveralOf completes each part of a list with commas.
func SeveralOf(choices []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		before := typed[:strings.LastIndex(typed, ",")+1]
		var found []string
		for _, choice := range choices {
			found = append(found, before+choice)
		}
		return offered(found, typed), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder | cobra.ShellCompDirectiveNoSpace
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

// CompleteFlags says what the values of flags are completed with. It fails for a flag that is not there, and then one
// that is there has nothing: the test of all commands tells.
func CompleteFlags(cmd *cobra.Command, by map[string]cobra.CompletionFunc) {
	for name, f := range by {
		_ = cmd.RegisterFlagCompletionFunc(name, f)
	}
}

// offered returns those of the candidates that begin with what is typed and stay what they are in a shell.
func offered(found []string, typed string) []string {
	return slices.DeleteFunc(slices.Clone(found), func(candidate string) bool {
		word, _, _ := strings.Cut(candidate, "\t")
		return !strings.HasPrefix(word, typed) || unfit(word)
	})
}

// WithDescription adds to a candidate what it is.
func WithDescription(word, text string) string {
	return cobra.CompletionWithDesc(word, render.EscapeText(text))
}

// unfit reports whether a candidate would be something else in a shell. Control characters would, and escaped they are
// another word. Space at an end is lost. What begins with a dash is a flag. What a shell could run is not offered either:
// bash expands candidates, "$(…)" too, and the scripts of cobra before 1.9, which kubectl had, did not escape them.
func unfit(word string) bool {
	return word != render.EscapeText(word) || strings.ContainsAny(word, "\t\n$`\\\"';&|<>()") ||
		word != strings.TrimSpace(word) || strings.HasPrefix(word, "-") || strings.HasPrefix(word, "_activeHelp_ ")
}

// IsCompletion reports whether a command line is a shell's question for candidates.
func IsCompletion(args []string) bool {
	return len(args) > 0 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd)
}

// ForCompletion keeps a completion off the terminal, on which somebody is typing: it asks for no password and says nothing but
// candidates. Programs that make credentials, and cobra, take the process's own streams. The other result ends what is
// left of such programs.
func ForCompletion(streams genericiooptions.IOStreams) (quiet genericiooptions.IOStreams, end func()) {
	end = detach()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return streams, end
	}
	os.Stdin, os.Stderr = null, null //nolint:forbidigo // they are what others take
	streams.In, streams.ErrOut = null, null
	return streams, end
}
