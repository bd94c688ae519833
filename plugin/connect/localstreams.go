package connect

import (
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"k8s.io/client-go/tools/remotecommand"
)

// localStreams records the first failure of a local stream of a command: if the disk is full, the output must not look
// complete.
type localStreams struct{ failure atomic.Pointer[error] }

// watch wraps the streams so that their failures are recorded.
func (l *localStreams) watch(o remotecommand.StreamOptions) remotecommand.StreamOptions {
	if o.Stdin != nil {
		o.Stdin = watchedReader{o.Stdin, l}
	}
	if o.Stdout != nil {
		o.Stdout = watchedWriter{o.Stdout, "stdout", l}
	}
	if o.Stderr != nil {
		o.Stderr = watchedWriter{o.Stderr, "stderr", l}
	}
	return o
}

func (l *localStreams) note(what string, err error) {
	if err != nil && !errors.Is(err, io.EOF) {
		err = fmt.Errorf("%s: %w", what, err)
		l.failure.CompareAndSwap(nil, &err)
	}
}

type watchedReader struct {
	io.Reader
	streams *localStreams
}

func (r watchedReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.streams.note("read stdin", err)
	return n, err
}

type watchedWriter struct {
	io.Writer
	name    string
	streams *localStreams
}

func (w watchedWriter) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	w.streams.note("write "+w.name, err)
	return n, err
}
