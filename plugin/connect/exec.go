package connect

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/client-go/util/exec"
	"k8s.io/klog/v2"
	"k8s.io/streaming/pkg/httpstream"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/bounded"
)

// ErrNoProgram reports that the image of a container lacks the program to run.
var ErrNoProgram = errors.New("the image has no such program")

// Exec is a command to run in a container of a pod, and its streams.
type Exec struct {
	Namespace, Pod, Container string
	Command                   []string
	Streams                   remotecommand.StreamOptions
}

// Run runs the command and waits until it ends. An exit status other than 0 is an exec.CodeExitError.
func (e Exec) Run(ctx context.Context, config *rest.Config, kube kubernetes.Interface) error {
	target := kube.CoreV1().RESTClient().Post().
		Resource("pods").Namespace(e.Namespace).Name(e.Pod).SubResource("exec").
		VersionedParams(&corev1.PodExecOptions{
			Container: e.Container, Command: e.Command, TTY: e.Streams.Tty,
			Stdin: e.Streams.Stdin != nil, Stdout: e.Streams.Stdout != nil, Stderr: e.Streams.Stderr != nil && !e.Streams.Tty,
		}, scheme.ParameterCodec).URL()
	webSocket, err := remotecommand.NewWebSocketExecutor(config, http.MethodGet, target.String())
	if err != nil {
		return err
	}
	spdy, err := remotecommand.NewSPDYExecutor(config, http.MethodPost, target)
	if err != nil {
		return err
	}
	// client-go only logs the failure of a local stream, and aborts the other streams. localStreams keeps it.
	ctx = klog.NewContext(ctx, logr.Discard())
	local := &localStreams{}
	e.Streams = local.watch(e.Streams)
	err = e.problem(e.stream(ctx, webSocket, spdy))
	if failed := local.failure.Load(); failed != nil {
		err = *failed
	}
	if err != nil {
		return fmt.Errorf("exec %q in pod %s/%s, container %q: %w", e.Command[0], e.Namespace, e.Pod, e.Container, bounded.Reason(ctx, err))
	}
	return nil
}

// stream chooses the transport as kubectl does (kubectl/pkg/cmd/exec, createExecutor): WebSocket first, then SPDY. A
// refused upgrade has read nothing from stdin yet.
func (e Exec) stream(ctx context.Context, webSocket, spdy remotecommand.Executor) error {
	err := webSocket.StreamWithContext(ctx, e.Streams)
	if !httpstream.IsUpgradeFailure(err) && !httpstream.IsHTTPSProxyError(err) {
		return err
	}
	// client-go's SPDY dialer takes no context.
	_, spdyErr := bounded.Call(ctx, func() (struct{}, error) { return struct{}{}, spdy.StreamWithContext(ctx, e.Streams) }, func(struct{}) {})
	return refusal(err, spdyErr)
}

// refusal returns why neither transport could be opened, or the result of the command that SPDY ran. If the API server
// forbids both, the WebSocket's error is an API status, but with the verb "get" or none. SPDY's error is only text, but
// with the verb "create", which is the one to grant: the status gets that text.
func refusal(webSocket, spdy error) error {
	var failure *httpstream.UpgradeFailureError
	var status *apierrors.StatusError
	if spdy == nil || !errors.As(webSocket, &failure) || !apierrors.IsForbidden(failure.Cause) || !errors.As(failure.Cause, &status) {
		return spdy
	}
	_, text, refused := strings.Cut(spdy.Error(), "unable to upgrade connection: ")
	if !refused || !strings.Contains(text, "forbidden") {
		return spdy
	}
	status.ErrStatus.Message = text
	return status
}

// problem returns ErrNoProgram if err says that the image lacks the program. Runtimes have texts for it (runc:
// "executable file not found in $PATH", with a path "no such file or directory"; crun: "executable file `x` not
// found"). If the text went to stderr, the exit status is a shell's: 126 for a file that it may not run, 127 for a
// command that it does not find.
func (e Exec) problem(err error) error {
	var exit exec.CodeExitError
	if errors.As(err, &exit) {
		if exit.Code == 126 || exit.Code == 127 {
			return ErrNoProgram
		}
		return err
	}
	if err == nil || apierrors.IsForbidden(err) {
		return err
	}
	text := strings.ToLower(err.Error())
	if strings.Contains(text, "executable file") && strings.Contains(text, "not found") ||
		strings.Contains(text, strings.ToLower(e.Command[0])) && strings.Contains(text, "no such file or directory") {
		return ErrNoProgram
	}
	return err
}
