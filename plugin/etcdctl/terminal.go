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

// onTerminal gives the command our streams and runs it. Where all three are terminals it gets one of its own, so that
// Ctrl-C reaches it; else every byte passes as it is, stdout and stderr apart. said has the end of what it said of itself.
func onTerminal(e *connect.Exec, streams genericiooptions.IOStreams, run func() error) (said *tail, err error) {
	said = &tail{Writer: streams.ErrOut}
	e.Streams = remotecommand.StreamOptions{Stdin: streams.In, Stdout: streams.Out, Stderr: said}
	if !printers.IsTerminal(streams.In) || !printers.IsTerminal(streams.Out) || !printers.IsTerminal(streams.ErrOut) {
		return said, run()
	}
	tty := term.TTY{
		In: streams.In, Out: streams.Out, Raw: true,
		Parent: interrupt.New(func(os.Signal) {}), // a signal ends the context: it need not end the process
	}
	e.Streams.Tty, e.Streams.TerminalSizeQueue = true, sizes{tty.MonitorSize(tty.GetSize())}
	said = &tail{Writer: streams.Out} // a terminal has one stream for both
	e.Streams.Stdout = said
	return said, tty.Safe(run)
}

// sizes are those of our terminal, in the other package's type.
type sizes struct{ term.TerminalSizeQueue }

func (s sizes) Next() *remotecommand.TerminalSize {
	size := s.TerminalSizeQueue.Next()
	if size == nil {
		return nil
	}
	return &remotecommand.TerminalSize{Width: size.Width, Height: size.Height}
}
