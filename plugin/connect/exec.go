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

// ErrNoProgram says that a container's image does not have the program that was to be run in it.
var ErrNoProgram = errors.New("the image has no such program")

// Exec is a command to run in a container of a pod, and the streams that are its own.
type Exec struct {
	Namespace, Pod, Container string
	Command                   []string
	Streams                   remotecommand.StreamOptions
}

// Run runs the command and waits for its end. An exit status other than 0 is an exec.CodeExitError.
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
	// client-go tells a local stream's failure to its log alone, and the abortion of every other one with it.
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

// stream decides on the transport as kubectl does (kubectl/pkg/cmd/exec, createExecutor). A refused upgrade has taken
// nothing from stdin yet.
func (e Exec) stream(ctx context.Context, webSocket, spdy remotecommand.Executor) error {
	err := webSocket.StreamWithContext(ctx, e.Streams)
	if !httpstream.IsUpgradeFailure(err) && !httpstream.IsHTTPSProxyError(err) {
		return err
	}
	// client-go's SPDY dialer does not end with its context.
	_, spdyErr := bounded.Call(ctx, func() (struct{}, error) { return struct{}{}, spdy.StreamWithContext(ctx, e.Streams) }, func(struct{}) {})
	return refusal(err, spdyErr)
}

// refusal returns why neither transport could begin, or how the command ended that SPDY began. Where the API server
// forbids both, the WebSocket's error is one of the API's, but names the verb "get" or nothing; SPDY's is text alone,
// with the verb "create", which is enough to get on.
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

// problem tells the lack of a program from other failures. The runtimes have texts for it (runc: "executable file not
// found in $PATH", with a path "no such file or directory"; crun: "executable file `x` not found"), and where these went
// to stderr, the exit statuses of a shell that finds no program or may not run it.
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
