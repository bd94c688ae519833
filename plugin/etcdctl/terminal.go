package etcdctl

import (
	"os"

	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/cli-runtime/pkg/printers"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/kubectl/pkg/util/interrupt"
	"k8s.io/kubectl/pkg/util/term"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/connect"
)

// onTerminal runs the command with our streams. If all three are terminals, the command gets a terminal, so that Ctrl-C
// reaches it. Otherwise every byte passes unchanged, and stdout and stderr stay separate. output has the end of the
// command's stderr, or of its terminal.
func onTerminal(e *connect.Exec, streams genericiooptions.IOStreams, run func() error) (output *tail, err error) {
	output = &tail{Writer: streams.ErrOut}
	e.Streams = remotecommand.StreamOptions{Stdin: streams.In, Stdout: streams.Out, Stderr: output}
	if !printers.IsTerminal(streams.In) || !printers.IsTerminal(streams.Out) || !printers.IsTerminal(streams.ErrOut) {
		return output, run()
	}
	tty := term.TTY{
		In: streams.In, Out: streams.Out, Raw: true,
		Parent: interrupt.New(func(os.Signal) {}), // a signal already ends the context: it need not end the process
	}
	e.Streams.Tty, e.Streams.TerminalSizeQueue = true, sizes{tty.MonitorSize(tty.GetSize())}
	output = &tail{Writer: streams.Out} // a terminal has one stream for both
	e.Streams.Stdout = output
	return output, tty.Safe(run)
}

// sizes adapts the terminal's size queue to the type of remotecommand.
type sizes struct{ term.TerminalSizeQueue }

func (s sizes) Next() *remotecommand.TerminalSize {
	size := s.TerminalSizeQueue.Next()
	if size == nil {
		return nil
	}
	return &remotecommand.TerminalSize{Width: size.Width, Height: size.Height}
}
